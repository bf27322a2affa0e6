//! Removing a user, and what is not known then.

use super::Bot;
use super::conversation::Conversation;
use super::plan::CallBody;
use crate::error::Error;
use crate::id::UserId;
use crate::store::Removal;

impl<C: Conversation> Bot<C> {
    /// Removes everything of the user, as [`StateManager::delete`](crate::StateManager::delete)
    /// does, and returns the call that was pending: the bot does not tell the user its outcome any
    /// more, so that is up to you.
    ///
    /// A worker that is making the call meanwhile makes it, and its outcome is
    /// [reported](super::Report::LateOutcome). No other call is removed than the one that is
    /// returned, also if a message announces one while this runs.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// use vimbiso_state::bot::Bot;
    /// use vimbiso_state::{MemoryStore, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
    /// let user = UserId::new("263771234567")?;
    /// if let Some(payment) = bot.delete(&user).await? {
    ///     eprintln!("ask the till if {} cents were paid", payment.0);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store failed: the user may be removed, now or later. Repeat until it
    /// succeeds; then the call may have been removed before, and is not returned. [`Error::Host`]
    /// if a pending call cannot be read: then nothing is removed.
    pub async fn delete(&self, user: &UserId) -> Result<Option<C::Call>, Error> {
        let manager = &self.inner.manager;
        loop {
            let outbox = self.inner.outbox()?.read(user, manager.deadline()).await?;
            let pending = outbox.call.as_ref().map(|call| call.key);
            let body = outbox
                .call
                .map(|call| serde_json::from_slice::<CallBody<C::Call>>(&call.body))
                .transpose()
                .map_err(|_| self.unreadable(user))?;
            // Otherwise a call was announced or concluded since it was read.
            if manager.remove(user, Removal::User(pending)).await? {
                return Ok(body.map(|body| body.call));
            }
        }
    }
}
