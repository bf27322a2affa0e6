//! The settings of a manager.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::session_cache::SessionCache;
use super::{Inner, StateManager};
use crate::error::Error;
use crate::flow::Flow;
use crate::store::StateStore;
use crate::sync::Queues;
use crate::token::Tokens;

/// The settings of a [`StateManager`]. Each has a default that fits a payments bot.
#[must_use = "a builder does nothing until it is built"]
pub struct StateManagerBuilder<F: Flow> {
    store: Arc<dyn StateStore>,
    ttl: Duration,
    max_lifetime: Duration,
    deadline: Duration,
    session_cache: usize,
    source_timeout: Duration,
    flow: PhantomData<fn() -> F>,
}

/// Shows the settings, and not the store.
impl<F: Flow> fmt::Debug for StateManagerBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ttl,
            max_lifetime,
            deadline,
            session_cache,
            source_timeout,
            ..
        } = self;
        let mut shown = f.debug_struct("StateManagerBuilder");
        shown
            .field("ttl", ttl)
            .field("lifetime", max_lifetime)
            .field("deadline", deadline)
            .field("session_cache", session_cache);
        shown
            .field("source_timeout", source_timeout)
            .finish_non_exhaustive()
    }
}

impl<F: Flow> StateManagerBuilder<F> {
    pub(super) fn new(store: impl StateStore + 'static) -> Self {
        Self {
            store: Arc::new(store),
            ttl: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(12 * 60 * 60),
            deadline: Duration::from_secs(2),
            session_cache: 10_000,
            source_timeout: Duration::from_secs(3),
            flow: PhantomData,
        }
    }

    /// How long a session lives after its last message. 300 s unless set; at least 1 s, at most half the store's retention.
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, ..self }
    }

    /// How long a session lives at most, however busy. 12 h unless set; at least the TTL.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self {
            max_lifetime,
            ..self
        }
    }

    /// How long a turn may take, the wait for its place included, and any other call to the store. 2 s unless set; at least 1 ms,
    /// at most an hour.
    ///
    /// [`start_session`](StateManager::start_session) is two such calls, a [turn in the open](StateManager::begin) one to begin and one to commit, and
    /// [`with_token`](StateManager::with_token) says how long it may take.
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How many sessions this process remembers as it committed them last, to decide a turn on in one round trip. 10,000
    /// unless set; 0 turns it off, and every turn loads first.
    pub fn session_cache(self, session_cache: usize) -> Self {
        Self {
            session_cache,
            ..self
        }
    }

    /// How long a [`TokenSource`](crate::TokenSource) may take to issue a token. 3 s unless set; at least 1 ms, at most a minute.
    ///
    /// A process that dies while it refreshes a token keeps the others from it for no longer than this and two deadlines.
    pub fn source_timeout(self, source_timeout: Duration) -> Self {
        Self {
            source_timeout,
            ..self
        }
    }

    /// The manager.
    ///
    /// # Errors
    /// [`Error::Setting`] where a setting is outside its limits.
    pub fn build(self) -> Result<StateManager<F>, Error> {
        let Self {
            ref store,
            ttl,
            max_lifetime,
            deadline,
            source_timeout,
            ..
        } = self;
        let setting = |what, allowed| Err(Error::Setting { what, allowed });
        if ttl < Duration::from_secs(1) || ttl > store.retention() / 2 {
            return setting("ttl", "from 1 s to half the store's retention");
        }
        if max_lifetime < ttl || max_lifetime > Duration::from_secs(366 * 24 * 60 * 60) {
            return setting("lifetime", "from the ttl to 366 days");
        }
        if deadline < Duration::from_millis(1) || deadline > Duration::from_secs(3600) {
            return setting("deadline", "from 1 ms to an hour");
        }
        if source_timeout < Duration::from_millis(1) || source_timeout > Duration::from_secs(60) {
            return setting("source_timeout", "from 1 ms to a minute");
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
        );
        StateManager {
            inner: Arc::new(Inner {
                queues: Queues::default(),
                session_cache: SessionCache::new(self.session_cache, retention),
                tokens: Arc::new(tokens),
                store: self.store,
                ttl: self.ttl,
                max_lifetime: self.max_lifetime,
                deadline: self.deadline,
            }),
        }
    }
}
