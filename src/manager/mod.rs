//! The manager: load, decide, commit, reply.

mod attempt;
mod builder;
mod commit;
mod handle;
mod open_turn;
mod replies;
mod run;
mod session_cache;
mod snapshot;
mod token_calls;
mod update;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use builder::StateManagerBuilder;
pub(crate) use commit::Lanes;
pub use open_turn::{Begin, OpenTurn};
pub(crate) use run::Ran;
pub use session_cache::CacheStats;

use session_cache::SessionCache;

use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::CachedUser;
use crate::store::{CommitStatus, Removal, StateStore};
use crate::sync::Queues;
use crate::token::{Tokens, read_token};

/// Handles the messages of a conversation: each message moves its session by allowed steps, exactly
/// once, on its newest state, or changes nothing and says why.
///
/// Cheap to clone; one manager serves any number of tasks, and several processes may share a store.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS};
/// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let user = UserId::new("263771234567")?;
/// let message = MessageId::new("wamid.1")?;
///
/// for delivery in 1..=2 {
///     let handled = manager
///         .handle(&user, &message, |turn| {
///             turn.show(&DRINKS);
///             turn.remember_reply(&DRINKS.to_string())?;
///             Ok(Step::Commit(DRINKS.to_string()))
///         })
///         .await?;
///     // The second delivery changes nothing, and gets the same reply.
///     assert_eq!(handled.is_duplicate(), delivery == 2);
///     assert_eq!(handled.into_output()?, Some(DRINKS.to_string()));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StateManager<F: Flow> {
    inner: Arc<Inner<F>>,
}

struct Inner<F: Flow> {
    store: Arc<dyn StateStore>,
    queues: Queues,
    session_cache: SessionCache<F>,
    tokens: Arc<Tokens>,
    ttl: Duration,
    max_lifetime: Duration,
    deadline: Duration,
}

/// Shows the settings and counts, no session and no id.
impl<F: Flow> fmt::Debug for StateManager<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        f.debug_struct("StateManager")
            .field("ttl", &inner.ttl)
            .field("max_lifetime", &inner.max_lifetime)
            .field("deadline", &inner.deadline)
            .field("users_in_a_turn", &inner.queues.len())
            .field("users_refreshing_a_token", &inner.tokens.busy())
            .finish_non_exhaustive()
    }
}

impl<F: Flow> StateManager<F> {
    /// Reads a user: the session and the token, as they are now. Changes nothing and prolongs
    /// nothing.
    ///
    /// Costs one round trip for the session, and one for the token if the store keeps tokens.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, SessionStatus, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let found = manager.load(&user).await?;
    /// assert_eq!(found.status(), &SessionStatus::New);
    /// assert_eq!(found.version(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NewerFormat`] if a later release has written the session, [`Error::Store`] if the
    /// store failed or the session belongs to [another flow](Flow::NAME).
    pub async fn load(&self, user: &UserId) -> Result<CachedUser<F>, Error> {
        let deadline = self.deadline();
        let loaded = self.inner.store.load(user, None, deadline).await?;
        let mut found = snapshot::user_of(user, &loaded.session)?;
        if let Some(tokens) = self.inner.store.tokens() {
            let stored = tokens.load_token(user, deadline).await?;
            found.state.jwt_token = stored.and_then(|stored| read_token(user, &stored));
        }
        Ok(found)
    }

    /// Says for good whether a commit was applied, after
    /// [`StoreError::Unknown`](crate::StoreError::Unknown). If it was not, it never will be.
    /// It looks at no session, so it answers for a user of [another flow](Flow::NAME) too.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{CommitId, MemoryStore, MessageId, StateManager, UserId};
    /// use vimbiso_state::store::CommitStatus;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// // It was never applied, so it is fenced: a late copy of it changes nothing.
    /// let status = manager.resolve(&user, &CommitId::of(&user, &message)).await?;
    /// assert_eq!(status, CommitStatus::Fenced);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot say yet.
    pub async fn resolve(
        &self,
        user: &UserId,
        commit_id: &CommitId,
    ) -> Result<CommitStatus, Error> {
        let store = &self.inner.store;
        Ok(store.resolve(user, commit_id, self.deadline()).await?)
    }

    /// Removes everything of the user, also if the session belongs to [another flow](Flow::NAME) or
    /// a later release. A message that is delivered again afterwards takes effect
    /// again. Writes made after this returned are not removed.
    ///
    /// The outbox is removed too: replies that wait are not sent, and a call that is pending is
    /// not made again, nor its outcome told. [`Bot::delete`](crate::bot::Bot::delete) returns that
    /// call.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// manager.handle(&user, &message, |_| Ok(Step::Commit(()))).await?;
    /// manager.delete(&user).await?;
    /// assert_eq!(manager.load(&user).await?.version(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store cannot be reached or its answer was lost: the user may already
    /// be removed, or may still be removed later, together with what was written meanwhile. Repeat
    /// until it succeeds before you handle more messages of this user.
    pub async fn delete(&self, user: &UserId) -> Result<(), Error> {
        // What a turn caches from here on is refused by the store if the delete comes after it.
        self.inner.session_cache.remove(user);
        let delete = self.inner.store.delete(user, self.deadline());
        Ok(self.inner.tokens.override_token(user, delete).await?)
    }

    /// Removes what is kept of a user, and keeps a refresh from putting its token back. Returns
    /// `false` if nothing was removed, because another call is pending.
    pub(crate) async fn remove(&self, user: &UserId, removal: Removal) -> Result<bool, Error> {
        self.inner.session_cache.remove(user);
        let removed = async {
            match self.inner.store.outbox() {
                Some(outbox) => outbox.remove(user, removal, self.deadline()).await,
                None => {
                    self.inner.store.delete(user, self.deadline()).await?;
                    Ok(true)
                }
            }
        };
        Ok(self.inner.tokens.override_token(user, removed).await?)
    }

    /// How often the session cache helped.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// for id in ["wamid.1", "wamid.2"] {
    ///     let message = MessageId::new(id)?;
    ///     manager.handle(&user, &message, |_| Ok(Step::Commit(()))).await?;
    /// }
    /// let stats = manager.cache_stats();
    /// assert_eq!(stats.misses, 1); // the first message loads
    /// assert_eq!(stats.hits, 1); // the second does not
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.inner.session_cache.stats()
    }

    /// When a call to the store that begins now must return.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.inner.deadline
    }
}

impl<F: Flow> Clone for StateManager<F> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}
