//! A client without the right to use a command, a key, or the server.

use crate::injection::{Act, DISCONNECT};
use crate::row::Answer::{Deleted, Denied, Live};
use crate::row::{Route, Row};

const DENIED: Row = Row {
    route: Route::Bot,
    load: &[Denied],
    commit: &[Denied],
    resolve: &[Denied],
    delete: &[Denied],
    connect: &[Denied],
    ..Row::NONE
};
const ALL_RIGHTS: Act = Act::Commands(&["ACL SETUSER bot +@all"]);

pub const ROWS: &[&Row] = &[
    &Row {
        number: 27,
        fault: "NOPERM on every command",
        start: Act::Commands(&["ACL SETUSER bot -@all"]),
        end: ALL_RIGHTS,
        ..DENIED
    },
    &Row {
        number: 27,
        fault: "NOPERM on a command",
        start: Act::Commands(&["ACL SETUSER bot -eval -evalsha -getrange -unlink"]),
        end: ALL_RIGHTS,
        ..DENIED
    },
    &Row {
        number: 27,
        fault: "NOPERM on a key",
        start: Act::Commands(&["ACL SETUSER bot resetkeys"]),
        end: Act::Commands(&["ACL SETUSER bot ~*"]),
        ..DENIED
    },
    &Row {
        number: 28,
        fault: "NOPERM inside the script",
        start: Act::Commands(&["ACL SETUSER bot -mset -hset"]),
        end: ALL_RIGHTS,
        load: &[Live],
        delete: &[Deleted],
        ..DENIED
    },
    &Row {
        number: 29,
        fault: "NOAUTH (a password is asked for from now on)",
        route: Route::Direct,
        start: Act::Commands(&["CONFIG SET requirepass other", DISCONNECT]),
        end: Act::Commands(&["CONFIG SET requirepass "]),
        ..DENIED
    },
    &Row {
        number: 30,
        fault: "password rotated",
        start: Act::Commands(&["ACL SETUSER bot resetpass >other", "CLIENT KILL USER bot"]),
        end: Act::Commands(&["ACL SETUSER bot >s3cret"]),
        ..DENIED
    },
];
