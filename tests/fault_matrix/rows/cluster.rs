//! A cluster that does not serve the user's slot, or moves it, and calls that are sent again there.

use std::time::Duration;

use crate::injection::Act;
use crate::row::Seen::Unavailable;
use crate::row::{Applied, Row, Way};
use harness::proxy::Mishap;

pub const ROWS: &[&Row] = &[
    &Row {
        number: 34,
        fault: "Cluster: the slot is not served (CLUSTERDOWN)",
        way: Way::Cluster,
        strike: Act::Unserve,
        mend: Act::Serve,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot has moved (MOVED)",
        way: Way::Cluster,
        strike: Act::Move,
        ..Row::UNNOTICED
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot is moving (ASK, TRYAGAIN)",
        way: Way::Cluster,
        strike: Act::BeginMove,
        mend: Act::EndMove,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot arrives within the deadline",
        way: Way::Cluster,
        strike: Act::BeginMove,
        meanwhile: Some((Duration::from_millis(200), Act::EndMove)),
        ..Row::UNNOTICED
    },
    &Row {
        number: 36,
        fault: "Cluster: sent again after the reply was lost",
        way: Way::Cluster,
        strike: Act::Once(Mishap::ReplyLost),
        forget: &[Unavailable],
        applied: Applied::Yes,
        ..Row::UNNOTICED
    },
    &Row {
        number: 36,
        fault: "Cluster: sent again after the request was lost",
        way: Way::Cluster,
        strike: Act::Once(Mishap::RequestLost),
        forget: &[Unavailable],
        ..Row::UNNOTICED
    },
];
