//! What an address of a server must say, whether it is a URL or handed in as the client's own type.

use std::net::IpAddr;

use redis::{ConnectionAddr, ConnectionInfo};

/// A setting that is outside its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidSetting {
    pub(crate) what: &'static str,
    pub(crate) allowed: &'static str,
}

impl InvalidSetting {
    pub(super) const fn new(what: &'static str, allowed: &'static str) -> Self {
        Self { what, allowed }
    }
}

pub(super) const HOST: InvalidSetting = InvalidSetting::new(
    "host in the server URL",
    "one host name of A–Z a–z 0–9 . - _, or an address that is not 0.0.0.0 or ::; IPv6 addresses \
     are in brackets, without a zone, and connect_cluster takes a URL for each node",
);
pub(super) const LOGIN: InvalidSetting = InvalidSetting::new(
    "user or password in the server URL",
    "user:password@host, or :password@host for the user `default`: without a password the client \
     would not log in as that user (if the user needs none, write any)",
);
pub(super) const DATABASE: InvalidSetting = InvalidSetting::new(
    "database in the server URL",
    "a number from 0 to 2147483647 without leading zeros: /3 after the host, or ?db=3 for a \
     socket; `/` in a password is %2F",
);
const ZERO_PORT: InvalidSetting =
    InvalidSetting::new("port in the server URL", "a port from 1 to 65535");

/// The server, if the client would connect to it as it says: a user without a password, for one,
/// would not be logged in.
pub(crate) fn checked(server: ConnectionInfo) -> Result<ConnectionInfo, InvalidSetting> {
    let redis = server.redis_settings();
    if redis.username().is_some() && redis.password().is_none() {
        return Err(LOGIN);
    }
    if !(0..=i64::from(i32::MAX)).contains(&redis.db()) {
        return Err(DATABASE);
    }
    match server.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            // Such an address is one to listen on. A client that connects to it reaches itself.
            let address = host.parse::<IpAddr>();
            if host.is_empty() || address.is_ok_and(|address| address.is_unspecified()) {
                return Err(HOST);
            }
            if *port == 0 {
                return Err(ZERO_PORT);
            }
        }
        _ => {}
    }
    Ok(server)
}

/// Whether this is an IP address or can be the name of one host.
pub(super) fn is_host(host: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_name = (1..=MAX_HOST).contains(&host.len()) && host.bytes().all(is_allowed);
    is_name || host.parse::<IpAddr>().is_ok()
}

/// The longest name that DNS knows.
const MAX_HOST: usize = 253;

/// The server at this address, reached like the one that named it. A node that does not know how
/// another one is reached (`cluster-preferred-endpoint-type`) names `:port` or `?:port`: it is on
/// the same host.
pub(super) fn announced(from: &ConnectionInfo, address: &str) -> Option<ConnectionInfo> {
    let (host, port) = address.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    // Redis writes IPv6 addresses without brackets, some providers with them.
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = in_brackets.unwrap_or(host);
    let mut addr = from.addr().clone();
    match &mut addr {
        ConnectionAddr::Tcp(to, at)
        | ConnectionAddr::TcpTls {
            host: to, port: at, ..
        } => {
            *at = port;
            match host {
                "" | "?" => {}
                host if is_host(host) => host.clone_into(to),
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(from.clone().set_addr(addr))
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo;

    use super::*;

    #[test]
    fn another_node_is_reached_like_the_one_that_named_it() {
        let from = "redis://bot:s3cret@first:7000"
            .into_connection_info()
            .unwrap();
        for (address, expected) in [
            ("second:7001", "second:7001"),
            (":7002", "first:7002"),
            ("?:7002", "first:7002"),
            ("::1:7003", "::1:7003"),
            ("[::1]:7004", "::1:7004"),
        ] {
            let node = announced(&from, address).unwrap();
            assert_eq!(node.addr().to_string(), expected);
            assert_eq!(node.redis_settings().username(), Some("bot"));
            assert_eq!(node.redis_settings().password(), Some("s3cret"));
        }
        let long = format!("{}:7001", "x".repeat(300));
        for invalid in [
            "",
            "second",
            "second:",
            "second:port",
            "second:0",
            "second:65536",
            "??:7001",
            "second/third:7001",
            &long,
        ] {
            assert!(announced(&from, invalid).is_none(), "{invalid}");
        }
        let socket = "unix:///tmp/socket".into_connection_info().unwrap();
        assert!(announced(&socket, "second:7001").is_none());
    }

    #[cfg(feature = "tls")]
    #[test]
    fn another_node_is_reached_over_tls_like_the_first() {
        let from = crate::store::redis::net::at_url("rediss://first:7000").unwrap();
        let node = announced(&from, "second:7001").unwrap();
        let ConnectionAddr::TcpTls {
            host,
            port: 7001,
            insecure: false,
            ..
        } = node.addr()
        else {
            panic!("{:?}", node.addr())
        };
        assert_eq!(host, "second");
    }
}
