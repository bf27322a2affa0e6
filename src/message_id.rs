//! Which message is being handled, and the one commit that it may cause.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::UserId;

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
    id: Box<str>,
    steps: Vec<Box<str>>,
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

/// The name of one commit: a store applies it once, however often it is sent.
///
/// 128 bits: of the SHA-256 over the length-prefixed user id, message id and steps, or random where no message stands
/// behind the commit. Written as 32 hexadecimal digits. Fit as an idempotency key for an API call that the commit
/// announces.
///
/// # Examples
/// ```
/// use vimbiso_state::{CommitId, MessageId, UserId};
///
/// let (user, message) = (UserId::new("263771234567")?, MessageId::new("m1")?);
/// let id = CommitId::of(&user, &message);
/// assert_eq!(id, CommitId::of(&user, &message));
/// assert_ne!(id, CommitId::of(&user, &message.step("result")));
/// assert_eq!(id.to_string().parse(), Ok(id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed(8))] // so that what holds it is not aligned to 16 bytes, and padded
pub struct CommitId(u128);

impl CommitId {
    /// The commit that handles this message of this user, at this step.
    #[must_use]
    pub fn of(user: &UserId, message: &MessageId) -> Self {
        let mut hash = Sha256::new();
        let steps = message.steps.iter().map(|step| &**step);
        // An empty part says that there is no step. One more precedes a step that is empty itself, so that both can be told apart.
        let none = message
            .steps
            .first()
            .is_none_or(|step| step.is_empty())
            .then_some("");
        for part in [user.expose(), &message.id]
            .into_iter()
            .chain(none)
            .chain(steps)
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        Self(
            digest
                .iter()
                .take(16)
                .fold(0, |id, byte| id << 8 | u128::from(*byte)),
        )
    }

    /// A commit without a message behind it.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", { self.0 })
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitId({self})")
    }
}

impl FromStr for CommitId {
    type Err = InvalidCommitId;

    fn from_str(text: &str) -> Result<Self, InvalidCommitId> {
        crate::record::parse_hex(text)
            .map(Self)
            .ok_or(InvalidCommitId)
    }
}

/// A text that is no [`CommitId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a commit id takes 32 lower-case hexadecimal digits")]
pub struct InvalidCommitId;

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn no_two_splits_of_the_same_letters_share_a_commit_id() {
        let of =
            |u: &str, m: &str, s: &str| CommitId::of(&user(u), &MessageId::new(m).unwrap().step(s));
        let ids = [
            of("ab", "c", ""),
            of("a", "bc", ""),
            of("a", "b", "c"),
            of("abc", "d", ""),
            of("ab", "cd", ""),
        ];
        for (i, a) in ids.iter().enumerate() {
            assert!(ids.iter().skip(i + 1).all(|b| a != b));
        }
    }

    #[test]
    fn the_hash_is_fixed_for_good() {
        // A worker of the next release must know what this one applied. Recompute with:
        // printf '\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\1b\0\0\0\0\0\0\0\0' | sha256sum | cut -c1-32
        // and, instead of the last length, a length and a name for each step.
        let message = MessageId::new("b").unwrap();
        for (message, id) in [
            (message.clone(), "64778c1b58826c048e32c675174c5c3e"),
            (message.step("result"), "d24a6521747220ad5617b7b5d5aaf0d1"),
            (
                message.step("1").step("result"),
                "e2104aa902679d38af60b8ae9c79ce6d",
            ),
        ] {
            assert_eq!(CommitId::of(&user("a"), &message).to_string(), id);
        }
    }

    #[test]
    fn every_step_is_of_its_own_and_within_the_one_before() {
        let message = MessageId::new("m").unwrap();
        let steps: [&[&str]; 10] = [
            &[],
            &[""],
            &["", ""],
            &["a"],
            &["b"],
            &["ab"],
            &["a", "b"],
            &["b", "a"],
            &["", "a"],
            &["a", ""],
        ];
        let ids = steps.map(|steps| {
            steps
                .iter()
                .fold(message.clone(), |message, step| message.step(step))
        });
        for (i, a) in ids.iter().enumerate() {
            for b in ids.iter().skip(i + 1) {
                assert_ne!(a, b);
                assert_ne!(
                    CommitId::of(&user("a"), a),
                    CommitId::of(&user("a"), b),
                    "{a:?} and {b:?}"
                );
            }
        }
    }

    #[test]
    fn when_a_message_was_sent_does_not_change_which_it_is() {
        let message = MessageId::new("m").unwrap();
        let sent = message.clone().sent_at(SystemTime::now());
        assert_eq!(
            CommitId::of(&user("a"), &message),
            CommitId::of(&user("a"), &sent)
        );
        assert_eq!(message, sent);
        assert_eq!(std::collections::HashSet::from([message, sent]).len(), 1);
    }

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

    #[test]
    fn a_commit_id_is_read_back_from_json_and_nothing_else_is() {
        let id = CommitId::random();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CommitId>(&json).unwrap(), id);
        for bad in [
            "\"\"",
            "\"xyz\"",
            "\"+0000000000000000000000000000001\"",
            "\"ABCDEFABCDEFABCDEFABCDEFABCDEFAB\"",
            "7",
        ] {
            assert!(serde_json::from_str::<CommitId>(bad).is_err(), "{bad}");
        }
    }
}
