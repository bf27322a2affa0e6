//! Which message is being handled.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::SystemTime;

/// The id a channel gave to a message, the same at every delivery of that message.
///
/// Together with the user it makes a [`CommitId`], by which a second delivery is known. One message may take several
/// commits, one [`step`](Self::step) each.
///
/// Two are equal if they are the same message at the same step; when it was [sent](Self::sent_at) does not count.
///
/// Guaranteed to be 1 to 256 bytes without control characters. A WhatsApp id holds the sender's number in base64, so
/// `Debug` shows none of it.
///
/// # Examples
/// ```
/// use vimbiso_state::MessageId;
///
/// let message = MessageId::new("wamid.HBgMMjYzNzcxMjM0NTY3")?;
/// assert_ne!(message, message.step("result"));
/// assert!(MessageId::new("").is_err());
/// # Ok::<(), vimbiso_state::InvalidMessageId>(())
/// ```
#[derive(Clone)]
pub struct MessageId {
    pub(super) id: Box<str>,
    pub(super) steps: Vec<Box<str>>,
    sent_at: Option<SystemTime>,
}

impl MessageId {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 256;

    /// Takes the id as the channel gives it.
    ///
    /// # Errors
    /// [`InvalidMessageId`] where it is empty, too long, or holds a control character.
    pub fn new(id: impl AsRef<str>) -> Result<Self, InvalidMessageId> {
        let id = id.as_ref();
        if id.is_empty() || id.len() > Self::MAX_LEN {
            return Err(InvalidMessageId::Length { bytes: id.len() });
        }
        match id.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, _)) => Err(InvalidMessageId::Control { at }),
            None => Ok(Self {
                id: id.into(),
                steps: Vec::new(),
                sent_at: None,
            }),
        }
    }

    /// The same message at a further step of its handling, which commits under an id of its own.
    ///
    /// The first turn of a message has no step; what an API answered is recorded by `message.step("result")`. Steps nest:
    /// `step("a").step("b")` is a step of its own within `step("a")`. An empty name is a name as any other.
    #[must_use]
    pub fn step(&self, name: &str) -> Self {
        let mut further = self.clone();
        further.steps.push(name.into());
        further
    }

    /// Says when the user sent the message, so that one older than the store remembers is refused
    /// ([`Error::Stale`](crate::Error::Stale)) rather than handled a second time.
    #[must_use]
    pub fn sent_at(mut self, when: SystemTime) -> Self {
        self.sent_at = Some(when);
        self
    }

    pub(crate) fn sent(&self) -> Option<SystemTime> {
        self.sent_at
    }
}

impl PartialEq for MessageId {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.steps) == (&other.id, &other.steps)
    }
}

impl Eq for MessageId {}

impl Hash for MessageId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.id, &self.steps).hash(state);
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageId")
            .field("steps", &self.steps)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(id: &str) -> Result<Self, InvalidMessageId> {
        Self::new(id)
    }
}

/// Why a text is no [`MessageId`]. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMessageId {
    /// It is empty or longer than [`MessageId::MAX_LEN`].
    #[error("a message id has {bytes} bytes; it takes 1 to {}", MessageId::MAX_LEN)]
    Length {
        /// Its length.
        bytes: usize,
    },
    /// It holds a control character.
    #[error("a message id holds a control character at byte {at}")]
    Control {
        /// Where the first one stands.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_a_message_id() {
        assert!(!format!("{:?}", MessageId::new("wamid.secret").unwrap()).contains("secret"));
    }

    #[test]
    fn an_invalid_message_id_is_refused() {
        assert_eq!(
            MessageId::new(""),
            Err(InvalidMessageId::Length { bytes: 0 })
        );
        assert_eq!(
            MessageId::new("a".repeat(257)),
            Err(InvalidMessageId::Length { bytes: 257 })
        );
        assert_eq!(
            MessageId::new("a\nb"),
            Err(InvalidMessageId::Control { at: 1 })
        );
    }
}
