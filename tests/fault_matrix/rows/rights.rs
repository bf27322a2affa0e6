//! A client that may not: not this command, not this key, or not at all.

use crate::injection::{Act, THROW_OUT};
use crate::row::Seen::{Denied, Forgotten, Live};
use crate::row::{Row, Way};

const DENIED: Row = Row {
    way: Way::Bot,
    load: &[Denied],
    commit: &[Denied],
    resolve: &[Denied],
    forget: &[Denied],
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
        forget: &[Forgotten],
        ..DENIED
    },
    &Row {
        number: 29,
        fault: "NOAUTH (a password is asked for from now on)",
        way: Way::Straight,
        strike: Act::Commands(&["CONFIG SET requirepass other", THROW_OUT]),
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
