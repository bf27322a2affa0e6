//! The manager: load, decide, commit, reply.

mod begun;
mod builder;
mod ground;
mod guess;
mod token;
mod turn;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use begun::Begun;
pub use builder::StateManagerBuilder;
pub use guess::GuessCounts;
use guess::Guesses;

use crate::flow::Flow;
use crate::queue::Queues;
use crate::refresh::{self, Tokens};
use crate::store::{Resolution, StateStore};
use crate::{CachedUser, CommitId, Error, StateUpdate, UserId};

/// Handles the messages of a conversation: each moves it by legal steps, exactly once, on its newest state, or changes
/// nothing and says why.
///
/// Cheap to clone; one manager serves any number of tasks. Several processes may work on one store.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::vimbisopay::{StateManager, TIER_1};
/// use vimbiso_state::{MemoryStore, MessageId, UserId};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
/// # runtime.block_on(async {
/// let manager = StateManager::new(MemoryStore::new());
/// let (user, message) = (UserId::new("263771234567")?, MessageId::new("wamid.1")?);
///
/// let handled = manager
///     .turn(&user, &message, |turn| {
///         turn.show(&TIER_1);
///         turn.remember_reply(&TIER_1.to_string())?;
///         Ok(TIER_1.to_string())
///     })
///     .await?;
/// assert_eq!(handled.into_output()?, Some(TIER_1.to_string()));
///
/// // The same message again: nothing changes, and the same reply comes back.
/// let again = manager.turn(&user, &message, |_| Ok("never".to_owned())).await?;
/// assert!(again.is_duplicate());
/// assert_eq!(again.into_output()?, Some(TIER_1.to_string()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// # }
/// ```
pub struct StateManager<F: Flow> {
    inner: Arc<Inner<F>>,
}

struct Inner<F: Flow> {
    store: Arc<dyn StateStore>,
    queues: Queues,
    guesses: Guesses<F>,
    tokens: Arc<Tokens>,
    ttl: Duration,
    lifetime: Duration,
    deadline: Duration,
}

/// Shows the settings, and for how many users something is under way; no session, and nobody's id.
impl<F: Flow> fmt::Debug for StateManager<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            queues,
            tokens,
            ttl,
            lifetime,
            deadline,
            ..
        } = &*self.inner;
        let mut shown = f.debug_struct("StateManager");
        shown
            .field("ttl", ttl)
            .field("lifetime", lifetime)
            .field("deadline", deadline);
        shown
            .field("in_a_turn", &queues.len())
            .field("with_a_token", &tokens.busy())
            .finish_non_exhaustive()
    }
}

impl<F: Flow> StateManager<F> {
    /// A manager with the default settings: sessions of 300 s that slide, of 12 h at most; 2 s a call.
    pub fn new(store: impl StateStore + 'static) -> Self {
        StateManagerBuilder::new(store).finish()
    }

    /// A manager with settings of its own.
    pub fn builder(store: impl StateStore + 'static) -> StateManagerBuilder<F> {
        StateManagerBuilder::new(store)
    }

    /// Reads a user: the session and the token, as they are now. Changes nothing and slides nothing.
    ///
    /// # Errors
    /// [`Error::NewerFormat`] for a session of a later release, [`Error::Store`] where the store cannot say.
    pub async fn user(&self, user: &UserId) -> Result<CachedUser<F>, Error> {
        let loaded = self.inner.store.load(user, None, self.deadline()).await?;
        let mut found = ground::open(user, &loaded.session)?;
        found.state.jwt_token = loaded.token.and_then(|token| refresh::read(user, &token));
        Ok(found)
    }

    /// Changes a session outside any message: the specification's `update_state`.
    ///
    /// # Errors
    /// As [`turn`](Self::turn); [`Error::Refused`] where the table does not lead to the stage.
    pub async fn update_state(
        &self,
        user: &UserId,
        update: StateUpdate<F>,
    ) -> Result<CachedUser<F>, Error> {
        self.change(user, |turn| Ok(update.apply(turn)?)).await
    }

    /// Starts a conversation over: the start stage, no option, an empty state. The token stays.
    ///
    /// # Errors
    /// As [`turn`](Self::turn).
    pub async fn reset_state(&self, user: &UserId) -> Result<CachedUser<F>, Error> {
        self.change(user, |turn| {
            turn.reset();
            Ok(())
        })
        .await
    }

    /// Says for good whether a commit was applied, after [`StoreError::Unknown`](crate::StoreError::Unknown). If it was not,
    /// it never will be.
    ///
    /// # Errors
    /// [`Error::Store`] where the store cannot say yet.
    pub async fn resolve(&self, user: &UserId, commit_id: &CommitId) -> Result<Resolution, Error> {
        Ok(self
            .inner
            .store
            .resolve(user, commit_id, self.deadline())
            .await?)
    }

    /// Removes everything of the user. A message delivered again after that takes effect again, and so may a first message whose
    /// commit was slow and sent twice. What is written once this has succeeded stays.
    ///
    /// # Errors
    /// [`Error::Store`] where the store cannot be reached, or its answer was lost: it may have been carried out, or, where the
    /// network still holds it, may be yet, and then takes what was written meanwhile too. Ask again, and let the user write after
    /// that.
    pub async fn forget(&self, user: &UserId) -> Result<(), Error> {
        self.inner.guesses.drop(user);
        let forget = self.inner.store.forget(user, self.deadline());
        Ok(self.inner.tokens.before_refreshes(user, forget).await?)
    }

    /// How often a turn could be decided on what this process remembers.
    #[must_use]
    pub fn guess_counts(&self) -> GuessCounts {
        self.inner.guesses.counts()
    }

    fn deadline(&self) -> Instant {
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
