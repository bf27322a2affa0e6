//! The settings of a Redis store.

use std::time::Duration;

use super::net::Certificates;
use super::store::{RedisStore, Settings};
use super::wire::{KeyLayout, KeyNaming};
use crate::store::DEFAULT_RETENTION;

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
    pub(super) settings: Settings,
    pub(super) certificates: Certificates,
}

impl RedisStore {
    /// The settings of a new store.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::RedisStore;
    ///
    /// let builder = RedisStore::builder().namespace("cafe");
    /// ```
    pub fn builder() -> RedisStoreBuilder {
        RedisStoreBuilder {
            settings: Settings {
                naming: KeyNaming::default(),
                layout: KeyLayout::default(),
                retention: DEFAULT_RETENTION,
                connect_timeout: Duration::from_secs(1),
                // Short enough to send again before the manager's default deadline, 2 seconds.
                response_timeout: Duration::from_millis(500),
                index_check: Duration::from_secs(60 * 60),
            },
            certificates: Certificates::NONE,
        }
    }
}

impl RedisStoreBuilder {
    /// Sets what every key begins with, before a colon: `cafe:263771234567_stage`.
    ///
    /// Default: nothing, which is logged as a warning. Allowed: 1 to 64 of `A–Z a–z 0–9 _ : . -`,
    /// such as `bot:prod` for the ACL `~bot:prod:*`. Users in two namespaces never share a key.
    ///
    /// Give each bot a namespace of its own, and each environment: sessions of staging and
    /// production belong to the same [flow](crate::Flow::NAME), so nothing else keeps them apart.
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

    /// Sets how often the index of the users for whom something is due is compared with their
    /// outboxes: who is missing, because a part of the index was lost, is put back.
    ///
    /// Default: 1 hour. Allowed: 1 second to 1 day. One of the processes that
    /// [work](crate::bot::Bot::work) does it, in small steps: a `SCAN` of about 1,024 keys with
    /// each [poll](crate::bot::BotBuilder::poll), four times a second at most, and a look at each
    /// outbox among them. So 3.6 million keys take an hour by default; if it takes longer than the
    /// interval, another process may begin as well. It needs the right `+scan`, and on a cluster
    /// `+cluster|slots`; without them it warns once. The first time is a twelfth of the interval
    /// after the start.
    ///
    /// # Examples
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// use std::time::Duration;
    ///
    /// // Replies that a failover made the index forget are sent within minutes.
    /// let builder = RedisStore::builder().index_check(Duration::from_secs(5 * 60));
    /// ```
    pub fn index_check(mut self, interval: Duration) -> Self {
        self.settings.index_check = interval;
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
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// // In real life the content of a file: std::fs::read("/etc/bot/ca.crt")?
    /// let pem = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n";
    /// let builder = RedisStore::builder().root_certificates(pem);
    /// ```
    ///
    /// # Errors
    /// [`connect`](Self::connect) fails with [`Error::Setting`](crate::Error::Setting) if this is
    /// not PEM, or if the URL is not `rediss://`.
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
    /// ```
    /// # use vimbiso_state::RedisStore;
    /// // In real life the contents of two files: std::fs::read("/etc/bot/bot.crt")? and so on
    /// let chain = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n";
    /// let key = "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n";
    /// let builder = RedisStore::builder().client_certificate(chain, key);
    /// ```
    ///
    /// # Errors
    /// [`connect`](Self::connect) fails with [`Error::Setting`](crate::Error::Setting) if either is
    /// not PEM, if the key is not the key of the first certificate, or if the URL is not
    /// `rediss://`.
    #[cfg(feature = "tls")]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.certificates.set_client(chain.into(), key.into());
        self
    }
}
