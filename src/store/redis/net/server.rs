//! How a server is reached: the client's settings for it.

use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionInfo, ProtocolVersion, RedisError};

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
    let mut redis = server
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3);
    if redis.lib_name().is_none() {
        // The client would send CLIENT SETINFO with its greeting. The documented rights do not
        // include it, and a proxy may hang up at it. The client also reads the replies to all that
        // it sends at first before it looks at one, so a server that says why it hangs up would
        // not be heard.
        redis = redis.set_skip_set_lib_name();
    }
    Client::open(server.set_tcp_settings(tcp).set_redis_settings(redis))
}
