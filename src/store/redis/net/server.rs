//! How a server is reached: its URL, as a host gives it, and the client's settings for it.

use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisError};

/// A setting that is outside its limits.
pub(crate) struct InvalidSetting {
    pub(crate) what: &'static str,
    pub(crate) allowed: &'static str,
}

const URL: &str = if cfg!(feature = "tls") {
    "redis[s]://[user[:password]@]host[:port][/database] or unix:///path"
} else {
    "redis://[user[:password]@]host[:port][/database] or unix:///path; \
     rediss:// needs the feature `tls`"
};

/// Reads how a server is reached.
pub(crate) fn parse_url(server: impl IntoConnectionInfo) -> Result<ConnectionInfo, InvalidSetting> {
    // The client's error is dropped: it may quote the URL, and with it the password.
    server.into_connection_info().map_err(|_| invalid_url())
}

pub(crate) const fn invalid_url() -> InvalidSetting {
    allow_url(URL)
}

/// The error that allows only such URLs.
pub(super) const fn allow_url(allowed: &'static str) -> InvalidSetting {
    InvalidSetting {
        what: "server URL",
        allowed,
    }
}

/// A client that notices a lost connection.
pub(super) fn client(server: ConnectionInfo) -> Result<Client, RedisError> {
    // A peer that is gone without a word is noticed after some seconds, by the kernel.
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(
        TcpKeepalive::new()
            .with_time(Duration::from_secs(5))
            .with_interval(Duration::from_secs(1)),
    );
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    // Only with RESP3 does the client say at once that the connection was closed.
    let redis = server
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3);
    Client::open(server.set_tcp_settings(tcp).set_redis_settings(redis))
}
