//! The settings of a Redis store, and how it connects.

use std::sync::Arc;
use std::time::Duration;

use redis::IntoConnectionInfo;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::keys::{Layout, is_namespace};
use super::layout::KeyLayout;
use super::link::Link;
use super::servers::Servers;
use super::tls::{self, Certificates};
use super::{RedisStore, Settings, check};
use crate::error::Error;
use crate::store::{DEFAULT_RETENTION, check_retention};

/// The settings of a [`RedisStore`].
///
/// # Examples
/// ```no_run
/// # async fn connect() -> Result<(), vimbiso_state::Error> {
/// use std::time::Duration;
/// use vimbiso_state::RedisStore;
///
/// let store = RedisStore::builder()
///     .namespace("bank")
///     .retention(Duration::from_secs(7 * 24 * 60 * 60))
///     .connect("redis://bot:password@127.0.0.1:6379/0")
///     .await?;
/// # let _ = store;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct RedisStoreBuilder(Settings, pub(super) Certificates);

impl RedisStoreBuilder {
    pub(super) fn new() -> Self {
        let settings = Settings {
            layout: Layout::default(),
            retention: DEFAULT_RETENTION,
            connect_timeout: Duration::from_secs(1),
            response_timeout: Duration::from_millis(500),
        };
        Self(settings, Certificates::NONE)
    }

    /// What every key begins with, before a colon: `bank:263771234567_stage`. None unless set; 1 to 64 bytes of
    /// `A–Z a–z 0–9 . -`.
    pub fn namespace(mut self, namespace: impl Into<Box<str>>) -> Self {
        self.0.layout.namespace = Some(namespace.into());
        self
    }

    /// Whether the id stands in braces, `{263771234567}_stage`, so that a cluster keeps all keys of a user on one node. No
    /// unless set. Sessions written the other way are not found.
    pub fn braces(mut self, braces: bool) -> Self {
        self.0.layout.braces = braces;
        self
    }

    /// Under which keys a session stands. [`KeyLayout::FiveKeys`] unless set; the same for all who work on one namespace.
    pub fn layout(mut self, layout: KeyLayout) -> Self {
        self.0.layout.keys = layout;
        self
    }

    /// How long commit ids and traces of expired sessions are kept, at least. 24 h unless set; from 10 minutes to 7 days. The
    /// same for all who work on the same keys; where it is changed, what is recorded already is kept as long as it was to be.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.0.retention = retention;
        self
    }

    /// How long one attempt to connect may take. 1 s unless set; from 10 ms to a minute.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.0.connect_timeout = timeout;
        self
    }

    /// How long a connection may bring no answer, to anyone, while one is due: then it is given up, and what was asked is asked
    /// over another one. 500 ms unless set; from 10 ms to a minute. A server that is slow and answers is waited for. How long a
    /// call takes at most is not said here, but by the manager's deadline.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.0.response_timeout = timeout;
        self
    }

    /// Connects, and checks that this server will do: that it is 6.2 or later, and lets this user run every command that the store
    /// ever runs. A server that may evict what is alive, or does not say (`info`), works, and is warned about. Leaves nothing behind.
    ///
    /// The server is a URL, `redis://[user[:password]@]host[:port][/database]` or `unix:///path`, or whatever else makes a
    /// [`redis::ConnectionInfo`]. A database other than 0 takes the right to `select`. Tries again until twice the connect time-out
    /// is over.
    ///
    /// With the feature `tls`, `rediss://` speaks TLS 1.3 or 1.2, by rustls, and only to a server whose certificate is trusted: by the
    /// system's roots, or by those given as `root_certificates`. Where the process has not chosen what rustls computes with, it is
    /// *ring* from now on; a host that wants another installs it before (`CryptoProvider::install_default`).
    ///
    /// # Errors
    /// * [`Error::Setting`] where a setting, or the URL, is malformed
    /// * [`Error::Store`] where the server cannot be reached (`Unavailable`), refuses this user or the client's certificate
    ///   (`Denied`), or will not do or cannot be trusted (`Misconfigured`)
    pub async fn connect(self, server: impl IntoConnectionInfo) -> Result<RedisStore, Error> {
        let link = self.link(server)?;
        self.check(Servers::One(link)).await
    }

    /// Connects to a cluster by one or more of its nodes, with the same checks of the first that answers. The others are found by
    /// asking, and reached with the user, the password and the settings of the one that named them.
    ///
    /// The id of every user stands in [braces](Self::braces), so that one node has all their keys. What is answered by
    /// another node is followed; a node that dies or lags is left for its successor. Until a slot that is moved has arrived, its
    /// users are refused ([unavailable](crate::StoreError::Unavailable) at the deadline).
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and [`Error::Setting`] where no node is given.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), vimbiso_state::Error> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let store = RedisStore::builder().connect_cluster(["redis://10.0.0.1:6379", "redis://10.0.0.2:6379"]).await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_cluster<N: IntoConnectionInfo>(
        self,
        nodes: impl IntoIterator<Item = N>,
    ) -> Result<RedisStore, Error> {
        let builder = self.braces(true);
        let mut nodes = nodes
            .into_iter()
            .map(|node| builder.link(node))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let first = nodes.next().ok_or(Error::Setting {
            what: "the cluster's nodes",
            allowed: "one or more",
        })?;
        let cluster = nodes.fold(
            Cluster::new(first, builder.0.connect_timeout),
            Cluster::with,
        );
        builder.check(Servers::Cluster(cluster)).await
    }

    fn link(&self, server: impl IntoConnectionInfo) -> Result<Link, Error> {
        // The cause is dropped: it may quote the URL, and with it the password.
        let malformed = |_| tls::no_url(tls::URL);
        let server = self
            .1
            .for_server(server.into_connection_info().map_err(malformed)?)?;
        Link::new(server, self.0.connect_timeout).map_err(malformed)
    }

    /// Works over a connection that exists, with the same checks. When it is lost it is not made again, and the store is
    /// [unavailable](crate::StoreError::Unavailable) from then on.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_over(
        self,
        connection: MultiplexedConnection,
    ) -> Result<RedisStore, Error> {
        self.check(Servers::One(Link::over(connection))).await
    }

    async fn check(self, servers: Servers) -> Result<RedisStore, Error> {
        let Self(settings, _) = self;
        check_retention(settings.retention)?;
        if settings
            .layout
            .namespace
            .as_deref()
            .is_some_and(|namespace| !is_namespace(namespace))
        {
            return Err(Error::Setting {
                what: "the namespace",
                allowed: "1 to 64 bytes of A–Z a–z 0–9 . -",
            });
        }
        let timeouts = Duration::from_millis(10)..=Duration::from_secs(60);
        for (what, timeout) in [
            ("the connect time-out", settings.connect_timeout),
            ("the response time-out", settings.response_timeout),
        ] {
            if !timeouts.contains(&timeout) {
                return Err(Error::Setting {
                    what,
                    allowed: "from 10 ms to a minute",
                });
            }
        }
        let deadline = Instant::now() + settings.connect_timeout * 2;
        let store = RedisStore {
            servers: Arc::new(servers),
            settings,
        };
        check::server(&store, deadline).await?;
        Ok(store)
    }
}
