//! Which message is being handled.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::SystemTime;

/// The id that a channel gave to a message. It is the same at every delivery of that message.
///
/// The user and the message id together make a [`CommitId`](crate::CommitId), by which a second
/// delivery is recognised. A message that leads to several commits has one [`step`](Self::step) for
/// each.
///
/// Two ids are equal if they name the same message at the same step. The time of
/// [sending](Self::sent_at) does not count.
///
/// Invariant: 1 to 256 bytes without control characters. A WhatsApp id holds the number of the
/// sender in base64, so `Debug` shows nothing of the id.
///
/// # Examples
/// ```
/// use vimbiso_state::MessageId;
///
/// let message = MessageId::new("wamid.HBgMMjYzNzcxMjM0NTY3")?;
/// assert_ne!(message, message.step("paid"));
/// assert!(MessageId::new("").is_err());
/// # Ok::<(), vimbiso_state::id::InvalidMessageId>(())
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
    /// [`InvalidMessageId`] if the id is empty, longer than [`MAX_LEN`](Self::MAX_LEN), or holds a
    /// control character.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MessageId;
    ///
    /// assert!(MessageId::new("wamid.1").is_ok());
    /// let error = MessageId::new("two\nlines").unwrap_err();
    /// assert_eq!(error.to_string(), "invalid message id: remove the control character at byte 3");
    /// ```
    pub fn new(id: impl AsRef<str>) -> Result<Self, InvalidMessageId> {
        let id = id.as_ref();
        if id.is_empty() || id.len() > Self::MAX_LEN {
            return Err(InvalidMessageId::Length { bytes: id.len() });
        }
        // Ids are written to logs on request, where a control character could forge a line.
        match id.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, _)) => Err(InvalidMessageId::Control { at }),
            None => Ok(Self {
                id: id.into(),
                steps: Vec::new(),
                sent_at: None,
            }),
        }
    }

    /// The same message at a further step of its handling. Each step is committed once.
    ///
    /// The first turn of a message has no step. A second turn, which records the answer of an API
    /// for example, takes a step. Steps nest: `step("a").step("b")` is a step within `step("a")`.
    /// The empty name is a name like any other.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MessageId;
    ///
    /// let message = MessageId::new("wamid.1")?;
    /// let paid = message.step("paid");
    /// assert_ne!(paid, message);
    /// assert_eq!(paid, message.step("paid"));
    /// # Ok::<(), vimbiso_state::id::InvalidMessageId>(())
    /// ```
    #[must_use]
    pub fn step(&self, name: &str) -> Self {
        let mut further = self.clone();
        // Appended, not replaced, so that steps nest.
        further.steps.push(name.into());
        further
    }

    /// Adds when the user sent the message.
    ///
    /// A message that is older than the retention of the store is then refused with
    /// [`Error::Stale`](crate::Error::Stale), because the store cannot say any more whether it was
    /// handled before.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use vimbiso_state::MessageId;
    ///
    /// let timestamp = Duration::from_secs(1_767_225_600); // from the webhook
    /// let message = MessageId::new("wamid.1")?.sent_at(UNIX_EPOCH + timestamp);
    /// # let _ = message;
    /// # Ok::<(), vimbiso_state::id::InvalidMessageId>(())
    /// ```
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
        // Without the time: a redelivery may carry another one.
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

/// Why a text is not a [`MessageId`]. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMessageId {
    /// The text is empty or longer than [`MessageId::MAX_LEN`].
    #[error("invalid message id of {bytes} bytes: use 1 to {}", MessageId::MAX_LEN)]
    Length {
        /// The length of the text.
        bytes: usize,
    },
    /// The text holds a control character.
    #[error("invalid message id: remove the control character at byte {at}")]
    Control {
        /// The byte at which the first one begins.
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
    fn invalid_message_id_is_refused() {
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
