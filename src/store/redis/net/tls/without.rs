//! What is in place of TLS in a build without it.

use redis::{ConnectionAddr, ConnectionInfo, RedisError};

use crate::store::redis::net::address::InvalidSetting;
use crate::store::redis::net::failure::Failure;

/// There are none.
#[derive(Debug, Clone)]
pub(crate) struct Certificates;

impl Certificates {
    pub(crate) const NONE: Self = Self;

    /// Refuses TLS. If another crate of the build has switched it on in the client, the client
    /// would speak it, and panic because no provider is installed.
    pub(crate) fn apply(&self, server: ConnectionInfo) -> Result<ConnectionInfo, InvalidSetting> {
        match server.addr() {
            ConnectionAddr::TcpTls { .. } => Err(InvalidSetting::new(
                "server address",
                "one without TLS, or build vimbiso-state with the feature `tls`",
            )),
            _ => Ok(server),
        }
    }
}

pub(in crate::store::redis::net) fn handshake_failure(_: &RedisError) -> Option<Failure> {
    None
}
