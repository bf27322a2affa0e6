//! The settings of a manager.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::session_cache::SessionCache;
use super::{Inner, StateManager, snapshot};
use crate::error::Error;
use crate::flow::{Flow, check};
use crate::store::StateStore;
use crate::sync::Queues;
use crate::token::Tokens;

/// The settings of a [`StateManager`]. Each has a default that fits a payments bot.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Cafe;
/// use std::time::Duration;
///
/// use vimbiso_state::{MemoryStore, StateManager};
///
/// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
///     .ttl(Duration::from_secs(600))
///     .max_lifetime(Duration::from_secs(3600))
///     .build()?;
/// # Ok::<(), vimbiso_state::Error>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct StateManagerBuilder<F: Flow> {
    store: Arc<dyn StateStore>,
    ttl: Duration,
    max_lifetime: Duration,
    deadline: Duration,
    session_cache_bytes: usize,
    source_timeout: Duration,
    flow: PhantomData<fn() -> F>,
}

/// Shows the settings, not the store.
impl<F: Flow> fmt::Debug for StateManagerBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateManagerBuilder")
            .field("ttl", &self.ttl)
            .field("max_lifetime", &self.max_lifetime)
            .field("deadline", &self.deadline)
            .field("session_cache_bytes", &self.session_cache_bytes)
            .field("source_timeout", &self.source_timeout)
            .finish_non_exhaustive()
    }
}

impl<F: Flow> StateManager<F> {
    /// A manager with the default settings: sessions of 300 s that slide, of 12 h at most; 2 s a
    /// call.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// # let _ = manager;
    /// ```
    pub fn new(store: impl StateStore + 'static) -> Self {
        StateManagerBuilder::new(store).finish()
    }

    /// Sets up a manager with other settings than the defaults.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .ttl(Duration::from_secs(600))
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn builder(store: impl StateStore + 'static) -> StateManagerBuilder<F> {
        StateManagerBuilder::new(store)
    }
}

impl<F: Flow> StateManagerBuilder<F> {
    pub(super) fn new(store: impl StateStore + 'static) -> Self {
        // Here, because no session is stored without a manager.
        const { check::flow_name(F::NAME) };
        Self {
            store: Arc::new(store),
            ttl: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(12 * 60 * 60),
            deadline: Duration::from_secs(2),
            session_cache_bytes: 64 * 1024 * 1024,
            source_timeout: Duration::from_secs(3),
            flow: PhantomData,
        }
    }

    /// How long a session lives after its last message. 300 s by default; at least 1 s, at most
    /// half the store's retention.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .ttl(Duration::from_secs(600))
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// How long a session lives at most, however busy it is. 12 h by default; at least the TTL, at
    /// most 366 days.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .max_lifetime(Duration::from_secs(3600))
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self {
            max_lifetime,
            ..self
        }
    }

    /// How long a turn may take, the wait in the user's queue included, and any other call to the
    /// store. 2 s by default; at least 1 ms, at most an hour.
    ///
    /// Look-ups of [`handle_with_facts`](StateManager::handle_with_facts) do not count.
    /// [`begin`](StateManager::begin) with its commit is two calls,
    /// [`start_session`](StateManager::start_session) four at most, and each call that sets or
    /// clears a token two. [`with_token`](StateManager::with_token) says how long it takes.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .deadline(Duration::from_secs(1))
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How much memory this process spends on sessions as it committed them last, so that the next
    /// turn needs no load. 64 MiB by default, which is about 35,000 sessions of 300 bytes of JSON,
    /// or 1000 of 62 KiB; 0 turns the cache off.
    ///
    /// A session is weighed by its data: the length as JSON, 48 bytes for each value and each name,
    /// and 600 bytes for the rest. The sessions that were not used lately leave first. The cache is
    /// split into several parts, so one session that is larger than its part is not cached.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .session_cache_bytes(256 * 1024 * 1024)
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn session_cache_bytes(self, bytes: usize) -> Self {
        Self {
            session_cache_bytes: bytes,
            ..self
        }
    }

    /// How long a [`TokenSource`](crate::token::TokenSource) may take to issue a token. 3 s by
    /// default; at least 1 ms, at most a minute.
    ///
    /// A process that dies while it refreshes a token keeps others from refreshing it for at most
    /// this long and two deadlines.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let manager = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .source_timeout(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn source_timeout(self, source_timeout: Duration) -> Self {
        Self {
            source_timeout,
            ..self
        }
    }

    /// Builds the manager.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateManager};
    ///
    /// let refused = StateManager::<Cafe>::builder(MemoryStore::new())
    ///     .ttl(Duration::ZERO)
    ///     .build();
    /// assert!(refused.is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] if a setting is outside its limits.
    pub fn build(self) -> Result<StateManager<F>, Error> {
        let setting = |what, allowed| Err(Error::Setting { what, allowed });
        // Half, so that a tombstone outlives its session for at least as long as the session lived.
        if self.ttl < Duration::from_secs(1) || self.ttl > self.store.retention() / 2 {
            return setting("ttl", "1 s to half the store's retention");
        }
        if self.max_lifetime < self.ttl || self.max_lifetime > Duration::from_secs(366 * 86_400) {
            return setting("max_lifetime", "the ttl to 366 days");
        }
        if self.deadline < Duration::from_millis(1) || self.deadline > Duration::from_secs(3600) {
            return setting("deadline", "1 ms to an hour");
        }
        if self.source_timeout < Duration::from_millis(1)
            || self.source_timeout > Duration::from_secs(60)
        {
            return setting("source_timeout", "1 ms to a minute");
        }
        Ok(self.finish())
    }

    /// Builds without a check: the defaults are within the limits of every store.
    pub(super) fn finish(self) -> StateManager<F> {
        let retention = self.store.retention();
        let tokens = Tokens::new(
            Arc::clone(&self.store),
            self.ttl,
            self.deadline,
            self.source_timeout,
            snapshot::check_flow::<F>,
        );
        StateManager {
            inner: Arc::new(Inner {
                queues: Queues::default(),
                session_cache: SessionCache::new(self.session_cache_bytes, retention),
                tokens: Arc::new(tokens),
                store: self.store,
                ttl: self.ttl,
                max_lifetime: self.max_lifetime,
                deadline: self.deadline,
            }),
        }
    }
}
