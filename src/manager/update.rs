//! Changes of a session outside any message.

use super::StateManager;
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::{CachedUser, SessionStatus};
use crate::turn::{Handled, Step, Turn};

impl<F: Flow> StateManager<F> {
    /// Changes a session outside any message. `label` is written to the log as `update_from`.
    ///
    /// A live session is committed, and so prolonged, also if the closure changes nothing. If no
    /// session is live, a closure that changes the stage, the option, the direction, the open
    /// question or the data begins one, as a message does. One that changes nothing writes nothing:
    /// the user's next message still finds [`SessionStatus::Expired`].
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{MemoryStore, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let updated = manager
    ///     .update_state(&user, "loyalty_job", |turn| {
    ///         turn.data_mut().drinks.push("a free coffee".to_owned());
    ///         Ok(())
    ///     })
    ///     .await?;
    /// assert_eq!(updated.data().drinks.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle).
    pub async fn update_state(
        &self,
        user: &UserId,
        label: &'static str,
        change: impl Fn(&mut Turn<F>) -> Result<(), Error> + Send,
    ) -> Result<CachedUser<F>, Error> {
        let change = move |turn: &mut Turn<F>| {
            turn.label(label);
            // A clone makes a change copy the data, so a live session needs none.
            let is_live = matches!(turn.status(), SessionStatus::Active);
            let found = (!is_live).then(|| turn.user().state().clone());
            change(turn)?;
            // A commit would begin a session, and the next message would not learn that the last
            // one expired, perhaps in the middle of a payment.
            Ok(match found {
                Some(found) if !turn.changes(&found) => Step::Stop(()),
                _ => Step::Commit(()),
            })
        };
        match self.decide(user, CommitId::random(), change).await? {
            Handled::Committed { user, .. }
            | Handled::Stopped { user, .. }
            | Handled::Duplicate { user, .. } => Ok(user),
        }
    }

    /// Starts a conversation over: the start stage, no option, no menu, default data. The token
    /// stays. A session that is new or has expired has nothing to reset: then nothing is written.
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
    /// manager
    ///     .handle(&user, &message, |turn| {
    ///         turn.data_mut().drinks.push("tea".to_owned());
    ///         Ok(Step::Commit(()))
    ///     })
    ///     .await?;
    /// let user = manager.reset_state(&user).await?;
    /// assert!(user.data().drinks.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle).
    pub async fn reset_state(&self, user: &UserId) -> Result<CachedUser<F>, Error> {
        let reset = |turn: &mut Turn<F>| {
            turn.reset();
            Ok(())
        };
        self.update_state(user, "reset_state", reset).await
    }
}
