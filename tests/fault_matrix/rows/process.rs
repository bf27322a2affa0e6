//! A server that dies, restarts, stands still, is slow, or comes back with less than it had.

use std::time::Duration;

use crate::injection::{Act, THROW_OUT};
use crate::row::Seen::{
    Applied as Written, Conflict, Earlier, Fenced, Forgotten, Left, Live, New, Unavailable,
};
use crate::row::{Applied, Row, Seen};

/// What survives a `kill -9`.
const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A connection that is found closed before a forget is sent is made again. Found only then, it is not known what was sent.
const CLOSED: &[Seen] = &[Forgotten, Unavailable];

pub const ROWS: &[&Row] = &[
    &Row {
        number: 1,
        fault: "server down, no listener",
        settings: DURABLE,
        strike: Act::Kill,
        mend: Act::Restart,
        connect: &[Unavailable],
        says: "connection refused",
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 1,
        fault: "server down, and back within the deadline",
        settings: DURABLE,
        strike: Act::Kill,
        meanwhile: Some((millis(100), Act::Restart)),
        forget: CLOSED,
        ..Row::UNNOTICED
    },
    &Row {
        number: 2,
        fault: "server down, a caller keeps calling",
        settings: DURABLE,
        patience: millis(100),
        times: 10,
        strike: Act::Kill,
        mend: Act::Restart,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 3,
        fault: "kill -9 with the call in flight",
        settings: DURABLE,
        strike: Act::Freeze,
        meanwhile: Some((millis(50), Act::Kill)),
        mend: Act::Restart,
        ..Row::UNANSWERED
    },
    &Row {
        number: 4,
        fault: "stopped (SIGSTOP), later continued",
        strike: Act::Freeze,
        mend: Act::Thaw,
        applied: Applied::Yes,
        ..Row::UNANSWERED
    },
    &Row {
        number: 4,
        fault: "stopped (SIGSTOP), continued within the deadline",
        strike: Act::Freeze,
        meanwhile: Some((millis(300), Act::Thaw)),
        ..Row::UNNOTICED
    },
    &Row {
        number: 5,
        fault: "the caller drops the future",
        leaves_after: Some(millis(50)),
        strike: Act::Freeze,
        mend: Act::Thaw,
        load: &[Left],
        commit: &[Left],
        resolve: &[Left],
        forget: &[Left],
        connect: &[Left],
        applied: Applied::Maybe,
        ..Row::NONE
    },
    &Row {
        number: 6,
        fault: "first connection to a stopped server",
        strike: Act::ThrowOutAndFreeze,
        mend: Act::Thaw,
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 7,
        fault: "CLIENT PAUSE WRITE",
        patience: millis(200),
        strike: Act::Commands(&["CLIENT PAUSE 10000 WRITE"]),
        mend: Act::Commands(&["CLIENT UNPAUSE"]),
        load: &[Live],
        ..Row::UNANSWERED
    },
    &Row {
        number: 7,
        fault: "CLIENT PAUSE WRITE, over within the deadline",
        strike: Act::Commands(&["CLIENT PAUSE 300 WRITE"]),
        ..Row::UNNOTICED
    },
    &Row {
        number: 8,
        fault: "slow server, slower than the deadline",
        settings: &["--lua-time-limit", "1000"],
        strike: Act::LongScript,
        ..Row::UNANSWERED
    },
    &Row {
        number: 8,
        fault: "slow server, faster than the deadline",
        settings: &["--lua-time-limit", "300"],
        strike: Act::LongScript,
        ..Row::UNNOTICED
    },
    &Row {
        number: 9,
        fault: "CLIENT KILL",
        strike: Act::Commands(&[THROW_OUT]),
        forget: CLOSED,
        ..Row::UNNOTICED
    },
    &Row {
        number: 13,
        fault: "NOSCRIPT (SCRIPT FLUSH)",
        strike: Act::Commands(&["SCRIPT FLUSH"]),
        ..Row::UNNOTICED
    },
    // There is none: scripts come with the call.
    &Row {
        number: 14,
        fault: "function library missing (FUNCTION FLUSH)",
        strike: Act::FlushFunctions,
        ..Row::UNNOTICED
    },
    &Row {
        number: 22,
        fault: "LOADING",
        settings: &["--rdbcompression", "no"],
        patience: millis(1000),
        strike: Act::LoadSlowly,
        mend: Act::Commands(&["CONFIG SET key-load-delay 0"]),
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 39,
        fault: "the newest commits are lost",
        strike: Act::KillAndRestart,
        load: &[Earlier],
        commit: &[Conflict],
        resolve: &[Fenced],
        forget: CLOSED,
        loses: true,
        ..Row::UNNOTICED
    },
    &Row {
        number: 39,
        fault: "everything is lost",
        strike: Act::LoseEverything,
        load: &[New],
        commit: &[Conflict],
        resolve: &[Fenced],
        forget: CLOSED,
        loses: true,
        ..Row::UNNOTICED
    },
    &Row {
        number: 13,
        fault: "NOSCRIPT (a restart)",
        settings: DURABLE,
        strike: Act::KillAndRestart,
        commit: &[Written],
        forget: CLOSED,
        ..Row::UNNOTICED
    },
];
