//! A reply that was stored with its commit.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::Error;

/// A reply that was stored with a commit: JSON of at most 16 KiB. `Debug` shows its length alone.
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
///         turn.remember_reply("Thank you!")?;
///         Ok(Step::Commit(()))
///     })
///     .await?;
///
/// let reply = manager.stored_reply(&user, &message).await?;
/// let text = reply.map(|reply| reply.read::<String>()).transpose()?;
/// assert_eq!(text.as_deref(), Some("Thank you!"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoredReply(Box<[u8]>);

impl StoredReply {
    pub(crate) fn new(json: Box<[u8]>) -> Self {
        Self(json)
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.0
    }

    /// Reads the reply back.
    ///
    /// # Errors
    /// [`Error::Reply`] if it is not of this type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        // The cause is dropped on purpose: serde's message may quote the reply.
        serde_json::from_slice(&self.0).map_err(|_| Error::Reply)
    }
}

impl fmt::Debug for StoredReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredReply({} bytes)", self.0.len())
    }
}
