//! A server that is killed, restarts, is stopped, is slow, or comes back with less than it had.

use std::time::Duration;

use crate::injection::{Act, DISCONNECT};
use crate::row::Answer::{
    Applied as Written, Conflict, Deleted, Dropped, Earlier, Fenced, Live, New, Unavailable,
};
use crate::row::{Answer, Applied, Row};

/// Settings with which data survives a `kill -9`.
const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// If a connection is found closed before a delete is sent, it is made again. If it is found closed
/// while it is sent, the outcome is unknown.
const CLOSED: &[Answer] = &[Deleted, Unavailable];

pub const ROWS: &[&Row] = &[
    &Row {
        number: 1,
        fault: "server down, no listener",
        settings: DURABLE,
        start: Act::Kill,
        end: Act::Restart,
        connect: &[Unavailable],
        says: "connection refused",
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 1,
        fault: "server down, and back within the deadline",
        settings: DURABLE,
        start: Act::Kill,
        meanwhile: Some((millis(100), Act::Restart)),
        delete: CLOSED,
        ..Row::UNNOTICED
    },
    &Row {
        number: 2,
        fault: "server down, a caller keeps calling",
        settings: DURABLE,
        deadline: millis(100),
        times: 10,
        start: Act::Kill,
        end: Act::Restart,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 3,
        fault: "kill -9 with the call in flight",
        settings: DURABLE,
        start: Act::Freeze,
        meanwhile: Some((millis(50), Act::Kill)),
        end: Act::Restart,
        ..Row::UNANSWERED
    },
    &Row {
        number: 4,
        fault: "stopped (SIGSTOP), later continued",
        start: Act::Freeze,
        end: Act::Thaw,
        applied: Applied::Yes,
        ..Row::UNANSWERED
    },
    &Row {
        number: 4,
        fault: "stopped (SIGSTOP), continued within the deadline",
        start: Act::Freeze,
        meanwhile: Some((millis(300), Act::Thaw)),
        ..Row::UNNOTICED
    },
    &Row {
        number: 5,
        fault: "the caller drops the future",
        dropped_after: Some(millis(50)),
        start: Act::Freeze,
        end: Act::Thaw,
        load: &[Dropped],
        commit: &[Dropped],
        resolve: &[Dropped],
        delete: &[Dropped],
        connect: &[Dropped],
        applied: Applied::Maybe,
        ..Row::NONE
    },
    &Row {
        number: 6,
        fault: "first connection to a stopped server",
        start: Act::DisconnectAndFreeze,
        end: Act::Thaw,
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 7,
        fault: "CLIENT PAUSE WRITE",
        deadline: millis(200),
        start: Act::Commands(&["CLIENT PAUSE 10000 WRITE"]),
        end: Act::Commands(&["CLIENT UNPAUSE"]),
        load: &[Live],
        ..Row::UNANSWERED
    },
    &Row {
        number: 7,
        fault: "CLIENT PAUSE WRITE, over within the deadline",
        start: Act::Commands(&["CLIENT PAUSE 300 WRITE"]),
        ..Row::UNNOTICED
    },
    &Row {
        number: 8,
        fault: "slow server, slower than the deadline",
        settings: &["--lua-time-limit", "1000"],
        start: Act::LongScript,
        ..Row::UNANSWERED
    },
    &Row {
        number: 8,
        fault: "slow server, faster than the deadline",
        settings: &["--lua-time-limit", "300"],
        start: Act::LongScript,
        ..Row::UNNOTICED
    },
    &Row {
        number: 9,
        fault: "CLIENT KILL",
        start: Act::Commands(&[DISCONNECT]),
        delete: CLOSED,
        ..Row::UNNOTICED
    },
    &Row {
        number: 13,
        fault: "NOSCRIPT (SCRIPT FLUSH)",
        start: Act::Commands(&["SCRIPT FLUSH"]),
        ..Row::UNNOTICED
    },
    // There is no library: scripts come with the call.
    &Row {
        number: 14,
        fault: "function library missing (FUNCTION FLUSH)",
        start: Act::FlushFunctions,
        ..Row::UNNOTICED
    },
    &Row {
        number: 22,
        fault: "LOADING",
        settings: &["--rdbcompression", "no"],
        deadline: millis(1000),
        start: Act::LoadSlowly,
        end: Act::Commands(&["CONFIG SET key-load-delay 0"]),
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 39,
        fault: "the newest commits are lost",
        start: Act::KillAndRestart,
        load: &[Earlier],
        commit: &[Conflict],
        resolve: &[Fenced],
        delete: CLOSED,
        loses: true,
        ..Row::UNNOTICED
    },
    &Row {
        number: 39,
        fault: "everything is lost",
        start: Act::LoseEverything,
        load: &[New],
        commit: &[Conflict],
        resolve: &[Fenced],
        delete: CLOSED,
        loses: true,
        ..Row::UNNOTICED
    },
    &Row {
        number: 13,
        fault: "NOSCRIPT (a restart)",
        settings: DURABLE,
        start: Act::KillAndRestart,
        commit: &[Written],
        delete: CLOSED,
        ..Row::UNNOTICED
    },
];
