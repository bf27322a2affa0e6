//! Requests and replies that are lost, torn, late or garbled on their way, once and every time.

use std::time::Duration;

use crate::injection::Act;
use crate::row::Answer::{Deleted, Unavailable};
use crate::row::{Applied, Route, Row};
use harness::proxy::Mishap;

/// A delete that was lost is not sent again: the first copy might arrive last.
const ONCE: Row = Row {
    route: Route::Proxy,
    delete: &[Unavailable],
    ..Row::UNNOTICED
};
/// The same, if the server has carried it out.
const ONCE_BACK: Row = Row {
    applied: Applied::Yes,
    ..ONCE
};
const ALWAYS: Row = Row {
    route: Route::Proxy,
    end: Act::Heal,
    ..Row::UNANSWERED
};
const ARRIVES: Row = Row {
    applied: Applied::Yes,
    ..ALWAYS
};

const GARBAGE: Mishap = Mishap::Garbage(b"!!! this is no reply\r\n");
const ABSURD: Mishap = Mishap::Garbage(b"$99999999999999\r\nabsurd\r\n");
const WEB: Mishap = Mishap::Garbage(b"HTTP/1.1 400 Bad Request\r\n\r\n");
/// A fatal alert of TLS 1.2: unexpected message.
const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 10];

const fn late(millis: u64) -> Mishap {
    Mishap::ReplyLate(Duration::from_millis(millis))
}

pub const ROWS: &[&Row] = &[
    &Row {
        number: 10,
        fault: "request lost",
        start: Act::Once(Mishap::RequestLost),
        ..ONCE
    },
    &Row {
        number: 10,
        fault: "request torn",
        start: Act::Once(Mishap::RequestTorn),
        ..ONCE
    },
    &Row {
        number: 10,
        fault: "request torn, every time",
        start: Act::Always(Mishap::RequestTorn),
        applied: Applied::No,
        ..ALWAYS
    },
    &Row {
        number: 11,
        fault: "reply lost",
        start: Act::Once(Mishap::ReplyLost),
        ..ONCE_BACK
    },
    &Row {
        number: 11,
        fault: "connection cut instead of the reply",
        start: Act::Once(Mishap::ReplyCut),
        ..ONCE_BACK
    },
    &Row {
        number: 11,
        fault: "reply lost, every time",
        start: Act::Always(Mishap::ReplyLost),
        ..ARRIVES
    },
    &Row {
        number: 11,
        fault: "connection cut instead of the reply, every time",
        start: Act::Always(Mishap::ReplyCut),
        ..ARRIVES
    },
    &Row {
        number: 12,
        fault: "reply late, after the timeout",
        start: Act::Once(late(250)),
        delete: &[Deleted],
        ..ONCE
    },
    &Row {
        number: 12,
        fault: "reply late, after the deadline",
        start: Act::Always(late(5000)),
        ..ARRIVES
    },
    &Row {
        number: 31,
        fault: "plain client to a TLS port (its alert)",
        settings: &["--appendonly", "yes", "--appendfsync", "always"],
        start: Act::Impostor(ALERT),
        end: Act::RestartAfterImpostor,
        connect: &[Unavailable],
        says: "TLS",
        ..Row::UNAVAILABLE
    },
    &Row {
        number: 37,
        fault: "garbage instead of the reply",
        start: Act::Once(GARBAGE),
        ..ONCE_BACK
    },
    &Row {
        number: 37,
        fault: "an absurd length instead of the reply",
        start: Act::Once(ABSURD),
        ..ONCE_BACK
    },
    &Row {
        number: 37,
        fault: "reply truncated",
        start: Act::Once(Mishap::ReplyTorn),
        ..ONCE_BACK
    },
    &Row {
        number: 37,
        fault: "garbage, every time",
        start: Act::Always(GARBAGE),
        connect: &[Unavailable],
        ..ARRIVES
    },
    &Row {
        number: 37,
        fault: "an absurd length, every time",
        start: Act::Always(ABSURD),
        ..ARRIVES
    },
    &Row {
        number: 37,
        fault: "another protocol, every time",
        start: Act::Always(WEB),
        connect: &[Unavailable],
        ..ARRIVES
    },
    &Row {
        number: 37,
        fault: "reply truncated, every time",
        start: Act::Always(Mishap::ReplyTorn),
        ..ARRIVES
    },
    &Row {
        number: 38,
        fault: "half-open connection (nothing arrives any more)",
        start: Act::Always(Mishap::RequestLost),
        applied: Applied::No,
        connect: &[Unavailable],
        ..ALWAYS
    },
];
