//! What an error of the client, or an error reply of a server, means.

use std::error::Error;
use std::io;

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use super::failure::{Cause, Failure, Retry};

/// A server with TLS closes a connection without it, or sends an alert, which is no reply. If a
/// server says why it closes, that is lost: the client reads all replies to its greeting before it
/// looks at the first.
const CLOSED: Failure = Failure::unavailable(
    Retry::Later,
    "connection closed before any reply (maxclients reached, protected mode, or TLS on one side \
     only)",
);
const GARBLED: Failure = Failure::unavailable(
    Retry::Later,
    "not a reply of a Redis server (perhaps TLS on one side only)",
);
const WRONG_PASSWORD: Failure = Failure::denied("wrong user or password");
const NO_RIGHT: Failure =
    Failure::denied("the user may not run a command or use a key that the store needs");

impl Failure {
    /// The failure of an attempt to connect.
    pub(super) fn connecting(error: RedisError) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match (error.kind(), io_kind(&error)) {
            (ErrorKind::Parse, _) => GARBLED,
            (
                ErrorKind::Io,
                Some(io @ (BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)),
            ) => CLOSED.with_source(io::Error::from(io)),
            (ErrorKind::Io, Some(io)) => Self::UNREACHABLE.with_source(io::Error::from(io)),
            (ErrorKind::Io, None) => Self::UNREACHABLE,
            _ => error.into(),
        }
    }
}

/// Only the kind of an I/O error is kept: its text may name an address.
fn io_kind(error: &RedisError) -> Option<io::ErrorKind> {
    let cause = error.source()?.downcast_ref::<Cause>()?;
    Some(cause.downcast_ref::<io::Error>()?.kind())
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io => match io_kind(&error) {
                Some(io) => Self::LOST.with_source(io::Error::from(io)),
                None => Self::LOST,
            },
            ErrorKind::Parse => {
                Self::unavailable(Retry::Reconnect, "not a reply of a Redis server").after_sending()
            }
            ErrorKind::AuthenticationFailed => WRONG_PASSWORD,
            ErrorKind::RESP3NotSupported => {
                Self::misconfigured("the server is too old: it lacks RESP3")
            }
            ErrorKind::InvalidClientConfig => Self::misconfigured("invalid address"),
            kind => match ServerError::try_from(error) {
                Ok(error) => of_server(&error),
                // The client's own error for a SELECT that was refused.
                Err(error) if kind == ErrorKind::Server(ServerErrorKind::ResponseError) => {
                    of_select(error.detail().unwrap_or(""))
                }
                Err(_) => Self::unavailable(Retry::Reconnect, "unexpected reply").after_sending(),
            },
        }
    }
}

fn of_server(error: &ServerError) -> Failure {
    let details = error.details().unwrap_or("");
    of_code(error)
        .or_else(|| of_wrapped(details))
        .or_else(|| of_text(details))
        .unwrap_or(Failure::misconfigured("the server refused a command"))
}

fn of_code(error: &ServerError) -> Option<Failure> {
    let Some(kind) = error.kind() else {
        return of_unnamed_code(error.code());
    };
    let unavailable = Failure::unavailable;
    Some(match kind {
        ServerErrorKind::ReadOnly => {
            unavailable(Retry::Reconnect, "the server is a read-only replica")
        }
        ServerErrorKind::BusyLoading => unavailable(Retry::Later, "the server is loading its data"),
        ServerErrorKind::MasterDown => unavailable(Retry::Later, "the replica lost its master"),
        ServerErrorKind::ClusterDown => unavailable(Retry::Later, "the cluster is down"),
        ServerErrorKind::TryAgain | ServerErrorKind::Ask => {
            unavailable(Retry::Later, "the cluster is moving the keys")
        }
        // In a cluster, MOVED is followed if it can be read.
        ServerErrorKind::Moved | ServerErrorKind::CrossSlot => Failure::misconfigured(
            "another node of the cluster has the keys: use connect_cluster, and let all nodes \
             announce an address",
        ),
        ServerErrorKind::NoPerm => NO_RIGHT,
        ServerErrorKind::NoScript => Failure::misconfigured("the server forgets a script at once"),
        _ => return None,
    })
}

/// The codes that the client has no kind for.
fn of_unnamed_code(code: &str) -> Option<Failure> {
    Some(match code {
        "OOM" => Failure::over_capacity("out of memory, and nothing may be evicted"),
        "MISCONF" => Failure::over_capacity("cannot save to disk, so refuses writes"),
        "NOREPLICAS" => Failure::over_capacity("too few replicas are connected"),
        "BUSY" => Failure::unavailable(Retry::Later, "the server is busy with a script"),
        "NOAUTH" => Failure::denied("the server asks for a password"),
        "WRONGPASS" => WRONG_PASSWORD,
        "WRONGTYPE" => Failure::corrupt("a key of the user has another type"),
        _ => return None,
    })
}

/// The error inside the error of a transaction or of a script. Up to 6.2, a script's errors read
/// `Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM command …`.
fn of_wrapped(details: &str) -> Option<Failure> {
    let inner = match details.strip_prefix("Transaction discarded because of: ") {
        Some(inner) => inner,
        None => {
            let (_, inner) = details.rsplit_once("@user_script:")?;
            let (_line, inner) = inner.split_once(": ")?;
            inner.trim_start_matches('-')
        }
    };
    let reply = redis::parse_redis_value(format!("-{inner}\r\n").as_bytes()).ok()?;
    let error = ServerError::try_from(reply.extract_error().err()?).ok()?;
    of_code(&error)
}

/// Errors with the general code `ERR`, told by their texts.
fn of_text(details: &str) -> Option<Failure> {
    // A right that is missing inside a script, as worded before and since 7.2.
    if details.contains("The user executing the script can't")
        || details.starts_with("ACL failure in script")
    {
        return Some(NO_RIGHT);
    }
    if details.starts_with("max number of clients reached") {
        return Some(Failure::unavailable(Retry::Reconnect, "maxclients reached"));
    }
    if details.starts_with("unknown command") || details.contains("unknown subcommand") {
        let what = "the server lacks a command: renamed, disabled or too old";
        return Some(Failure::misconfigured(what));
    }
    None
}

/// A SELECT that was refused, of which the client keeps the text after the code.
fn of_select(text: &str) -> Failure {
    if text.contains("no permissions") {
        return Failure::denied("the user may not run SELECT: use database 0, or grant it");
    }
    let unknown_database = ["DB index", "out of range", "cluster mode"];
    if unknown_database.iter().any(|words| text.contains(words)) {
        return Failure::misconfigured("no database of this number (a cluster has only 0)");
    }
    of_text(text).unwrap_or(Failure::unavailable(
        Retry::Later,
        "the server cannot select a database now",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    /// Each line: an error reply, how the request is retried, and what the error says.
    const REPLIES: &str = "\
OOM command not allowed when used memory > 'maxmemory'. | Never | full: out of memory
MISCONF Errors writing to the AOF file | Never | full: cannot save
NOREPLICAS Not enough good replicas to write. | Never | full: too few replicas
READONLY You can't write against a replica. | Reconnect | unavailable: the server is a read-only
LOADING Redis is loading the dataset in memory | Later | unavailable: the server is loading
BUSY Redis is busy running a script. | Later | unavailable: the server is busy
MASTERDOWN Link with MASTER is down | Later | unavailable: the replica lost its master
CLUSTERDOWN The cluster is down | Later | unavailable: the cluster is down
TRYAGAIN Multiple keys request during rehashing of slot | Later | unavailable: the cluster is moving
MOVED 3999 127.0.0.1:6381 | Never | misconfigured: another node of the cluster
ASK 3999 127.0.0.1:6381 | Later | unavailable: the cluster is moving
CROSSSLOT Keys in request don't hash to the same slot | Never | misconfigured: another node
NOAUTH Authentication required. | Never | denies access: the server asks for a password
WRONGPASS invalid username-password pair | Never | denies access: wrong user or password
NOPERM this user has no permissions | Never | denies access: the user may not run a command
WRONGTYPE Operation against a key | Never | foreign value: a key of the user has another type
NOSCRIPT No matching script. | Never | misconfigured: the server forgets a script
ERR max number of clients reached | Reconnect | unavailable: maxclients
ERR unknown command 'EVALSHA', with args beginning with: | Never | misconfigured: the server lacks
ERR unknown subcommand 'SETINFO'. Try CLIENT HELP. | Never | misconfigured: the server lacks
ERR syntax error | Never | misconfigured: the server refused a command
ERR The user executing the script can't run this command or subcommand | Never | denies access: the
ERR ACL failure in script: the user may not access one of the keys | Never | denies access: the user
EXECABORT Transaction discarded because of: NOPERM this user has no permissions | Never | denies
EXECABORT Transaction discarded because of: OOM command not allowed | Never | full: out of memory
EXECABORT Transaction discarded because of previous errors. | Never | misconfigured: the server refu
ERR Error running script (call to f_0b): @user_script:1: @user_script: 1: -OOM x | Never | full: out
ERR Error running script (call to f_0b): @user_script:9: WRONGTYPE x | Never | foreign value";

    /// The same for what the client keeps of a SELECT that was refused.
    const SELECTS: &str = "\
User bot has no permissions to run the 'select' command | Never | denies access: the user may not
this user has no permissions to run the 'select' command | Never | denies access: the user may not
DB index is out of range | Never | misconfigured: no database of this number
invalid DB index | Never | misconfigured: no database of this number
value is not an integer or out of range | Never | misconfigured: no database of this number
SELECT is not allowed in cluster mode | Never | misconfigured: no database of this number
unknown command 'SELECT' | Never | misconfigured: the server lacks a command
Redis is busy running a script. | Later | unavailable: the server cannot select a database now";

    fn check(table: &str, error: impl Fn(&str) -> RedisError) {
        for line in table.lines() {
            let [text, retry, says] = line.split(" | ").collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            let failure = Failure::from(error(text));
            assert_eq!(format!("{:?}", failure.retry), retry, "{line}");
            // A server that refuses has done nothing.
            assert!(!failure.maybe_applied, "{line}");
            let error = StoreError::from(failure).to_string();
            assert!(error.contains(says), "{line}: {error}");
        }
    }

    #[test]
    fn replies_are_sorted_by_what_to_do() {
        check(REPLIES, |text| {
            let reply = redis::parse_redis_value(format!("-{text}\r\n").as_bytes());
            reply.unwrap().extract_error().unwrap_err()
        });
    }

    #[test]
    fn a_refused_select_is_sorted_by_its_text() {
        check(SELECTS, |text| {
            let kind = ErrorKind::Server(ServerErrorKind::ResponseError);
            (kind, "refused to switch", text.to_owned()).into()
        });
    }

    #[test]
    fn errors_of_the_client_are_sorted_by_kind() {
        use ErrorKind::{
            AuthenticationFailed, InvalidClientConfig, Parse, RESP3NotSupported,
            UnexpectedReturnType,
        };
        for (kind, retry, says) in [
            (Parse, Retry::Reconnect, "unavailable: not a reply of a"),
            (AuthenticationFailed, Retry::Never, "denies access: wrong"),
            (RESP3NotSupported, Retry::Never, "misconfigured: the server"),
            (InvalidClientConfig, Retry::Never, "misconfigured: invalid"),
            (UnexpectedReturnType, Retry::Reconnect, "unavailable: unex"),
        ] {
            let failure = Failure::from(RedisError::from((kind, "seen")));
            assert_eq!(failure.retry, retry, "{kind:?}");
            let maybe_applied = retry == Retry::Reconnect;
            assert_eq!(failure.maybe_applied, maybe_applied, "{kind:?}");
            let error = StoreError::from(failure).to_string();
            assert!(error.contains(says), "{kind:?}: {error}");
        }
    }

    #[test]
    fn io_errors_before_and_after_connecting_differ() {
        let error = |kind: io::ErrorKind| RedisError::from(io::Error::from(kind));
        let refused = io::ErrorKind::ConnectionRefused;
        let reset = io::ErrorKind::ConnectionReset;
        for (failure, io, expected) in [
            (Failure::from(error(refused)), refused, Failure::LOST),
            (
                Failure::connecting(error(refused)),
                refused,
                Failure::UNREACHABLE,
            ),
            (Failure::connecting(error(reset)), reset, CLOSED),
        ] {
            assert_eq!(failure.retry, expected.retry);
            assert_eq!(failure.what, expected.what);
            let cause = failure.source.unwrap();
            assert_eq!(cause.downcast_ref::<io::Error>().unwrap().kind(), io);
        }
        let garbled = Failure::connecting((ErrorKind::Parse, "seen").into());
        assert_eq!(garbled.what, GARBLED.what);
    }
}
