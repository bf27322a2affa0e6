//! What an error of the client means.

use std::error::Error;
use std::io;

use redis::{ErrorKind, RedisError, ServerError};

use super::failure::{Cause, Failure, Retry};
use super::server_error::{self, NO_COMMAND, NO_RESP3, WRONG_PASSWORD};

/// A server with TLS closes a connection without it, or sends an alert, which is no reply.
const CLOSED: Failure = Failure::unavailable(
    Retry::Later,
    "connection closed before any reply (maxclients reached, protected mode, a proxy without \
     RESP3, or TLS on one side only)",
);
const GARBLED: Failure = Failure::unavailable(
    Retry::Later,
    "not a reply of a Redis server (perhaps TLS on one side only)",
);

impl Failure {
    /// The failure of a greeting, or of the connection that it was to be sent over.
    pub(super) fn greeting(error: RedisError) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match (error.kind(), io_kind(&error)) {
            (ErrorKind::Parse, _) => GARBLED,
            (
                ErrorKind::Io,
                Some(io @ (BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)),
            ) => CLOSED.with_source(io::Error::from(io)),
            (ErrorKind::Io, Some(io)) => Self::UNREACHABLE.with_source(io::Error::from(io)),
            (ErrorKind::Io, None) => Self::UNREACHABLE,
            _ => match Self::from(error) {
                // The only command of a greeting is HELLO.
                failure if failure.what.starts_with(&*NO_COMMAND.what) => NO_RESP3,
                failure => failure,
            },
        }
    }

    /// The failure of a SELECT.
    pub(super) fn selecting(error: RedisError) -> Self {
        match ServerError::try_from(error) {
            Ok(error) => server_error::of_select(&error),
            Err(error) => Self::greeting(error),
        }
    }

    /// The failure of a request about this key.
    pub(super) fn of_request(error: RedisError, key: &str) -> Self {
        match ServerError::try_from(error) {
            Ok(error) => server_error::failure(&error, key),
            Err(error) => of_client(&error),
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
        Self::of_request(error, "")
    }
}

fn of_client(error: &RedisError) -> Failure {
    match error.kind() {
        ErrorKind::Io => match io_kind(error) {
            Some(io) => Failure::LOST.with_source(io::Error::from(io)),
            None => Failure::LOST,
        },
        ErrorKind::Parse => {
            Failure::unavailable(Retry::Reconnect, "not a reply of a Redis server").after_sending()
        }
        ErrorKind::AuthenticationFailed => WRONG_PASSWORD,
        ErrorKind::RESP3NotSupported => NO_RESP3,
        ErrorKind::InvalidClientConfig => Failure::misconfigured("invalid address"),
        _ => Failure::unavailable(Retry::Reconnect, "unexpected reply").after_sending(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

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
                Failure::greeting(error(refused)),
                refused,
                Failure::UNREACHABLE,
            ),
            (Failure::greeting(error(reset)), reset, CLOSED),
        ] {
            assert_eq!(failure.retry, expected.retry);
            assert_eq!(failure.what, expected.what);
            let cause = failure.source.unwrap();
            assert_eq!(cause.downcast_ref::<io::Error>().unwrap().kind(), io);
        }
        let garbled = Failure::greeting((ErrorKind::Parse, "seen").into());
        assert_eq!(garbled.what, GARBLED.what);
    }
}
