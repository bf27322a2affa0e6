//! What is recorded under commit ids: lost, or written by another program. And the writes of a
//! commit, of which one alone would fail.

use crate::injection::Act;
use crate::row::Answer::{
    Conflict, Deleted, Denied, Fenced, Live, Misconfigured, Recovered, TooLarge,
};
use crate::row::{Route, Row};

/// Nothing is written before the right to all writes is known.
const RIGHT_TAKEN: Row = Row {
    route: Route::Bot,
    load: &[Live],
    commit: &[Denied],
    delete: &[Deleted],
    connect: &[Denied],
    end: Act::Commands(&["ACL SETUSER bot +@all"]),
    ..Row::NONE
};

pub const ROWS: &[&Row] = &[
    &Row {
        number: 50,
        fault: "the commit ids alone evicted",
        start: Act::Evict(&["_done_0", "_done_1"]),
        end: Act::PutBack,
        load: &[Recovered],
        commit: &[Conflict],
        resolve: &[Misconfigured],
        delete: &[Deleted],
        ..Row::NONE
    },
    &Row {
        number: 51,
        fault: "no number where a hash keeps its expiry",
        start: Act::Commands(&[
            "DEL 263771234567_done_0 263771234567_done_1",
            // The field without a name.
            "HSET 263771234567_done_0  1e300",
            "HSET 263771234567_done_1  1e300",
        ]),
        loses: true,
        ..Row::UNNOTICED
    },
    &Row {
        number: 52,
        fault: "NOPERM on a later write of a script (expiry)",
        start: Act::TakeRight("pexpireat"),
        // It records under a hash that has its expiry.
        resolve: &[Fenced],
        ..RIGHT_TAKEN
    },
    &Row {
        number: 52,
        fault: "NOPERM on a later write of a script (record)",
        start: Act::TakeRight("hset"),
        resolve: &[Denied],
        ..RIGHT_TAKEN
    },
    &Row {
        number: 53,
        fault: "oversized value (100 MB) under a commit id",
        deadline: std::time::Duration::from_secs(2),
        start: Act::EnlargeRecords,
        end: Act::PutBack,
        load: &[TooLarge],
        commit: &[TooLarge],
        resolve: &[TooLarge],
        delete: &[Deleted],
        ..Row::NONE
    },
];
