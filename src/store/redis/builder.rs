//! The settings of a Redis store, and how it connects.

use std::sync::Arc;
use std::time::Duration;

use redis::IntoConnectionInfo;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use super::net::{
    Certificates, Cluster, Connection, Endpoints, InvalidSetting, invalid_url, parse_url,
};
use super::wire::{KeyLayout, KeyNaming, is_namespace};
use super::{RedisStore, Settings, startup_check};
use crate::error::Error;
use crate::store::{DEFAULT_RETENTION, check_retention};

/// The settings of a [`RedisStore`].
///
/// # Examples
/// ```no_run
/// # async fn connect() -> Result<(), vimbiso_state::Error> {
/// use std::time::Duration;
///
/// use vimbiso_state::RedisStore;
///
/// let store = RedisStore::builder()
///     .namespace("cafe")
///     .retention(Duration::from_secs(7 * 24 * 60 * 60))
///     .connect("redis://bot:password@127.0.0.1:6379/0")
///     .await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct RedisStoreBuilder {
    settings: Settings,
    certificates: Certificates,
}

impl RedisStoreBuilder {
    pub(super) fn new() -> Self {
        Self {
            settings: Settings {
                naming: KeyNaming::default(),
                layout: KeyLayout::default(),
                retention: DEFAULT_RETENTION,
                connect_timeout: Duration::from_secs(1),
                response_timeout: Duration::from_millis(500),
            },
            certificates: Certificates::NONE,
        }
    }

    /// Sets what every key begins with, before a colon: `cafe:263771234567_stage`.
    ///
    /// Default: nothing. Allowed: 1 to 64 of `A–Z a–z 0–9 . -`. Give each bot a namespace of its
    /// own if several share a database.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// let builder = RedisStore::builder().namespace("cafe");
    /// ```
    pub fn namespace(mut self, namespace: impl Into<Box<str>>) -> Self {
        self.settings.naming.namespace = Some(namespace.into());
        self
    }

    /// Sets whether the user id is in braces, `{263771234567}_stage`, so that a cluster keeps all
    /// keys of a user on one node.
    ///
    /// Default: no. [`connect_cluster`](Self::connect_cluster) switches it on. Sessions that were
    /// written the other way are not found.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// // A single server today, whose keys are to move to a cluster later.
    /// let builder = RedisStore::builder().braces(true);
    /// ```
    pub fn braces(mut self, braces: bool) -> Self {
        self.settings.naming.braces = braces;
        self
    }

    /// Sets under which keys a session is kept.
    ///
    /// Default: [`KeyLayout::FiveKeys`]. All processes on one namespace need the same layout.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// use vimbiso_state::store::KeyLayout;
    ///
    /// let builder = RedisStore::builder().layout(KeyLayout::OneKey);
    /// ```
    pub fn layout(mut self, layout: KeyLayout) -> Self {
        self.settings.layout = layout;
        self
    }

    /// Sets for how long commit ids and the tombstones of expired sessions are kept at least.
    ///
    /// Default: 24 hours. Allowed: 10 minutes to 7 days. All processes on the same keys need the
    /// same retention. Changing it does not affect entries already written.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// use std::time::Duration;
    ///
    /// // For a channel that delivers a message again for up to a week.
    /// let builder = RedisStore::builder().retention(Duration::from_secs(7 * 24 * 60 * 60));
    /// ```
    pub fn retention(mut self, retention: Duration) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Sets how long one attempt to connect may take.
    ///
    /// Default: 1 second. Allowed: 10 milliseconds to 1 minute.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// use std::time::Duration;
    ///
    /// let builder = RedisStore::builder().connect_timeout(Duration::from_millis(300));
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sets how long a connection with pending requests may stay silent before it is replaced and
    /// the requests are sent again.
    ///
    /// Default: 500 milliseconds. Allowed: 10 milliseconds to 1 minute. A reply to any request
    /// counts, so a server that is slow but answers is waited for. How long a call takes at most
    /// is the deadline of the [manager](crate::manager::StateManagerBuilder::deadline).
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// use std::time::Duration;
    ///
    /// let builder = RedisStore::builder().response_timeout(Duration::from_millis(200));
    /// ```
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.response_timeout = timeout;
        self
    }

    /// Sets the roots that may vouch for the server, with the feature `tls`: one certificate or
    /// more, in PEM.
    ///
    /// Default: the roots of the system. Once set, the system's roots are not trusted, though they
    /// are still read. The server's certificate must be signed by one of these roots, match the
    /// host in the URL and be within its validity period; this check cannot be switched off.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let store = RedisStore::builder()
    ///     .root_certificates(std::fs::read("/etc/bot/ca.crt")?)
    ///     .connect("rediss://redis.internal:6379")
    ///     .await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`connect`](Self::connect) fails with [`Error::Setting`] if this is not PEM, or if the URL
    /// is not `rediss://`.
    #[cfg(feature = "tls")]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.set_roots(pem.into());
        self
    }

    /// Sets what this client shows to a server that asks for a certificate (mTLS), with the feature
    /// `tls`: the chain of certificates, the client's own first, and its key, in PEM.
    ///
    /// Default: none. Neither is in any `Debug` text.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let chain = std::fs::read("/etc/bot/bot.crt")?;
    /// let key = std::fs::read("/etc/bot/bot.key")?;
    /// let store = RedisStore::builder()
    ///     .client_certificate(chain, key)
    ///     .connect("rediss://redis.internal:6379")
    ///     .await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`connect`](Self::connect) fails with [`Error::Setting`] if either is not PEM, if the key is
    /// not the key of the first certificate, or if the URL is not `rediss://`.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.certificates.set_client(chain.into(), key.into());
        self
    }

    /// Connects to one server and checks it.
    ///
    /// The server is a URL, `redis://[user[:password]@]host[:port][/database]` or `unix:///path`,
    /// or anything else that makes a [`redis::ConnectionInfo`]. A database other than 0 needs the
    /// right to run `SELECT`. Connecting is tried again until twice the
    /// [connect timeout](Self::connect_timeout) is over.
    ///
    /// The check: the server is 6.2 or later, and the user may run every command that the store
    /// ever runs. It logs a warning if the eviction policy is not `noeviction`, or cannot be read
    /// because the user may not run `INFO`. It leaves nothing behind.
    ///
    /// With the feature `tls`, `rediss://` speaks TLS 1.3 or 1.2, and only to a server whose
    /// certificate is trusted. If no rustls `CryptoProvider` is installed, *ring* becomes the
    /// provider of the process; to use another one, install it before.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), vimbiso_state::Error> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let store = RedisStore::builder().connect("redis://127.0.0.1:6379").await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// * [`Error::Setting`] if a setting or the URL is not valid
    /// * [`Error::Store`] if the server cannot be reached (`Unavailable`), if it refuses the user
    ///   or the client certificate (`Denied`), or if it is too old or not trusted
    ///   (`Misconfigured`)
    pub async fn connect(self, server: impl IntoConnectionInfo) -> Result<RedisStore, Error> {
        let connection = self.connection(server)?;
        let endpoints = Endpoints::single(connection, self.settings.response_timeout);
        self.check(endpoints).await
    }

    /// Connects to a cluster by one or more of its nodes, and checks the first node that answers.
    ///
    /// The other nodes are found by asking, and reached with the user, the password and the
    /// settings of the node that named them. User ids are in [braces](Self::braces), so that one
    /// node has all keys of a user. A replica that takes over is found. While a slot is moving to
    /// another node, calls for its users wait, and fail as
    /// [`Unavailable`](crate::StoreError::Unavailable) at their deadline.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), vimbiso_state::Error> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let nodes = ["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"];
    /// let store = RedisStore::builder().connect_cluster(nodes).await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect); [`Error::Setting`] if no node is given.
    pub async fn connect_cluster<N: IntoConnectionInfo>(
        self,
        nodes: impl IntoIterator<Item = N>,
    ) -> Result<RedisStore, Error> {
        let builder = self.braces(true);
        let mut nodes = nodes.into_iter().map(|node| builder.connection(node));
        let first = nodes.next().ok_or(Error::Setting {
            what: "the list of the cluster's nodes",
            allowed: "one or more",
        })??;
        let mut cluster = Cluster::new(first, builder.settings.connect_timeout);
        for node in nodes {
            cluster = cluster.with(node?);
        }
        let endpoints = Endpoints::cluster(cluster, builder.settings.response_timeout);
        builder.check(endpoints).await
    }

    /// Uses a connection that exists, after the same check.
    ///
    /// If the connection is lost, it is not made again: from then on every call fails as
    /// [`Unavailable`](crate::StoreError::Unavailable).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect(client: redis::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let connection = client.get_multiplexed_async_connection().await?;
    /// let store = RedisStore::builder().connect_over(connection).await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    pub async fn connect_over(
        self,
        connection: MultiplexedConnection,
    ) -> Result<RedisStore, Error> {
        let connection = Connection::over(connection);
        let endpoints = Endpoints::single(connection, self.settings.response_timeout);
        self.check(endpoints).await
    }

    fn connection(&self, server: impl IntoConnectionInfo) -> Result<Connection, InvalidSetting> {
        let server = self.certificates.apply(parse_url(server)?)?;
        Connection::new(server, self.settings.connect_timeout).map_err(|_| invalid_url())
    }

    async fn check(self, endpoints: Endpoints) -> Result<RedisStore, Error> {
        let settings = self.settings;
        settings.check()?;
        let deadline = Instant::now() + settings.connect_timeout * 2;
        let store = RedisStore {
            endpoints: Arc::new(endpoints),
            layout: settings.layout.layout(),
            settings,
        };
        startup_check::check(&store, deadline).await?;
        Ok(store)
    }
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        check_retention(self.retention)?;
        let namespace = self.naming.namespace.as_deref();
        if namespace.is_some_and(|namespace| !is_namespace(namespace)) {
            return Err(Error::Setting {
                what: "the namespace",
                allowed: "1 to 64 of A–Z a–z 0–9 . -",
            });
        }
        let timeouts = Duration::from_millis(10)..=Duration::from_secs(60);
        for (what, timeout) in [
            ("the connect timeout", self.connect_timeout),
            ("the response timeout", self.response_timeout),
        ] {
            if !timeouts.contains(&timeout) {
                return Err(Error::Setting {
                    what,
                    allowed: "10 ms to 1 minute",
                });
            }
        }
        Ok(())
    }
}

impl From<InvalidSetting> for Error {
    fn from(InvalidSetting { what, allowed }: InvalidSetting) -> Self {
        Self::Setting { what, allowed }
    }
}
