//! The name of one commit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::call_key::CallKey;
use super::hex::{first_half, parse_hex};
use super::keyed::keyed;
use super::message_id::MessageId;
use super::user_id::UserId;

/// The name of one commit. A store applies it once, however often it is sent.
///
/// The id of a message's commit is the same in every process and release. It is no idempotency key
/// of a payment: two taps on *Yes* are two messages. A [`CallKey`](super::CallKey) is one.
///
/// It has 128 bits: of the SHA-256 over the length-prefixed user id, message id and steps, or
/// random if no message leads to the commit. It is written as 32 lower-case hexadecimal digits.
///
/// **Keep the text out of logs.** It is a hash without a secret: a person who has a list of phone
/// numbers and knows message ids finds the number from it, by trying all of them. So `Debug` shows
/// 48 bits that are keyed with a secret of this process: they tell ids apart in the log of one
/// process, and nothing else. `Display` is for a store.
///
/// # Examples
/// ```
/// use vimbiso_state::{CommitId, MessageId, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let message = MessageId::new("wamid.1")?;
/// let id = CommitId::of(&user, &message);
/// assert_eq!(id, CommitId::of(&user, &message));
/// assert_ne!(id, CommitId::of(&user, &message.step("paid")));
/// assert_eq!(id.to_string().parse(), Ok(id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(u128);

impl CommitId {
    /// The commit that handles this message of this user, at this step.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::{CommitId, MessageId, UserId};
    ///
    /// let user = UserId::new("263771234567")?;
    /// let id = CommitId::of(&user, &MessageId::new("wamid.1")?);
    /// assert_eq!(id.to_string(), "8dd145d7cc87f81b2597a525402e70ba");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(user: &UserId, message: &MessageId) -> Self {
        let mut hash = Sha256::new();
        let steps = message.steps.iter().map(|step| &**step);
        // An empty part means "no step". If the first step is itself empty, it gets one empty part
        // more, so that the two differ.
        let empty_part = message
            .steps
            .first()
            .is_none_or(|step| step.is_empty())
            .then_some("");
        for part in [user.expose(), &message.id]
            .into_iter()
            .chain(empty_part)
            .chain(steps)
        {
            // The lengths keep apart what would be the same text: "ab" and "c", "a" and "bc".
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(first_half(hash))
    }

    /// The id of a commit that a bot makes by itself.
    ///
    /// Its hash begins with a byte that that of a message cannot begin with, so no message and no
    /// step of one has the same.
    pub(crate) fn own(user: &UserId, commit: OwnCommit) -> Self {
        let (name, subject) = match commit {
            OwnCommit::Conclusion(key) => ("conclusion", key.to_string()),
            OwnCommit::LostCall(key) => ("lost call", key.to_string()),
            OwnCommit::WakeUp(tag) => ("wake-up", format!("{tag:032x}")),
        };
        let mut hash = Sha256::new();
        // The length of a user id is far below 2^56.
        hash.update([0xff]);
        for part in [name, user.expose(), &subject] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(first_half(hash))
    }

    /// A commit that no message leads to. Each call returns another id.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::CommitId;
    ///
    /// assert_ne!(CommitId::random(), CommitId::random());
    /// ```
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// The last 64 bits.
    pub(crate) fn low_bits(self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0.to_be_bytes();
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// What a bot commits by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OwnCommit {
    /// The outcome of the call with this key.
    Conclusion(CallKey),
    /// That the call with this key is lost.
    LostCall(CallKey),
    /// The wake-up that is bound to the version with this tag.
    WakeUp(u128),
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitId(#{:012x})", keyed(self.0))
    }
}

impl FromStr for CommitId {
    type Err = InvalidCommitId;

    fn from_str(text: &str) -> Result<Self, InvalidCommitId> {
        parse_hex(text).map(Self).ok_or(InvalidCommitId)
    }
}

/// The text is not a [`CommitId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid commit id: use 32 lower-case hexadecimal digits")]
pub struct InvalidCommitId;

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed if the format allows it.
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn same_letters_split_otherwise_have_another_id() {
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
    fn hash_never_changes() {
        // A worker of the next release must know what this one has applied. Compute it again with:
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
    fn every_step_has_an_id_of_its_own() {
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
    fn time_of_sending_does_not_change_the_id() {
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
    fn debug_tells_ids_apart_and_shows_none_of_one() {
        let ids: Vec<_> = (0..200).map(|_| CommitId::random()).collect();
        let shown: std::collections::HashSet<_> = ids.iter().map(|id| format!("{id:?}")).collect();
        assert_eq!(shown.len(), ids.len());
        for id in ids {
            assert_eq!(format!("{id:?}"), format!("{id:?}"));
            let shown = format!("{id:?}");
            let digits = &shown["CommitId(#".len()..shown.len() - 1];
            assert_eq!(digits.len(), 12, "{shown}");
            assert!(!id.to_string().contains(&digits[..8]), "{shown} of {id}");
        }
    }

    #[test]
    fn commit_id_is_read_back_from_json() {
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
