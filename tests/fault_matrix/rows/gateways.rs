//! A proxy or a provider before the server: error replies of its own, and commands that it refuses.

use std::time::Duration;

use harness::gateway::Verdict;

use crate::injection::Act;
use crate::row::Answer::{Connected, Misconfigured, OverCapacity, Unavailable};
use crate::row::{Applied, Route, Row};

/// What the calls end with.
const ALL: &[&str] = &["EVAL", "EVALSHA", "EXEC", "UNLINK"];

const FAILS: Act = Act::Rule(ALL, Verdict::Replaced("upstream failure"));
const REFUSED: Row = Row {
    number: 46,
    route: Route::Gateway,
    end: Act::Pass,
    ..Row::UNNOTICED
};

pub const ROWS: &[&Row] = &[
    &Row {
        number: 44,
        fault: "unknown error reply, after the request arrived",
        route: Route::Gateway,
        start: FAILS,
        end: Act::Pass,
        connect: &[Unavailable],
        applied: Applied::Yes,
        says: "it says: upstream failure",
        ..Row::UNANSWERED
    },
    &Row {
        number: 44,
        fault: "unknown error reply, and then the right one",
        route: Route::Gateway,
        start: FAILS,
        meanwhile: Some((Duration::from_millis(200), Act::Pass)),
        delete: &[Unavailable],
        connect: &[Connected],
        applied: Applied::Yes,
        ..Row::UNNOTICED
    },
    &Row {
        number: 44,
        fault: "unknown error reply, the request never arrived",
        route: Route::Gateway,
        start: Act::Rule(ALL, Verdict::Refused("sorry, not today")),
        end: Act::Pass,
        connect: &[Unavailable],
        applied: Applied::No,
        says: "it says: sorry, not today",
        ..Row::UNANSWERED
    },
    &Row {
        number: 45,
        fault: "limit of a provider",
        route: Route::Gateway,
        start: Act::Rule(
            ALL,
            Verdict::Refused("ERR max daily request limit exceeded. Limit: 10, Usage: 11."),
        ),
        end: Act::Pass,
        load: &[OverCapacity],
        commit: &[OverCapacity],
        resolve: &[OverCapacity],
        delete: &[OverCapacity],
        connect: &[Connected],
        says: "it says: max daily request limit exceeded",
        ..Row::NONE
    },
    &Row {
        number: 45,
        fault: "passing trouble of a proxy",
        route: Route::Gateway,
        start: Act::Rule(ALL, Verdict::Refused("no upstream host")),
        end: Act::Pass,
        connect: &[Unavailable],
        says: "it says: no upstream host",
        ..Row::UNAVAILABLE
    },
    &Row {
        fault: "INFO refused, in words of its own",
        start: Act::Rule(&["INFO"], Verdict::Refused("ERR No permission for this")),
        connect: &[Connected],
        ..REFUSED
    },
    &Row {
        fault: "INFO refused by hanging up",
        start: Act::Rule(&["INFO"], Verdict::HangUp),
        connect: &[Connected],
        ..REFUSED
    },
    &Row {
        fault: "no RESP3 (HELLO refused)",
        start: Act::RuleForNew(&["HELLO"], Verdict::Refused("unsupported command 'HELLO'")),
        deadline: Duration::from_millis(400),
        load: &[Misconfigured],
        commit: &[Misconfigured],
        resolve: &[Misconfigured],
        delete: &[Misconfigured],
        connect: &[Misconfigured],
        says: "connect_over",
        ..REFUSED
    },
    &Row {
        fault: "EXEC refused, and the transaction left open",
        start: Act::Rule(&["EXEC"], Verdict::Refused("sorry, not today")),
        load: &[Unavailable],
        connect: &[Unavailable],
        says: "it says: sorry, not today",
        ..REFUSED
    },
];
