//! The URL of a server, as a host gives it.

use redis::{ConnectionInfo, IntoConnectionInfo};

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
        what: "the server's URL",
        allowed,
    }
}
