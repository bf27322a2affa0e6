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

/// An address that no client can be made for.
pub(crate) const INVALID_ADDRESS: InvalidSetting =
    InvalidSetting::new("server address", "one that this system can connect to");
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
