//! How a Redis store connects, and the limits of its settings.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

use super::builder::RedisStoreBuilder;
use super::hints::Hints;
use super::index_check::IndexCheck;
use super::net::{Cluster, Connection, Endpoints, InvalidSetting, Target, at_url, checked};
use super::server_address::{Form, ServerAddress};
use super::startup_check;
use super::store::{RedisStore, Settings};
use super::wire::is_namespace;
use crate::error::Error;
use crate::store::{StoreError, check_retention};

const PAUSED_CLOCK: &str = "tokio's clock is paused (`start_paused`), so every timeout is over at \
                            once: use a running clock with a real server";

impl RedisStore {
    /// Connects to one server with the default settings; see [`RedisStoreBuilder::connect`].
    ///
    /// # Examples
    /// ```no_run
    /// # async fn connect() -> Result<(), vimbiso_state::Error> {
    /// use vimbiso_state::RedisStore;
    ///
    /// let store = RedisStore::connect("redis://bot:password@127.0.0.1:6379/0").await?;
    /// # let _ = store;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`RedisStoreBuilder::connect`].
    pub async fn connect(server: impl Into<ServerAddress>) -> Result<Self, Error> {
        Self::builder().connect(server).await
    }
}

impl RedisStoreBuilder {
    /// Connects to one server and checks it.
    ///
    /// The server is a URL, `redis://[[user]:password@]host[:port][/database]` or `unix:///path`,
    /// or a [`redis::ConnectionInfo`]. Every part of a URL is understood or refused: see the
    /// [table](crate::guide::redis#urls). A database other than 0 needs the right to run `SELECT`.
    /// Connecting is tried again until twice the [connect timeout](Self::connect_timeout) is over.
    ///
    /// The check: the server is 6.2 or later, and the user may run every command that sessions and
    /// tokens need. It logs a warning if the user lacks a right that only a
    /// [`Bot`](crate::bot::Bot) needs, whose calls then fail as `Denied`; if the eviction policy is
    /// not `noeviction`; if there is no [namespace](Self::namespace); or if the server does not
    /// answer `INFO`, which the store can do without. It leaves nothing behind.
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
    /// * [`Error::Setting`] if a setting or a part of the URL is not valid; it names the part and
    ///   repeats nothing of the URL
    /// * [`Error::Store`] if the name of the server does not resolve or the server cannot be
    ///   reached (`Unavailable`), if it refuses the user or the client certificate (`Denied`), or
    ///   if it is too old, speaks no RESP3 or is not trusted, or tokio's clock is paused
    ///   (`Misconfigured`)
    pub async fn connect(self, server: impl Into<ServerAddress>) -> Result<RedisStore, Error> {
        let connection = self.connection(server)?;
        let endpoints = Endpoints::single(connection, self.settings.response_timeout);
        self.check(endpoints).await
    }

    /// Connects to a cluster by one or more of its nodes, and checks the first node that answers.
    ///
    /// The other nodes are found by asking, and reached with the user, the password and the
    /// settings of the node that named them; one that is named without a host is on the same host.
    /// User ids are in [braces](Self::braces), so that one node has all keys of a user. A replica
    /// that takes over is found. While a slot is moving to another node, calls for its users wait,
    /// and fail as [`Unavailable`](crate::StoreError::Unavailable) at their deadline.
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
    pub async fn connect_cluster<N: Into<ServerAddress>>(
        self,
        nodes: impl IntoIterator<Item = N>,
    ) -> Result<RedisStore, Error> {
        let builder = self.braces(true);
        let mut nodes = nodes.into_iter().map(|node| builder.connection(node));
        let first = nodes.next().ok_or(Error::Setting {
            what: "cluster nodes",
            allowed: "one or more",
        })??;
        let mut cluster = Cluster::new(first, builder.settings.connect_timeout);
        for node in nodes {
            cluster = cluster.with(node?);
        }
        let endpoints = Endpoints::cluster(cluster, builder.settings.response_timeout);
        builder.check(endpoints).await
    }

    /// Uses a connection that exists, after the same check. It may speak RESP2, for a server or a
    /// proxy without RESP3.
    ///
    /// If the connection is lost, it is not made again: from then on every call fails as
    /// [`Unavailable`](crate::StoreError::Unavailable). It is driven by the runtime on which it was
    /// made, whichever runtime calls.
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

    fn connection(&self, server: impl Into<ServerAddress>) -> Result<Connection, InvalidSetting> {
        let info = match server.into().0 {
            Form::Url(url) => at_url(&url)?,
            Form::Info(info) => checked(*info)?,
        };
        let target = Target::new(info, &self.certificates)?;
        Ok(Connection::new(target, self.settings.connect_timeout))
    }

    async fn check(self, endpoints: Endpoints) -> Result<RedisStore, Error> {
        let settings = self.settings;
        settings.check()?;
        // Room for a second attempt after one that was cut off.
        let started = Instant::now();
        let deadline = started + settings.connect_timeout * 2;
        let on_a_running_clock = std::time::Instant::now();
        let store = RedisStore {
            endpoints: Arc::new(endpoints),
            layout: settings.layout.layout(),
            hints: Arc::new(Hints::new()),
            index_check: Arc::new(IndexCheck::new(settings.index_check)),
            has_outbox_rights: Arc::default(),
            settings,
        };
        match startup_check::check(&store, deadline).await {
            Ok(()) => Ok(store),
            // The two clocks are one, unless a test has paused tokio's.
            Err(StoreError::Unavailable { .. })
                if started.elapsed() > on_a_running_clock.elapsed() * 2 =>
            {
                Err(StoreError::misconfigured(PAUSED_CLOCK).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        check_retention(self.retention)?;
        let namespace = self.naming.namespace.as_deref();
        if namespace.is_some_and(|namespace| !is_namespace(namespace)) {
            return Err(Error::Setting {
                what: "namespace",
                allowed: "1 to 64 of A–Z a–z 0–9 _ : . -",
            });
        }
        let timeouts = Duration::from_millis(10)..=Duration::from_secs(60);
        for (what, timeout) in [
            ("connect timeout", self.connect_timeout),
            ("response timeout", self.response_timeout),
        ] {
            if !timeouts.contains(&timeout) {
                return Err(Error::Setting {
                    what,
                    allowed: "10 ms to 1 minute",
                });
            }
        }
        let checks = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
        if !checks.contains(&self.index_check) {
            return Err(Error::Setting {
                what: "interval of the index check",
                allowed: "1 s to 1 day",
            });
        }
        Ok(())
    }
}

impl From<InvalidSetting> for Error {
    fn from(InvalidSetting { what, allowed }: InvalidSetting) -> Self {
        Self::Setting { what, allowed }
    }
}
