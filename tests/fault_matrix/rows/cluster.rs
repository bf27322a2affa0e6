//! A cluster that does not serve the user's slot, or moves it, and calls that are sent again.

use std::time::Duration;

use crate::injection::Act;
use crate::row::Answer::Unavailable;
use crate::row::{Applied, Route, Row};
use harness::proxy::Mishap;

pub const ROWS: &[&Row] = &[
    &Row {
        number: 34,
        fault: "Cluster: the slot is not served (CLUSTERDOWN)",
        route: Route::Cluster,
        start: Act::StopServing,
        end: Act::Serve,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot has moved (MOVED)",
        route: Route::Cluster,
        start: Act::Move,
        ..Row::UNNOTICED
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot is moving (ASK, TRYAGAIN)",
        route: Route::Cluster,
        start: Act::BeginMove,
        end: Act::EndMove,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 34,
        fault: "Cluster: the slot arrives within the deadline",
        route: Route::Cluster,
        start: Act::BeginMove,
        meanwhile: Some((Duration::from_millis(200), Act::EndMove)),
        ..Row::UNNOTICED
    },
    &Row {
        number: 36,
        fault: "Cluster: sent again after the reply was lost",
        route: Route::Cluster,
        start: Act::Once(Mishap::ReplyLost),
        delete: &[Unavailable],
        applied: Applied::Yes,
        ..Row::UNNOTICED
    },
    &Row {
        number: 36,
        fault: "Cluster: sent again after the request was lost",
        route: Route::Cluster,
        start: Act::Once(Mishap::RequestLost),
        delete: &[Unavailable],
        ..Row::UNNOTICED
    },
];
