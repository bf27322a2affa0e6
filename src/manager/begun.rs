//! A turn in the open, for hosts that must await between deciding and committing.

use std::ops::{Deref, DerefMut};

use tracing::Instrument;

use super::StateManager;
use super::ground::Ground;
use super::turn::{Committed, Effort, duplicate, failed, turn_span};
use crate::flow::Flow;
use crate::store::Basis;
use crate::{CommitId, Error, Handled, MessageId, Turn, UserId};

/// A [`Turn`] that was begun in the open and knows how to be committed.
///
/// It does not hold the user's queue: whoever commits first wins, and the other gets [`Error::Conflict`].
#[derive(Debug)]
#[must_use = "a turn takes effect when it is committed"]
pub struct Begun<F: Flow> {
    manager: StateManager<F>,
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
        let (turn, basis) = Ground::found(user, loaded)?.turn(CommitId::random());
        Ok(Begun { manager: self.clone(), turn, basis })
    }
}

impl<F: Flow> Begun<F> {
    /// Commits under the id of this message, so that it takes effect once however often it is delivered.
    ///
    /// # Errors
    /// [`Error::Stale`] for a message sent before the store's memory begins.
    pub fn for_message(mut self, message: &MessageId) -> Result<Self, Error> {
        self.manager.refuse_stale(message)?;
        self.turn.set_commit_id(CommitId::of(self.turn.user_id(), message));
        Ok(self)
    }

    /// Commits what was done to the turn, within a deadline of its own.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the session has changed since; otherwise as [`StateManager::turn`].
    pub async fn commit(self) -> Result<Handled<F, ()>, Error> {
        let Self { manager, turn, basis } = self;
        let user = turn.user_id().clone();
        let span = turn_span(&user, &turn.commit_id());
        let record = turn.to_record()?;
        async {
            let mut effort = Effort::new();
            let committed = manager.commit(turn, record, &basis, &mut effort, manager.deadline()).await;
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
