//! Keys that hold what this crate has not written, or no longer all that it has.

use crate::injection::Act;
use crate::row::Row;
use crate::row::Seen::{Conflict, Corrupt, Fenced, Forgotten, NewerFormat, Recovered, TooLarge};

/// What was decided on the whole session does not apply to what is left of it.
const DAMAGED: Row = Row {
    mend: Act::PutBack,
    load: &[Recovered],
    commit: &[Conflict],
    resolve: &[Fenced],
    forget: &[Forgotten],
    ..Row::NONE
};

pub const ROWS: &[&Row] = &[
    &Row {
        number: 15,
        fault: "WRONGTYPE on a key of the session",
        strike: Act::Estrange(&["_stage"]),
        load: &[Corrupt],
        commit: &[Corrupt],
        ..DAMAGED
    },
    &Row {
        number: 15,
        fault: "WRONGTYPE on the keys of the commit ids",
        strike: Act::Estrange(&["_done_0", "_done_1"]),
        load: &[Corrupt],
        commit: &[Corrupt],
        resolve: &[Corrupt],
        ..DAMAGED
    },
    &Row {
        number: 16,
        fault: "corrupt value",
        strike: Act::Overwrite("_version", b"\xff\xfe secret-state"),
        ..DAMAGED
    },
    &Row {
        number: 16,
        fault: "truncated value",
        strike: Act::Overwrite("_version", b"1 2 3"),
        ..DAMAGED
    },
    &Row {
        number: 16,
        fault: "value of an unknown format",
        strike: Act::Overwrite("_version", b"2 whatever a later release writes"),
        load: &[NewerFormat],
        ..DAMAGED
    },
    &Row {
        number: 17,
        fault: "oversized value (100 MB) under a key",
        strike: Act::Bloat("_version"),
        load: &[TooLarge],
        commit: &[TooLarge],
        ..DAMAGED
    },
    &Row {
        number: 19,
        fault: "one of the session's keys evicted",
        strike: Act::Evict("_stage"),
        ..DAMAGED
    },
];
