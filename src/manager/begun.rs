//! A turn in the open, for hosts that must await between deciding and committing.

use std::fmt;
use std::ops::{ControlFlow, Deref, DerefMut};

use tracing::Instrument;

use super::StateManager;
use super::ground::Ground;
use super::turn::{Committed, Effort, duplicate, failed, turn_span};
use crate::flow::Flow;
use crate::store::{Basis, Done, Loaded};
use crate::{CommitId, Error, Handled, MessageId, Turn, UserId};

/// A [`Turn`] that was begun in the open and knows how to be committed.
///
/// It does not hold the user's queue: whoever commits first wins, and the other gets [`Error::Conflict`].
#[must_use = "a turn takes effect when it is committed"]
pub struct Begun<F: Flow> {
    manager: StateManager<F>,
    message: Option<MessageId>,
    commit_id: CommitId,
    turn: Turn<F>,
    basis: Basis,
}

impl<F: Flow> StateManager<F> {
    /// Begins a turn in the open, on the session as it is now.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "vimbisopay")] {
    /// # use vimbiso_state::{MemoryStore, UserId, vimbisopay::StateManager};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    /// # runtime.block_on(async {
    /// let manager = StateManager::new(MemoryStore::new());
    /// let mut turn = manager.begin(&UserId::new("263771234567")?).await?;
    /// turn.state_mut().page_number = 2;
    /// let handled = turn.commit().await?;
    /// assert_eq!(handled.user().state().state().page_number, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::NewerFormat`] for a session of a later release, [`Error::Store`] where the store cannot say.
    pub async fn begin(&self, user: &UserId) -> Result<Begun<F>, Error> {
        let loaded = self.inner.store.load(user, None, self.deadline()).await?;
        self.begun(user, None, CommitId::random(), loaded)
    }

    /// Begins a turn for this message, so that it takes effect once however often it is delivered. A message that has taken
    /// effect before is at its end.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "vimbisopay")] {
    /// # use std::ops::ControlFlow;
    /// # use vimbiso_state::{MemoryStore, MessageId, UserId, vimbisopay::StateManager};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    /// # runtime.block_on(async {
    /// let manager = StateManager::new(MemoryStore::new());
    /// let (user, message) = (UserId::new("263771234567")?, MessageId::new("wamid.1")?);
    /// for delivery in 1..=2 {
    ///     match manager.begin_for(&user, &message).await? {
    ///         ControlFlow::Continue(mut turn) => {
    ///             // Time to await something: turn.commit_id() names what comes of this message.
    ///             turn.remember_reply("Hello!")?;
    ///             assert!(delivery == 1 && !turn.commit().await?.is_duplicate());
    ///         }
    ///         ControlFlow::Break(handled) => assert!(delivery == 2 && handled.is_duplicate()),
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`begin`](Self::begin); [`Error::Stale`] for a message sent before the store's memory begins, and [`Error::Fenced`]
    /// where [`resolve`](Self::resolve) has given it up.
    pub async fn begin_for(
        &self,
        user: &UserId,
        message: &MessageId,
    ) -> Result<ControlFlow<Handled<F, ()>, Begun<F>>, Error> {
        self.refuse_stale(message)?;
        let commit_id = CommitId::of(user, message);
        let mut loaded = self
            .inner
            .store
            .load(user, Some(&commit_id), self.deadline())
            .await?;
        match loaded.done.take() {
            Some(Done::Applied { reply, .. }) => {
                Ok(ControlFlow::Break(duplicate(user, &loaded, reply)?))
            }
            Some(Done::Fenced) => Err(Error::Fenced { commit_id }),
            None => Ok(ControlFlow::Continue(self.begun(
                user,
                Some(message.clone()),
                commit_id,
                loaded,
            )?)),
        }
    }

    fn begun(
        &self,
        user: &UserId,
        message: Option<MessageId>,
        commit_id: CommitId,
        found: Loaded,
    ) -> Result<Begun<F>, Error> {
        let (turn, basis) = Ground::found(user, found)?.turn(commit_id);
        Ok(Begun {
            manager: self.clone(),
            message,
            commit_id,
            turn,
            basis,
        })
    }
}

impl<F: Flow> Begun<F> {
    /// Commits what was done to the turn, within a deadline of its own.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the session has changed since; otherwise as [`StateManager::turn`].
    pub async fn commit(self) -> Result<Handled<F, ()>, Error> {
        let Self {
            manager,
            message,
            commit_id,
            turn,
            basis,
        } = self;
        message
            .iter()
            .try_for_each(|message| manager.refuse_stale(message))?;
        let record = turn.to_record(commit_id)?;
        let user = turn.user_id().clone();
        let span = turn_span(&user, &commit_id);
        async {
            let mut effort = Effort::new();
            let committed = manager
                .commit(turn, record, &basis, &mut effort, manager.deadline())
                .await;
            effort.record();
            match committed? {
                Committed::Applied(user) => Ok(Handled::Committed { user, output: () }),
                Committed::Duplicate { current, reply } => duplicate(&user, &current, reply),
                Committed::Conflict(_) => Err(Error::Conflict),
            }
        }
        .instrument(span)
        .await
        .inspect_err(failed)
    }
}

impl<F: Flow> Deref for Begun<F> {
    type Target = Turn<F>;

    fn deref(&self) -> &Turn<F> {
        &self.turn
    }
}

impl<F: Flow> DerefMut for Begun<F> {
    fn deref_mut(&mut self) -> &mut Turn<F> {
        &mut self.turn
    }
}

impl<F: Flow> fmt::Debug for Begun<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Begun").field(&self.turn).finish()
    }
}
