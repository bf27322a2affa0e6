//! A reply that was stored with its commit.

use std::fmt;

use serde::Serialize;
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

/// What [`Turn::remember_reply`](crate::Turn::remember_reply) can store: any type that serde writes
/// and reads, a `str`, and a slice.
///
/// A reply is read back before it is stored, so its type must be one that can be read. A type that
/// borrows, such as a `Cow<str>` in a struct with a lifetime, cannot; store its owned form.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Cafe;
/// use vimbiso_state::turn::StorableReply;
/// use vimbiso_state::{Error, Step, Turn};
///
/// /// Stores any reply and ends the turn with it.
/// fn answer<R: StorableReply>(turn: &mut Turn<Cafe>, reply: R) -> Result<Step<R>, Error> {
///     turn.remember_reply(&reply)?;
///     Ok(Step::Commit(reply))
/// }
/// # let _ = answer::<String>;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as a reply",
    note = "a reply implements `Serialize` and `DeserializeOwned`, or is a `str` or a slice"
)]
pub trait StorableReply: Serialize {
    /// What it is read back as: the type itself, `String` for a `str`, `Vec<T>` for a `[T]`.
    type ReadAs: Serialize + DeserializeOwned;
}

impl<T: Serialize + DeserializeOwned> StorableReply for T {
    type ReadAs = T;
}

impl StorableReply for str {
    type ReadAs = String;
}

impl<T: Serialize + DeserializeOwned> StorableReply for [T] {
    type ReadAs = Vec<T>;
}

impl fmt::Debug for StoredReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredReply({} bytes)", self.0.len())
    }
}
