//! The name of one call.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::hex::{first_half, parse_hex};
use super::keyed::keyed;
use super::user_id::UserId;

/// The idempotency key of a call that changes something: 128 bits, written as 32 lower-case
/// hexadecimal digits.
///
/// It is a hash of the user and of the question that was answered. A second *Yes* to the same
/// question has the same key, also if it is another message, and also if the store lost the first
/// one: an API that honours keys lets the call take effect once.
///
/// `Debug` shows a keyed form, because a person with a list of user ids could find the user by the
/// key.
///
/// # Examples
/// ```
/// use vimbiso_state::id::CallKey;
///
/// let key: CallKey = "64778c1b58826c048e32c675174c5c3e".parse()?;
/// assert_eq!(key.to_string(), "64778c1b58826c048e32c675174c5c3e"); // for the API
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey(u128);

impl CallKey {
    /// The key of the call that answers this question, or that follows from this message if no
    /// question was open.
    pub(crate) fn of(user: &UserId, reason: CallReason<'_>) -> Self {
        let (domain, text) = match reason {
            CallReason::Question(question) => ("question", question),
            CallReason::Message(commit_id) => ("message", commit_id),
        };
        let mut hash = Sha256::new();
        for part in ["call", domain, user.expose(), text] {
            // The lengths keep apart what would be the same text.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(first_half(hash))
    }
}

/// What a call follows from, in the text form of its id.
#[derive(Clone, Copy)]
pub(crate) enum CallReason<'a> {
    Question(&'a str),
    Message(&'a str),
}

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallKey(#{:012x})", keyed(self.0))
    }
}

impl FromStr for CallKey {
    type Err = InvalidCallKey;

    fn from_str(text: &str) -> Result<Self, InvalidCallKey> {
        parse_hex(text).map(Self).ok_or(InvalidCallKey)
    }
}

/// A text that is no [`CallKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid call key: use 32 lower-case hexadecimal digits")]
pub struct InvalidCallKey;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_never_changes() {
        // A worker of the next release must make the same call under the same key. Compute it again
        // with the length of each part in eight bytes before it, as `CommitId` does:
        // "call", "question", "a", "b" | sha256sum | cut -c1-32
        let user = UserId::new("a").unwrap();
        let question = CallKey::of(&user, CallReason::Question("b"));
        let message = CallKey::of(&user, CallReason::Message("b"));
        assert_eq!(question.to_string(), "dd32e8658e2129735ee41ee8857ee279");
        assert_eq!(message.to_string(), "e07e2d774f59706877a6b00ad2745cd3");
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let key: CallKey = "64778c1b58826c048e32c675174c5c3e".parse().unwrap();
        assert!(!format!("{key:?}").contains("64778c"));
    }
}
