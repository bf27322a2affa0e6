//! What was stored with a message, and what a bot asks its manager.

use std::time::Duration;

use super::StateManager;
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, MessageId, UserId};
use crate::store::CommitStatus;
use crate::turn::StoredReply;

impl<F: Flow> StateManager<F> {
    /// The reply that a message stored when it took effect, without handling it. `None` if the
    /// message has not taken effect within the retention, or has stored no reply.
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
    /// assert!(manager.stored_reply(&user, &message).await?.is_none());
    /// manager
    ///     .handle(&user, &message, |turn| {
    ///         turn.remember_reply("Coming up.")?;
    ///         Ok(Step::Commit(()))
    ///     })
    ///     .await?;
    /// let reply = manager.stored_reply(&user, &message).await?;
    /// let text = reply.map(|reply| reply.read::<String>()).transpose()?;
    /// assert_eq!(text.as_deref(), Some("Coming up."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store failed.
    pub async fn stored_reply(
        &self,
        user: &UserId,
        message: &MessageId,
    ) -> Result<Option<StoredReply>, Error> {
        self.reply_of(user, &CommitId::of(user, message)).await
    }

    pub(crate) async fn reply_of(
        &self,
        user: &UserId,
        commit_id: &CommitId,
    ) -> Result<Option<StoredReply>, Error> {
        let store = &self.inner.store;
        let loaded = store.load(user, Some(commit_id), self.deadline()).await?;
        Ok(match loaded.commit_status {
            Some(CommitStatus::Applied { reply, .. }) => reply.map(StoredReply::new),
            Some(CommitStatus::Fenced) | None => None,
        })
    }

    pub(crate) fn retention(&self) -> Duration {
        self.inner.store.retention()
    }

    pub(crate) fn ttl(&self) -> Duration {
        self.inner.ttl
    }
}
