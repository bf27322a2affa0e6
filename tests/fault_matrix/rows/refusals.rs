//! A server that answers and refuses: everything, or writes alone.

use std::time::Duration;

use crate::injection::{Act, DISCONNECT};
use crate::row::Answer::{Connected, Deleted, Live, OverCapacity, Unavailable};
use crate::row::Row;

/// Reads are answered; writes are refused, and so is an `UNLINK`.
const FULL: Row = Row {
    load: &[Live],
    commit: &[OverCapacity],
    resolve: &[OverCapacity],
    delete: &[OverCapacity],
    ..Row::NONE
};
const ORPHAN: &str = "REPLICAOF 127.0.0.1 1";
const MASTER: Act = Act::Commands(&["REPLICAOF NO ONE"]);

pub const ROWS: &[&Row] = &[
    &Row {
        number: 18,
        fault: "out of memory, noeviction",
        settings: &["--maxmemory-policy", "noeviction"],
        start: Act::Commands(&["CONFIG SET maxmemory 1"]),
        end: Act::Commands(&["CONFIG SET maxmemory 0"]),
        // Up to 7.0, transactions are refused too, even if they only read.
        load: &[Live, OverCapacity],
        delete: &[Deleted],
        connect: &[Connected],
        ..FULL
    },
    &Row {
        number: 20,
        fault: "READONLY (demoted master)",
        start: Act::Commands(&[ORPHAN]),
        end: MASTER,
        load: &[Live],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 20,
        fault: "READONLY, a master again within the deadline",
        start: Act::Commands(&[ORPHAN]),
        meanwhile: Some((Duration::from_millis(200), MASTER)),
        ..Row::UNNOTICED
    },
    &Row {
        number: 21,
        fault: "MASTERDOWN, stale replica refuses",
        settings: &["--replica-serve-stale-data", "no"],
        start: Act::Commands(&[ORPHAN]),
        end: MASTER,
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 23,
        fault: "MISCONF (snapshot fails)",
        start: Act::BlockSnapshot,
        end: Act::Commands(&["CONFIG SET stop-writes-on-bgsave-error no"]),
        connect: &[Connected],
        ..FULL
    },
    &Row {
        number: 24,
        fault: "NOREPLICAS",
        start: Act::Commands(&["CONFIG SET min-replicas-to-write 1"]),
        end: Act::Commands(&["CONFIG SET min-replicas-to-write 0"]),
        connect: &[Connected],
        ..FULL
    },
    &Row {
        number: 25,
        fault: "BUSY (another client's script)",
        settings: &["--lua-time-limit", "50"],
        start: Act::EndlessScript,
        end: Act::Commands(&["SCRIPT KILL"]),
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 26,
        fault: "max clients reached",
        start: Act::Commands(&["CONFIG SET maxclients 1", DISCONNECT]),
        end: Act::Commands(&["CONFIG SET maxclients 100"]),
        connect: &[Unavailable],
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 43,
        fault: "disk full under the append-only file",
        settings: &["--appendonly", "yes", "--appendfsync", "everysec"],
        start: Act::FillDisk,
        end: Act::EmptyDisk,
        connect: &[Connected],
        ..FULL
    },
];
