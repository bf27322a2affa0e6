//! A turn for hosts that must await between reading and committing.

use std::fmt;
use std::ops::{Deref, DerefMut};

use tracing::Instrument;

use super::StateManager;
use super::attempt::{self, Attempt, Effort};
use super::commit::{Committed, Found};
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, MessageId, UserId};
use crate::session::CachedUser;
use crate::store::SessionWrite;
use crate::turn::{Handled, StoredReply, Turn};

/// A [`Turn`] that waits for its [`commit`](Self::commit). Made by [`StateManager::begin`].
///
/// It does not hold the user's queue: the first commit wins, and the other one gets
/// [`Error::Conflict`].
#[must_use = "a turn takes effect when it is committed"]
pub struct OpenTurn<F: Flow> {
    manager: StateManager<F>,
    message: MessageId,
    attempt: Attempt,
    turn: Turn<F>,
}

/// How [`StateManager::begin`] found the message.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // matched where it is returned, so a box would only cost
#[must_use = "a turn takes effect when it is committed"]
pub enum Begin<F: Flow> {
    /// It is new: decide, then commit.
    Turn(OpenTurn<F>),
    /// It had taken effect before.
    Duplicate {
        /// The user, as the session is now.
        user: CachedUser<F>,
        /// The reply that was stored when the message took effect.
        reply: Option<StoredReply>,
    },
}

impl<F: Flow> StateManager<F> {
    /// Begins a turn that the caller commits later. **Do nothing that changes the world before the
    /// commit**: no payment, no message. Another delivery may be at the same point, and only one of
    /// the commits succeeds.
    ///
    /// For a decision that must await something between reading and writing. If it only needs to
    /// look something up, [`handle_with_facts`](Self::handle_with_facts) is simpler: it keeps the
    /// queue and decides again by itself.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::manager::Begin;
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// match manager.begin(&user, &message).await? {
    ///     Begin::Turn(mut turn) => {
    ///         // Await what the decision needs, then decide and commit.
    ///         turn.data_mut().drinks.push("coffee".to_owned());
    ///         let handled = turn.commit().await?;
    ///         assert_eq!(handled.user().data().drinks, ["coffee"]);
    ///     }
    ///     Begin::Duplicate { reply, .. } => println!("answered before: {reply:?}"),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NewerFormat`] if a later release has written the session, [`Error::Stale`] if the
    /// message was sent before the store's memory begins, [`Error::Fenced`] if
    /// [`resolve`](Self::resolve) has given it up, [`Error::Store`] if the store failed.
    pub async fn begin(&self, user: &UserId, message: &MessageId) -> Result<Begin<F>, Error> {
        self.age_of(message)?;
        let commit_id = CommitId::of(user, message);
        let mut effort = Effort::new();
        let found = self
            .load_for(user, commit_id, &mut effort, self.deadline())
            .await?;
        Ok(match found {
            Found::Duplicate(user, reply) => Begin::Duplicate { user, reply },
            Found::Session(snapshot) => {
                let (attempt, turn) = Attempt::begin(snapshot, commit_id);
                Begin::Turn(OpenTurn {
                    manager: self.clone(),
                    message: message.clone(),
                    attempt,
                    turn,
                })
            }
        })
    }
}

impl<F: Flow> OpenTurn<F> {
    /// Commits what was done to the turn, within a deadline of its own.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the session has changed since [`begin`](StateManager::begin),
    /// [`Error::Host`] if the turn was exchanged for another one;
    /// otherwise those of [`StateManager::handle`].
    pub async fn commit(self) -> Result<Handled<F, ()>, Error> {
        let Self {
            manager,
            message,
            attempt,
            mut turn,
        } = self;
        manager.age_of(&message)?;
        let record = attempt.record(&mut turn, SessionWrite::Prolong)?;
        let span = attempt::span(&attempt.user, &attempt.commit_id);
        async {
            let mut effort = Effort::new();
            effort.attempts += 1;
            let deadline = manager.deadline();
            let committed = manager
                .commit(&attempt, turn, record, None, &mut effort, deadline)
                .await;
            effort.finish(committed.and_then(|committed| match committed {
                Committed::Applied(user, _) => Ok(Handled::Committed { user, output: () }),
                Committed::Duplicate(user, reply, _) => Ok(Handled::Duplicate { user, reply }),
                // Only a commit with changes to the outbox is refused.
                Committed::Conflict(_) | Committed::Refused(_) => Err(Error::Conflict),
            }))
        }
        .instrument(span)
        .await
    }
}

impl<F: Flow> Deref for OpenTurn<F> {
    type Target = Turn<F>;

    fn deref(&self) -> &Turn<F> {
        &self.turn
    }
}

impl<F: Flow> DerefMut for OpenTurn<F> {
    fn deref_mut(&mut self) -> &mut Turn<F> {
        &mut self.turn
    }
}

impl<F: Flow> fmt::Debug for OpenTurn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenTurn").field(&self.turn).finish()
    }
}
