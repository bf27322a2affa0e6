//! The URL of a server. Each part is understood, or refused by its name.
//!
//! No error repeats any of the URL: if a character of a password is not percent-encoded, a piece of
//! the password reads as the host, the port, the database or a parameter.

use std::borrow::Cow;
use std::cell::Cell;

use percent_encoding::percent_decode_str;
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use url::{Host, ParseError, SyntaxViolation, Url};

use super::address::{DATABASE, HOST, InvalidSetting, LOGIN, checked, is_host};

const DEFAULT_PORT: u16 = 6379;

const SCHEME: InvalidSetting = InvalidSetting::new(
    "scheme of the server URL",
    "redis://, rediss:// (TLS), valkey://, valkeys://, unix://, redis+unix:// or valkey+unix://",
);
const SENTINEL: InvalidSetting = InvalidSetting::new(
    "scheme of the server URL",
    "the redis:// URL of the master: Sentinel is not supported",
);
const CLUSTER: InvalidSetting = InvalidSetting::new(
    "scheme of the server URL",
    "connect_cluster with the redis:// URLs of its nodes",
);
const WITHOUT_TLS: InvalidSetting = InvalidSetting::new(
    "scheme of the server URL",
    "redis://, or build vimbiso-state with the feature `tls` for rediss:// and valkeys://",
);
const BROKEN_OFF: InvalidSetting = InvalidSetting::new(
    "server URL",
    "one without tabs and line breaks inside; in a password they are %09, %0A and %0D",
);
const PORT: InvalidSetting = InvalidSetting::new(
    "host or port in the server URL",
    "one host and a port from 1 to 65535; IPv6 addresses are in brackets, connect_cluster takes \
     a URL for each node, and `/ ? # @ : [ ]` in a password are percent-encoded",
);
const ENCODING: InvalidSetting = InvalidSetting::new(
    "user or password in the server URL",
    "percent-encoded UTF-8: two hexadecimal digits after each %, and %25 for % itself",
);
const FRAGMENT: InvalidSetting = InvalidSetting::new(
    "fragment (#) in the server URL",
    "none: a server's certificate is always checked, and `# / ? @` in a password are \
     percent-encoded (# is %23)",
);
const SOCKET: InvalidSetting = InvalidSetting::new(
    "path of the socket in the server URL",
    "unix:///path, with `? #` in the path percent-encoded",
);
const SOCKET_LOGIN: InvalidSetting = InvalidSetting::new(
    "user or password in the server URL",
    "unix:///path?user=…&pass=… for a socket",
);
const PLUS: InvalidSetting = InvalidSetting::new(
    "user or password in the server URL",
    "%2B for +, and %20 for a space: after ? a bare + could mean either",
);
const TWICE: InvalidSetting =
    InvalidSetting::new("parameter in the server URL", "each parameter once");
const OTHER_PROTOCOL: InvalidSetting = InvalidSetting::new(
    "parameter `protocol` in the server URL",
    "3 or none: the store speaks RESP3; a RESP2 connection can be handed to connect_over",
);

/// The server at this URL.
pub(crate) fn at_url(text: &str) -> Result<ConnectionInfo, InvalidSetting> {
    checked(parse(text)?)
}

fn parse(text: &str) -> Result<ConnectionInfo, InvalidSetting> {
    // A secret that was read from a file often ends in a line break.
    let text = text.trim();
    let (scheme, _) = text.split_once("://").ok_or(SCHEME)?;
    let scheme = Scheme::of(&scheme.to_ascii_lowercase())?;
    let violations = Violations::default();
    let note = |violation| violations.note(violation);
    let url = Url::options()
        .syntax_violation_callback(Some(&note))
        .parse(text)
        .map_err(|error| match error {
            ParseError::InvalidPort => PORT,
            _ => HOST,
        })?;
    if violations.ignored.get() {
        return Err(BROKEN_OFF);
    }
    if url.fragment().is_some() {
        return Err(FRAGMENT);
    }
    if violations.percent.get() {
        return Err(ENCODING);
    }
    match scheme {
        Scheme::Unix => socket(&url),
        Scheme::Tcp { tls } => server(&url, tls, violations.credentials.get()),
    }
}

enum Scheme {
    Tcp { tls: bool },
    Unix,
}

impl Scheme {
    fn of(scheme: &str) -> Result<Self, InvalidSetting> {
        match scheme {
            "redis" | "valkey" => Ok(Self::Tcp { tls: false }),
            "rediss" | "valkeys" if cfg!(feature = "tls") => Ok(Self::Tcp { tls: true }),
            "rediss" | "valkeys" => Err(WITHOUT_TLS),
            "unix" | "redis+unix" | "valkey+unix" => Ok(Self::Unix),
            _ if scheme.contains("sentinel") => Err(SENTINEL),
            _ if scheme.contains("cluster") => Err(CLUSTER),
            _ => Err(SCHEME),
        }
    }
}

/// What the parser of URLs would pass over.
#[derive(Default)]
struct Violations {
    /// A tab or line break inside, which it leaves out.
    ignored: Cell<bool>,
    /// A % without two hexadecimal digits.
    percent: Cell<bool>,
    /// An @ after the scheme, even if nothing is before it.
    credentials: Cell<bool>,
}

impl Violations {
    fn note(&self, violation: SyntaxViolation) {
        match violation {
            SyntaxViolation::TabOrNewlineIgnored => self.ignored.set(true),
            SyntaxViolation::PercentDecode => self.percent.set(true),
            SyntaxViolation::EmbeddedCredentials => self.credentials.set(true),
            _ => {}
        }
    }
}

/// `redis://[user]:password@host[:port][/database][?protocol=3]`
fn server(url: &Url, tls: bool, has_login: bool) -> Result<ConnectionInfo, InvalidSetting> {
    let mut redis = RedisConnectionInfo::default();
    // Without a password the client does not log in: it becomes the server's user `default`.
    match url.password() {
        Some(password) => redis = redis.set_password(decoded(password)?),
        None if has_login || !url.username().is_empty() => return Err(LOGIN),
        None => {}
    }
    if !url.username().is_empty() {
        redis = redis.set_username(decoded(url.username())?);
    }
    let host = match url.host().ok_or(HOST)? {
        Host::Domain(name) => name.to_owned(),
        // Without its brackets.
        Host::Ipv6(address) => address.to_string(),
        Host::Ipv4(address) => address.to_string(),
    };
    if !is_host(&host) {
        return Err(HOST);
    }
    let port = url.port().unwrap_or(DEFAULT_PORT);
    match url.path() {
        "" | "/" => {}
        path => redis = redis.set_db(database(path.strip_prefix('/').ok_or(DATABASE)?)?),
    }
    for (n, (name, value)) in parameters(url).enumerate() {
        match name {
            "protocol" if n > 0 => return Err(TWICE),
            "protocol" => protocol(value)?,
            name => return Err(unknown_parameter(name)),
        }
    }
    let address = if tls {
        ConnectionAddr::TcpTls {
            host,
            port,
            insecure: false,
            tls_params: None,
        }
    } else {
        ConnectionAddr::Tcp(host, port)
    };
    connection(address, redis)
}

/// `unix:///path[?db=…&user=…&pass=…&protocol=3]`
fn socket(url: &Url) -> Result<ConnectionInfo, InvalidSetting> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SOCKET_LOGIN);
    }
    if url.host_str().is_some_and(|host| !host.is_empty()) || url.port().is_some() {
        return Err(SOCKET);
    }
    let path = decoded(url.path()).map_err(|_| SOCKET)?;
    let mut redis = RedisConnectionInfo::default();
    let mut names = Vec::new();
    for (name, value) in parameters(url) {
        if names.contains(&name) {
            return Err(TWICE);
        }
        names.push(name);
        match name {
            "db" => redis = redis.set_db(database(value)?),
            "protocol" => protocol(value)?,
            "user" | "pass" if value.contains('+') => return Err(PLUS),
            "user" => redis = redis.set_username(decoded(value)?),
            "pass" => redis = redis.set_password(decoded(value)?),
            name => return Err(unknown_parameter(name)),
        }
    }
    connection(ConnectionAddr::Unix(path.as_ref().into()), redis)
}

/// The parameters as they are written, still encoded.
fn parameters(url: &Url) -> impl Iterator<Item = (&str, &str)> {
    let query = url.query().unwrap_or_default();
    let words = query.split('&').filter(|word| !word.is_empty());
    words.map(|word| word.split_once('=').unwrap_or((word, "")))
}

fn connection(
    address: ConnectionAddr,
    redis: RedisConnectionInfo,
) -> Result<ConnectionInfo, InvalidSetting> {
    let info = address.into_connection_info().map_err(|_| HOST)?;
    Ok(info.set_redis_settings(redis))
}

fn decoded(text: &str) -> Result<Cow<'_, str>, InvalidSetting> {
    percent_decode_str(text).decode_utf8().map_err(|_| ENCODING)
}

/// A number in its one form: no sign, no zeros before it.
fn database(text: &str) -> Result<i64, InvalidSetting> {
    let number: i32 = text.parse().map_err(|_| DATABASE)?;
    if number.to_string() != text {
        return Err(DATABASE);
    }
    Ok(number.into())
}

fn protocol(value: &str) -> Result<(), InvalidSetting> {
    match value {
        "3" | "resp3" => Ok(()),
        _ => Err(OTHER_PROTOCOL),
    }
}

/// A name that is not in this list is not repeated: it may be a piece of a password.
fn unknown_parameter(name: &str) -> InvalidSetting {
    match &*name.to_ascii_lowercase() {
        "db" | "database" => InvalidSetting::new(
            "parameter for the database in the server URL",
            "/number after host and port (a socket takes ?db=number)",
        ),
        "tls" | "ssl" | "secure" => InvalidSetting::new(
            "parameter for TLS in the server URL",
            "the scheme rediss://, with the feature `tls`",
        ),
        "user" | "username" | "pass" | "password" | "auth" => InvalidSetting::new(
            "parameter for user or password in the server URL",
            "user:password@ before the host (a socket takes ?user=…&pass=…)",
        ),
        "timeout" | "connect_timeout" | "socket_timeout" => InvalidSetting::new(
            "parameter for a timeout in the server URL",
            "connect_timeout and response_timeout of the builder",
        ),
        _ => InvalidSetting::new(
            "parameter in the server URL",
            "none but protocol=3, and db, user and pass for a socket; `? & #` in a password are \
             percent-encoded",
        ),
    }
}

#[cfg(test)]
mod tests;
