//! Which message is being handled.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::claims::LAST_SECOND;
use super::hex::sha256_hex;

/// The id that a channel gave to a message. It is the same at every delivery of that message.
///
/// The user and the message id together make a [`CommitId`](crate::CommitId), by which a second
/// delivery is recognised. A message that leads to several commits has one [`step`](Self::step) for
/// each.
///
/// Two ids are equal if they name the same message at the same step. The time of
/// [sending](Self::sent_at) does not count.
///
/// # Which id to use
/// The id must be the same at every delivery of a message, and unlike that of any other message of
/// this user. An edited message is a message of its own.
///
/// | channel | the id |
/// |---|---|
/// | WhatsApp | `messages[].id`, the `wamid` |
/// | Telegram | `update_id`. A `message_id` is unique in its chat only, and an edit keeps it. |
/// | Twilio | `MessageSid` |
/// | Teams | `conversation.id` and `id` of the activity, by [`of_parts`](Self::of_parts) |
/// | Matrix | `event_id` |
/// | Viber | `message_token` |
/// | Messenger | `mid` of the message or postback; of an edit, by `of_parts` with `num_edit` |
/// | Slack | `event_id`. `client_msg_id` is missing in messages of bots. |
/// | e-mail | `Message-ID` |
///
/// If Slack sends a message twice, as `message` and as `app_mention`, its `channel` and `ts` by
/// `of_parts` are the same in both. The time of a message alone, a number that the host counts
/// itself and a hash of the text are no ids.
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
        no_control_character(id)?;
        Ok(Self {
            id: id.into(),
            steps: Vec::new(),
            sent_at: None,
        })
    }

    /// Combines several texts into one id, if one of them does not identify the message: the chat
    /// and the message for example.
    ///
    /// Other parts, or the same letters divided in another way, are another id. The parts may have
    /// any length: if the id would be longer than [`MAX_LEN`](Self::MAX_LEN), it is a SHA-256.
    ///
    /// # Errors
    /// [`InvalidMessageId`] if there is no part, or a part is empty or holds a control character.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MessageId;
    ///
    /// let message = MessageId::of_parts(["-1001234", "42"])?;
    /// assert_ne!(message, MessageId::of_parts(["-100123", "442"])?);
    /// // A part that is missing is a mistake, and no part of an id.
    /// assert!(MessageId::of_parts(["-1001234", ""]).is_err());
    /// # Ok::<(), vimbiso_state::id::InvalidMessageId>(())
    /// ```
    pub fn of_parts<T: AsRef<str>>(
        parts: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidMessageId> {
        let mut id = String::new();
        for part in parts {
            let part = part.as_ref();
            if part.is_empty() {
                return Err(InvalidMessageId::Length { bytes: 0 });
            }
            // The lengths keep apart what would be the same text.
            id.push_str(&format!("{}:{part}", part.len()));
        }
        let made = Self::new(&id);
        match made {
            // No list of parts begins with a letter, so no hash is the id of one.
            Err(InvalidMessageId::Length { bytes }) if bytes > Self::MAX_LEN => {
                no_control_character(&id)?;
                Self::new(format!("sha256:{}", sha256_hex(&id)))
            }
            made => made,
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

    /// Adds when the user sent the message, if the channel says it.
    ///
    /// A message that is older than the retention of the store is then refused with
    /// [`Error::Stale`](crate::Error::Stale), because the store cannot say any more whether it was
    /// handled before.
    ///
    /// A time that cannot be right is refused with [`Error::SentAt`](crate::Error::SentAt) when the
    /// message is handled: more than an hour in the future (or more than a tenth of the retention,
    /// if that is shorter), or before 2009. So milliseconds that were taken for seconds, or local
    /// time for UTC, do not switch the protection off unnoticed. A time that is less far ahead
    /// counts as now.
    ///
    /// Pass on the time that the channel's servers wrote. The `Date` of an e-mail is written by the
    /// sender and may be anything: use the time at which your server received it.
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// use vimbiso_state::MessageId;
    ///
    /// let milliseconds = 1_767_225_600_000; // from the webhook of Viber
    /// let sent = UNIX_EPOCH + Duration::from_millis(milliseconds);
    /// let message = MessageId::new("4912661846655238145")?.sent_at(sent);
    /// # let _ = message;
    /// # Ok::<(), vimbiso_state::id::InvalidMessageId>(())
    /// ```
    #[must_use]
    pub fn sent_at(mut self, when: SystemTime) -> Self {
        self.sent_at = Some(when);
        self
    }

    /// [`sent_at`](Self::sent_at) with whole seconds since the beginning of 1970, as WhatsApp and
    /// Telegram write them. Any number is taken; one that cannot be right is refused when the
    /// message is handled.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MessageId;
    ///
    /// let timestamp = "1767225600"; // from the webhook of WhatsApp
    /// let message = MessageId::new("wamid.1")?.sent_at_unix(timestamp.parse()?);
    /// # let _ = message;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sent_at_unix(self, seconds: u64) -> Self {
        // Adding a number of a webhook to a time would panic if it is too large.
        self.sent_at(UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND)))
    }

    pub(crate) fn sent(&self) -> Option<SystemTime> {
        self.sent_at
    }
}

/// Refuses control characters: a host may write ids to its log, where one could forge a line.
fn no_control_character(id: &str) -> Result<(), InvalidMessageId> {
    match id.char_indices().find(|(_, c)| c.is_control()) {
        Some((at, _)) => Err(InvalidMessageId::Control { at }),
        None => Ok(()),
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

    #[test]
    fn each_division_into_parts_is_an_id_of_its_own() {
        let lists: [&[&str]; 9] = [
            &["chat", "42"],
            &["cha", "t42"],
            &["chat42"],
            &["chat", "4", "2"],
            &["42", "chat"],
            &["4:chat2:42"],
            &["4:chat", "42"],
            &["1:1"],
            &["1", "1"],
        ];
        for (i, a) in lists.iter().enumerate() {
            for b in lists.iter().skip(i + 1) {
                assert_ne!(MessageId::of_parts(*a), MessageId::of_parts(*b));
            }
        }
    }

    #[test]
    fn long_parts_are_hashed() {
        let of = |parts: [usize; 2]| MessageId::of_parts(parts.map(|length| "a".repeat(length)));
        assert_eq!(of([100, 148]).unwrap().id.len(), 256);
        let hashed = of([100, 149]).unwrap();
        assert_eq!(hashed.id.len(), 71);
        assert_eq!(of([100, 149]), Ok(hashed.clone()));
        assert_ne!(of([149, 100]), Ok(hashed));
    }

    #[test]
    fn incomplete_parts_are_refused() {
        let empty = Err(InvalidMessageId::Length { bytes: 0 });
        assert_eq!(MessageId::of_parts::<&str>([]), empty);
        assert_eq!(MessageId::of_parts(["", "42"]), empty);
        assert_eq!(MessageId::of_parts(["chat", ""]), empty);
        let control = MessageId::of_parts(["chat\n", &"a".repeat(300)]);
        assert!(
            matches!(control, Err(InvalidMessageId::Control { .. })),
            "{control:?}"
        );
    }

    #[test]
    fn any_number_of_seconds_is_taken() {
        for seconds in [0, 1_767_225_600, 1_767_225_600_000, u64::MAX] {
            let message = MessageId::new("m").unwrap().sent_at_unix(seconds);
            assert!(message.sent().is_some());
        }
    }
}
