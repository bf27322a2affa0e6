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
        strike: Act::Commands(&["ACL SETUSER bot -@all"]),
        mend: ALL_RIGHTS,
        ..DENIED
    },
    &Row {
        number: 27,
        fault: "NOPERM on a command",
        strike: Act::Commands(&["ACL SETUSER bot -eval -evalsha -getrange -del"]),
        mend: ALL_RIGHTS,
        ..DENIED
    },
    &Row {
        number: 27,
        fault: "NOPERM on a key",
        strike: Act::Commands(&["ACL SETUSER bot resetkeys"]),
        mend: Act::Commands(&["ACL SETUSER bot ~*"]),
        ..DENIED
    },
    &Row {
        number: 28,
        fault: "NOPERM inside the script",
        strike: Act::Commands(&["ACL SETUSER bot -mset -hset"]),
        mend: ALL_RIGHTS,
        load: &[Live],
        delete: &[Deleted],
        ..DENIED
    },
    &Row {
        number: 29,
        fault: "NOAUTH (a password is asked for from now on)",
        route: Route::Direct,
        strike: Act::Commands(&["CONFIG SET requirepass other", DISCONNECT]),
        mend: Act::Commands(&["CONFIG SET requirepass "]),
        ..DENIED
    },
    &Row {
        number: 30,
        fault: "password rotated",
        strike: Act::Commands(&["ACL SETUSER bot resetpass >other", "CLIENT KILL USER bot"]),
        mend: Act::Commands(&["ACL SETUSER bot >s3cret"]),
        ..DENIED
    },
];
