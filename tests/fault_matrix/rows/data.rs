//! Keys that hold values of another program, or have lost some of their own.

use crate::injection::Act;
use crate::row::Answer::{Conflict, Corrupt, Deleted, Fenced, NewerFormat, Recovered, TooLarge};
use crate::row::Row;

/// A commit decided on the whole session does not apply to the rest of it.
const CORRUPT: Row = Row {
    end: Act::PutBack,
    load: &[Recovered],
    commit: &[Conflict],
    resolve: &[Fenced],
    delete: &[Deleted],
    ..Row::NONE
};

pub const ROWS: &[&Row] = &[
    &Row {
        number: 15,
        fault: "WRONGTYPE on a key of the session",
        start: Act::ChangeType(&["_stage"]),
        load: &[Corrupt],
        commit: &[Corrupt],
        ..CORRUPT
    },
    &Row {
        number: 15,
        fault: "WRONGTYPE on the keys of the commit ids",
        start: Act::ChangeType(&["_done_0", "_done_1"]),
        load: &[Corrupt],
        commit: &[Corrupt],
        resolve: &[Corrupt],
        ..CORRUPT
    },
    &Row {
        number: 16,
        fault: "corrupt value",
        start: Act::Overwrite("_version", b"\xff\xfe secret-state"),
        ..CORRUPT
    },
    &Row {
        number: 16,
        fault: "truncated value",
        start: Act::Overwrite("_version", b"1 2 3"),
        ..CORRUPT
    },
    &Row {
        number: 16,
        fault: "value of an unknown format",
        start: Act::Overwrite("_version", b"3 that a later release writes"),
        load: &[NewerFormat],
        ..CORRUPT
    },
    &Row {
        number: 17,
        fault: "oversized value (100 MB) under a key",
        start: Act::Enlarge("_version"),
        load: &[TooLarge],
        commit: &[TooLarge],
        ..CORRUPT
    },
    &Row {
        number: 19,
        fault: "one of the session's keys evicted",
        start: Act::Evict(&["_stage"]),
        ..CORRUPT
    },
];
