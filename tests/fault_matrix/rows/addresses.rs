//! URLs that say more than the client reads, and addresses that lead nowhere.

use std::time::Duration;

use crate::injection::Act;
use crate::row::Answer::{Setting, Unavailable};
use crate::row::{Route, Row};

const URL: Row = Row {
    number: 47,
    connect: &[Setting],
    ..Row::NONE
};

pub const ROWS: &[&Row] = &[
    &Row {
        fault: "URL: a user without a password",
        start: Act::Url("redis://s3cret@{host}"),
        says: "would not log in",
        ..URL
    },
    &Row {
        fault: "URL: TLS as a parameter",
        start: Act::Url("redis://{host}?tls=true"),
        says: "rediss://",
        ..URL
    },
    &Row {
        fault: "URL: the database as a parameter",
        start: Act::Url("redis://{host}?db=3"),
        says: "/number after host and port",
        ..URL
    },
    &Row {
        fault: "URL: a # in a password",
        start: Act::Url("redis://pay:57#s3cret@{host}"),
        says: "%23",
        ..URL
    },
    &Row {
        number: 48,
        fault: "the host name does not resolve",
        start: Act::Url("redis://no-such-host.invalid"),
        deadline: Duration::from_secs(2),
        connect: &[Unavailable],
        says: "resolve to an address",
        ..Row::NONE
    },
    &Row {
        number: 49,
        fault: "Cluster: an announced node cannot be reached",
        route: Route::Cluster,
        start: Act::Unreachable,
        end: Act::Reachable,
        says: "; server: 127.0.0.1:",
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 49,
        fault: "Cluster: nodes are announced without a host",
        route: Route::Cluster,
        start: Act::MoveUnnamed,
        ..Row::UNNOTICED
    },
];
