//! What is connected to: a server's address, who logs in, and how TLS is spoken.

use redis::{ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo};

use super::address::{InvalidSetting, announced};
use super::tls::{Certificates, Tls};

/// A server, as it is reached.
#[derive(Clone)]
pub(crate) struct Target {
    info: ConnectionInfo,
    tls: Option<Tls>,
}

impl Target {
    /// The server at this address, with these certificates if it speaks TLS.
    ///
    /// # Errors
    /// Fails if the certificates are not valid, or do not fit the address.
    pub(crate) fn new(
        info: ConnectionInfo,
        certificates: &Certificates,
    ) -> Result<Self, InvalidSetting> {
        let tls = certificates.tls(info.addr())?;
        Ok(Self { info, tls })
    }

    pub(super) fn address(&self) -> &ConnectionAddr {
        self.info.addr()
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    pub(super) fn database(&self) -> i64 {
        self.info.redis_settings().db()
    }

    /// What the client sends first: all but the database. Its own SELECT would be sent together
    /// with its greeting, and keep half of a refusal.
    pub(super) fn greeting(&self) -> RedisConnectionInfo {
        // Only with RESP3 does the client say at once that the connection was closed.
        let login = self.info.redis_settings().clone();
        let login = login.set_db(0).set_protocol(ProtocolVersion::RESP3);
        if login.lib_name().is_some() {
            return login;
        }
        // The client would send CLIENT SETINFO with its greeting. The documented rights do not
        // include it, and a proxy may hang up at it. The client also reads the replies to all that
        // it sends at first before it looks at one, so a server that says why it hangs up would
        // not be heard.
        login.set_skip_set_lib_name()
    }

    /// The server at the address that this one names, reached like this one.
    pub(super) fn announced(&self, address: &str) -> Option<Self> {
        Some(Self {
            info: announced(&self.info, address)?,
            tls: self.tls.clone(),
        })
    }
}

#[cfg(test)]
impl Target {
    pub(crate) fn at(url: &str) -> Self {
        let info = redis::IntoConnectionInfo::into_connection_info(url).unwrap();
        Self::new(info, &Certificates::NONE).unwrap()
    }
}
