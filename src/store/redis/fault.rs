//! What can go wrong with Redis, sorted by what to do about it.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind};

use super::tls;
use crate::error::BoxError;
use crate::error::StoreError;
use crate::id::CommitId;

/// What was seen, safe to print: an error text of a server may quote keys and arguments, so none of it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    kind: Kind,
    what: &'static str,
    io: Option<io::ErrorKind>,
    pub(super) next: Next,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Unavailable,
    OverCapacity,
    Denied,
    Misconfigured,
    Corrupt,
    TooLarge,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing helps until somebody acts.
    Stop,
    /// Ask again in a while. The server has refused, and done nothing.
    Wait,
    /// Ask another server, or the same over a new connection. This one has refused, and done nothing.
    Move,
    /// Ask the node that it named. This one has done nothing.
    Follow,
    /// The connection is gone, and with it the answer.
    Lost,
    /// Nobody has heard from the connection for so long that it is taken for lost.
    Silent,
    /// The deadline is over, and no answer has come.
    Late,
}

impl Next {
    /// Whether the request may have been carried out.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Lost | Self::Silent | Self::Late)
    }
}

/// What a client's error holds of an error that is not its own.
pub(super) type Cause = Arc<dyn Error + Send + Sync>;

pub(super) const fn fault(kind: Kind, next: Next, what: &'static str) -> Fault {
    Fault {
        kind,
        what,
        io: None,
        next,
    }
}

impl Fault {
    pub(super) const SILENT: Self =
        fault(Kind::Unavailable, Next::Silent, "it did not answer in time");
    pub(super) const LATE: Self = Self {
        next: Next::Late,
        ..Self::SILENT
    };
    pub(super) const UNREACHED: Self = fault(
        Kind::Unavailable,
        Next::Wait,
        "it could not be reached in time",
    );
    /// Redis takes what TLS begins with for the first half of a command, and waits for the other.
    pub(super) const UNREACHED_BY_TLS: Self = fault(
        Kind::Unavailable,
        Next::Wait,
        "it could not be reached in time; a plain port does not answer TLS",
    );
    pub(super) const LOST: Self = fault(Kind::Unavailable, Next::Lost, "the connection was lost");
    pub(super) const NOT_OURS: Self = fault(
        Kind::Unavailable,
        Next::Lost,
        "it answered something that was not asked for",
    );

    pub(super) const MOVED: Self = fault(
        Kind::Unavailable,
        Next::Follow,
        "its nodes do not agree on who has the keys",
    );

    pub(super) const FOREIGN: Self = fault(
        Kind::Corrupt,
        Next::Stop,
        "what is recorded under the commit id is not ours",
    );
    pub(super) const CLUSTER: Self = fault(
        Kind::Misconfigured,
        Next::Stop,
        "it is a node of a cluster, to be connected to by connect_cluster",
    );
    pub(super) const OTHER_LAYOUT: Self = fault(
        Kind::Misconfigured,
        Next::Stop,
        "a session of this user stands there in the other key layout",
    );
    pub(super) const TOO_LARGE: Self = fault(Kind::TooLarge, Next::Stop, "a key of the user");

    /// Of an attempt to connect.
    pub(super) fn connecting(error: RedisError) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        if let Some(fault) = tls::fault(&error) {
            return fault;
        }
        let garbled = error.kind() == ErrorKind::Parse;
        match Self::from(error) {
            Self {
                io: Some(io @ (BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)),
                next: Next::Lost,
                ..
            } => Self {
                io: Some(io),
                ..HUNG_UP
            },
            Self {
                io: Some(io),
                next: Next::Lost,
                ..
            } => Self {
                io: Some(io),
                ..Self::UNREACHED
            },
            _ if garbled => GARBLED,
            fault => fault,
        }
    }

    /// Whether asking again soon is pointless.
    pub(super) fn is_final(&self) -> bool {
        self.next == Next::Stop
    }

    /// The error of a commit that may have been applied.
    pub(super) fn unknown(self, commit_id: CommitId) -> StoreError {
        StoreError::Unknown {
            commit_id,
            source: Some(Box::new(StoreError::from(self))),
        }
    }

    fn of_server(error: &ServerError) -> Self {
        let detail = error.details().unwrap_or("");
        by_code(error.code())
            .or_else(|| inside(detail))
            .or_else(|| by_text(detail))
            .unwrap_or(fault(
                Kind::Misconfigured,
                Next::Stop,
                "it refused the command",
            ))
    }
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io => {
                let shared = error
                    .source()
                    .and_then(|source| source.downcast_ref::<Cause>());
                let io = shared.and_then(|source| source.downcast_ref::<io::Error>());
                Self {
                    io: io.map(io::Error::kind),
                    ..Self::LOST
                }
            }
            ErrorKind::Parse => fault(
                Kind::Unavailable,
                Next::Lost,
                "what came back is no answer of a Redis server",
            ),
            ErrorKind::AuthenticationFailed => DENIED,
            ErrorKind::RESP3NotSupported => fault(
                Kind::Misconfigured,
                Next::Stop,
                "the server is too old, it has no RESP3",
            ),
            ErrorKind::InvalidClientConfig => {
                fault(Kind::Misconfigured, Next::Stop, "its address leads nowhere")
            }
            kind => match ServerError::try_from(error) {
                Ok(error) => Self::of_server(&error),
                Err(error) if kind == ErrorKind::Server(ServerErrorKind::ResponseError) => {
                    select(error.detail().unwrap_or(""))
                }
                Err(_) => Self::NOT_OURS,
            },
        }
    }
}

impl From<Fault> for StoreError {
    fn from(Fault { kind, what, io, .. }: Fault) -> Self {
        let (what, source) = (
            what.into(),
            io.map(|kind| BoxError::from(io::Error::from(kind))),
        );
        match kind {
            Kind::Unavailable => Self::Unavailable { what, source },
            Kind::OverCapacity => Self::OverCapacity { what, source },
            Kind::Denied => Self::Denied { what, source },
            Kind::Misconfigured => Self::Misconfigured { what, source },
            Kind::Corrupt => Self::Corrupt { what, source },
            Kind::TooLarge => Self::TooLarge { what },
        }
    }
}

/// A server of TLS closes what begins otherwise, or sends an alert, which is no RESP. One that says why it closes is not heard: the
/// client reads all answers to its greeting before it looks at the first.
const HUNG_UP: Fault = fault(
    Kind::Unavailable,
    Next::Wait,
    "it closed the connection before it answered: it serves as many clients as it may, is in protected mode, or one side alone \
     speaks TLS",
);
const GARBLED: Fault = fault(
    Kind::Unavailable,
    Next::Wait,
    "what came back is no answer of a Redis server; perhaps one side alone speaks TLS",
);
/// A store of a cluster follows what it can read.
const ASTRAY: Fault = fault(
    Kind::Misconfigured,
    Next::Stop,
    "it is a node of a cluster that was not connected to by connect_cluster, or does not say where the keys are",
);
const DENIED: Fault = fault(
    Kind::Denied,
    Next::Stop,
    "the user or the password is wrong",
);

fn by_code(code: &str) -> Option<Fault> {
    use Kind::{Corrupt, Denied, Misconfigured, OverCapacity, Unavailable};
    use Next::{Move, Stop, Wait};
    Some(match code {
        "OOM" => fault(
            OverCapacity,
            Stop,
            "its memory is full, and nothing in it may be evicted",
        ),
        "MISCONF" => fault(
            OverCapacity,
            Stop,
            "it cannot save to its disk, and refuses writes until it can",
        ),
        "NOREPLICAS" => fault(OverCapacity, Stop, "too few of its replicas follow"),
        "READONLY" => fault(Unavailable, Move, "it is a replica, and takes no writes"),
        "LOADING" => fault(Unavailable, Wait, "it is loading its data"),
        "BUSY" => fault(Unavailable, Wait, "it is busy with somebody's script"),
        "MASTERDOWN" => fault(
            Unavailable,
            Wait,
            "it is a replica that has lost its master",
        ),
        "CLUSTERDOWN" => fault(Unavailable, Wait, "the cluster is down"),
        "TRYAGAIN" | "ASK" => fault(Unavailable, Wait, "the cluster is moving the keys"),
        "MOVED" | "CROSSSLOT" => ASTRAY,
        "NOAUTH" => fault(Denied, Stop, "it asks for a password"),
        "WRONGPASS" => DENIED,
        "NOPERM" => fault(
            Denied,
            Stop,
            "the user may not run a command, or not reach a key",
        ),
        "WRONGTYPE" => fault(Corrupt, Stop, "a key of the user holds another type"),
        "NOSCRIPT" => fault(Misconfigured, Stop, "it forgets a script at once"),
        _ => return None,
    })
}

/// What was refused inside a transaction or a script. There a missing right has no code of its own, in words of before and since 7.2.
/// Up to 6.2, every error there comes wrapped: `Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM command …`.
fn inside(detail: &str) -> Option<Fault> {
    if let Some(error) = detail.strip_prefix("Transaction discarded because of: ") {
        return by_code(error.split(' ').next()?);
    }
    if detail.contains("The user executing the script can't")
        || detail.starts_with("ACL failure in script")
    {
        return by_code("NOPERM");
    }
    let (_, error) = detail
        .strip_prefix("Error running script")?
        .split_once("@user_script:")?;
    error
        .split([' ', ':'])
        .find_map(|word| by_code(word.trim_start_matches('-')))
}

/// A SELECT that was refused. Of that, the client keeps what was said after the code.
fn select(said: &str) -> Fault {
    if said.contains("no permissions") {
        return fault(
            Kind::Denied,
            Next::Stop,
            "the user may not run SELECT, which a database other than 0 takes",
        );
    }
    if ["DB index", "out of range", "cluster mode"]
        .iter()
        .any(|words| said.contains(words))
    {
        return fault(
            Kind::Misconfigured,
            Next::Stop,
            "it has no database of this number; a cluster may have none but 0",
        );
    }
    by_text(said).unwrap_or(fault(
        Kind::Unavailable,
        Next::Wait,
        "it does not select a database now",
    ))
}

fn by_text(detail: &str) -> Option<Fault> {
    if detail.starts_with("max number of clients reached") {
        return Some(fault(
            Kind::Unavailable,
            Next::Move,
            "it serves as many clients as it may",
        ));
    }
    if detail.starts_with("unknown command") || detail.contains("unknown subcommand") {
        return Some(fault(
            Kind::Misconfigured,
            Next::Stop,
            "it lacks a command: renamed, disabled or too old",
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(error: RedisError) -> (Next, String) {
        let fault = Fault::from(error);
        (fault.next, StoreError::from(fault).to_string())
    }

    #[test]
    fn what_a_server_says_is_sorted_by_what_to_do_about_it() {
        use Next::{Move, Stop, Wait};
        for (said, next, what) in [
            (
                "OOM command not allowed when used memory > 'maxmemory'.",
                Stop,
                "takes no more: its memory is full",
            ),
            (
                "MISCONF Errors writing to the AOF file",
                Stop,
                "takes no more: it cannot save",
            ),
            (
                "NOREPLICAS Not enough good replicas to write.",
                Stop,
                "takes no more: too few of its replicas",
            ),
            (
                "READONLY You can't write against a read only replica.",
                Move,
                "unavailable: it is a replica, and takes no writes",
            ),
            (
                "LOADING Redis is loading the dataset in memory",
                Wait,
                "unavailable: it is loading",
            ),
            (
                "BUSY Redis is busy running a script.",
                Wait,
                "unavailable: it is busy",
            ),
            (
                "MASTERDOWN Link with MASTER is down",
                Wait,
                "unavailable: it is a replica that has lost its master",
            ),
            (
                "CLUSTERDOWN The cluster is down",
                Wait,
                "unavailable: the cluster is down",
            ),
            (
                "TRYAGAIN Multiple keys request during rehashing of slot",
                Wait,
                "unavailable: the cluster is moving",
            ),
            (
                "MOVED 3999 127.0.0.1:6381",
                Stop,
                "misconfigured: it is a node of a cluster",
            ),
            (
                "ASK 3999 127.0.0.1:6381",
                Wait,
                "unavailable: the cluster is moving",
            ),
            (
                "CROSSSLOT Keys in request don't hash to the same slot",
                Stop,
                "misconfigured: it is a node of a cluster",
            ),
            (
                "NOAUTH Authentication required.",
                Stop,
                "denies access: it asks for a password",
            ),
            (
                "WRONGPASS invalid username-password pair",
                Stop,
                "denies access: the user or the password is wrong",
            ),
            (
                "NOPERM this user has no permissions",
                Stop,
                "denies access: the user may not run a command",
            ),
            (
                "WRONGTYPE Operation against a key",
                Stop,
                "foreign: a key of the user holds another type",
            ),
            (
                "NOSCRIPT No matching script.",
                Stop,
                "misconfigured: it forgets a script at once",
            ),
            (
                "ERR max number of clients reached",
                Move,
                "unavailable: it serves as many clients as it may",
            ),
            (
                "ERR unknown command 'EVALSHA', with args beginning with: ",
                Stop,
                "misconfigured: it lacks a command",
            ),
            (
                "ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.",
                Stop,
                "misconfigured: it lacks a command",
            ),
            (
                "ERR syntax error",
                Stop,
                "misconfigured: it refused the command",
            ),
            (
                "ERR The user executing the script can't run this command or subcommand",
                Stop,
                "denies access: the user may not",
            ),
            (
                "EXECABORT Transaction discarded because of: NOPERM this user has no permissions",
                Stop,
                "denies access: the user may not",
            ),
            (
                "ERR ACL failure in script: the user may not access one of the keys",
                Stop,
                "denies access: the user may not",
            ),
            (
                "ERR Error running script (call to f_0b): @user_script:1: @user_script: 1: -OOM command not allowed",
                Stop,
                "takes no more: its memory is full",
            ),
        ] {
            let answer = redis::parse_redis_value(format!("-{said}\r\n").as_bytes()).unwrap();
            let (does, error) = sorted(answer.extract_error().unwrap_err());
            assert!(
                does == next && error.contains(what),
                "{said}: {does:?}, {error}"
            );
        }
    }

    #[test]
    fn what_the_client_sees_is_sorted_as_well() {
        use Next::{Lost, Stop};
        for (kind, next, what) in [
            (
                ErrorKind::Parse,
                Lost,
                "unavailable: what came back is no answer",
            ),
            (
                ErrorKind::AuthenticationFailed,
                Stop,
                "denies access: the user or the password is wrong",
            ),
            (
                ErrorKind::RESP3NotSupported,
                Stop,
                "misconfigured: the server is too old",
            ),
            (
                ErrorKind::InvalidClientConfig,
                Stop,
                "misconfigured: its address leads nowhere",
            ),
            (
                ErrorKind::UnexpectedReturnType,
                Lost,
                "unavailable: it answered something that was not asked for",
            ),
        ] {
            let (does, error) = sorted((kind, "seen").into());
            assert!(
                does == next && error.contains(what),
                "{kind:?}: {does:?}, {error}"
            );
        }
        for (said, next, what) in [
            (
                "User bot has no permissions to run the 'select' command",
                Stop,
                "denies access: the user may not run SELECT",
            ),
            (
                "this user has no permissions to run the 'select' command or its subcommand",
                Stop,
                "denies access: the user may not",
            ),
            (
                "DB index is out of range",
                Stop,
                "misconfigured: it has no database of this number",
            ),
            (
                "invalid DB index",
                Stop,
                "misconfigured: it has no database of this number",
            ),
            (
                "value is not an integer or out of range",
                Stop,
                "misconfigured: it has no database of this number",
            ),
            (
                "SELECT is not allowed in cluster mode",
                Stop,
                "misconfigured: it has no database of this number",
            ),
            (
                "unknown command 'SELECT'",
                Stop,
                "misconfigured: it lacks a command",
            ),
            (
                "Redis is busy running a script.",
                Next::Wait,
                "unavailable: it does not select a database now",
            ),
        ] {
            let (does, error) = sorted(
                (
                    ErrorKind::Server(ServerErrorKind::ResponseError),
                    "refused to switch",
                    said.to_owned(),
                )
                    .into(),
            );
            assert!(
                does == next && error.contains(what),
                "{said}: {does:?}, {error}"
            );
        }
        let refused = || RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        let (lost, unreached) = (Fault::from(refused()), Fault::connecting(refused()));
        assert_eq!(
            (lost.next, lost.io),
            (Lost, Some(io::ErrorKind::ConnectionRefused))
        );
        assert_eq!(
            (unreached.next, unreached.io),
            (Next::Wait, Some(io::ErrorKind::ConnectionRefused))
        );
        let hung_up = Fault::connecting(RedisError::from(io::Error::from(
            io::ErrorKind::ConnectionReset,
        )));
        assert_eq!(
            (hung_up.what, hung_up.io),
            (HUNG_UP.what, Some(io::ErrorKind::ConnectionReset))
        );
    }
}
