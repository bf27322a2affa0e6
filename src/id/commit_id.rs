//! The name of one commit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::hex::parse_hex;
use super::message_id::MessageId;
use super::user_id::UserId;

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
        write!(f, "{:032x}", self.0)
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
        parse_hex(text).map(Self).ok_or(InvalidCommitId)
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
    use std::time::SystemTime;

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
