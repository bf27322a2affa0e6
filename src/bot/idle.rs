//! Waiting until nothing is left to do for a user.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Bot;
use super::conversation::Conversation;
use crate::error::Error;
use crate::id::UserId;

const LOOK_EVERY: Duration = Duration::from_millis(20);

impl<C: Conversation> Bot<C> {
    /// Waits until no reply waits for this user and no call is pending, at most for `longest`.
    /// Returns whether that is so. For tests and programs that end: it asks the store every 20 ms.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::bot::{Bot, Inbound};
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
    /// let user = UserId::new("263771234567")?;
    /// for (id, text) in [("wamid.1", "hi"), ("wamid.2", "3")] {
    ///     let message = MessageId::new(id)?;
    ///     bot.handle(Inbound::new(user.clone(), message, text.to_owned())).await?;
    ///     // Prints "What would you like? …" and then "Paid: 300 cents".
    ///     assert!(bot.until_idle(&user, Duration::from_secs(5)).await?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store failed.
    pub async fn until_idle(&self, user: &UserId, longest: Duration) -> Result<bool, Error> {
        let end = Instant::now() + longest;
        loop {
            let deadline = self.inner.manager.deadline();
            let outbox = self.inner.outbox()?.read(user, deadline).await?;
            if outbox.replies.is_empty() && outbox.call.is_none() {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            // Not notified: another process may do the work.
            sleep(LOOK_EVERY).await;
        }
    }
}
