//! What is in place of TLS in a build without it.

use redis::{ConnectionAddr, RedisError};
use tokio::net::TcpStream;

use crate::store::redis::net::address::InvalidSetting;
use crate::store::redis::net::failure::Failure;

/// There are none.
#[derive(Debug, Clone)]
pub(crate) struct Certificates;

/// Has no value: an address with TLS is refused.
#[derive(Clone)]
pub(in crate::store::redis::net) enum Tls {}

impl Certificates {
    pub(crate) const NONE: Self = Self;

    /// Refuses an address with TLS.
    pub(in crate::store::redis::net) fn tls(
        &self,
        address: &ConnectionAddr,
    ) -> Result<Option<Tls>, InvalidSetting> {
        match address {
            ConnectionAddr::TcpTls { .. } => Err(InvalidSetting::new(
                "server address",
                "one without TLS, or build vimbiso-state with the feature `tls`",
            )),
            _ => Ok(None),
        }
    }
}

impl Tls {
    pub(in crate::store::redis::net) async fn handshake(
        &self,
        _: &str,
        _: TcpStream,
    ) -> Result<TcpStream, Failure> {
        match *self {}
    }
}

pub(in crate::store::redis::net) fn handshake_failure(error: RedisError) -> Failure {
    Failure::greeting(error)
}
