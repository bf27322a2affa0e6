//! TLS: who must vouch for the server, what this client shows it, and what can go wrong before the first answer.

#[cfg(feature = "tls")]
mod certificates;
#[cfg(feature = "tls")]
mod handshake;

#[cfg(feature = "tls")]
pub(super) use certificates::Certificates;
#[cfg(feature = "tls")]
pub(super) use handshake::fault;

use crate::error::Error;

/// What the URL of a server may be.
pub(super) const URL: &str = if cfg!(feature = "tls") {
    "redis[s]://[user[:password]@]host[:port][/database] or unix:///path"
} else {
    "redis://[user[:password]@]host[:port][/database] or unix:///path; rediss:// needs the feature `tls`"
};

pub(super) const fn no_url(allowed: &'static str) -> Error {
    Error::Setting {
        what: "the server's URL",
        allowed,
    }
}

/// There are none.
#[cfg(not(feature = "tls"))]
#[derive(Debug, Clone)]
pub(super) struct Certificates;

#[cfg(not(feature = "tls"))]
impl Certificates {
    pub(super) const NONE: Self = Self;

    /// Refuses TLS. Where another crate has switched it on in the client, the client would speak it, and panic without a provider.
    pub(super) fn for_server(
        &self,
        server: redis::ConnectionInfo,
    ) -> Result<redis::ConnectionInfo, Error> {
        match server.addr() {
            redis::ConnectionAddr::TcpTls { .. } => Err(no_url(URL)),
            _ => Ok(server),
        }
    }
}

#[cfg(not(feature = "tls"))]
pub(super) fn fault(_: &redis::RedisError) -> Option<super::fault::Fault> {
    None
}
