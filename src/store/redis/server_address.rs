//! How a host says where its server is.

use std::fmt;

use redis::ConnectionInfo;

/// How a Redis server is reached: a URL, or a [`redis::ConnectionInfo`].
///
/// `connect` and `connect_cluster` take anything that turns into one: `&str`, `String`, or a
/// [`redis::ConnectionInfo`] for what no URL says. What a URL may say is in the guide's chapter on
/// [Redis](crate::guide::redis). `Debug` shows nothing of either.
///
/// # Examples
/// ```
/// use vimbiso_state::store::ServerAddress;
///
/// let address = ServerAddress::from("redis://bot:password@127.0.0.1:6379/0");
/// assert_eq!(format!("{address:?}"), "ServerAddress(..)");
/// ```
#[derive(Clone)]
pub struct ServerAddress(pub(super) Form);

#[derive(Clone)]
pub(super) enum Form {
    Url(String),
    Info(Box<ConnectionInfo>),
}

impl From<&str> for ServerAddress {
    fn from(url: &str) -> Self {
        url.to_owned().into()
    }
}

impl From<&String> for ServerAddress {
    fn from(url: &String) -> Self {
        url.clone().into()
    }
}

impl From<String> for ServerAddress {
    fn from(url: String) -> Self {
        Self(Form::Url(url))
    }
}

impl From<ConnectionInfo> for ServerAddress {
    fn from(info: ConnectionInfo) -> Self {
        Self(Form::Info(Box::new(info)))
    }
}

/// Either may hold a password.
impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerAddress(..)")
    }
}
