//! Who writes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::escape::is_plain;
use super::hex::sha256_hex;
use super::mobile_number::InvalidMobile;

/// The id of one user on one channel, or of one conversation.
///
/// There are four ways to get one. They agree: different users have different ids, also if a bot
/// uses several of them.
/// * [`new`](Self::new) takes an id as the channel gives it, if it is short and plain.
/// * [`encode`](Self::encode) takes any text, such as `whatsapp:+263771234567`. It returns what
///   `new` returns if `new` accepts the text.
/// * [`mobile`](Self::mobile) takes a mobile number as people write it.
/// * [`ConversationKey`](super::ConversationKey) names a user in a chat, an account or a thread.
///
/// Invariant: 1 to 160 bytes of `A–Z a–z 0–9 . + @ -`, and a `+` only as [`encode`](Self::encode)
/// writes it. These hold no `_`, `:`, brace, space, glob or control character, so no id can name a
/// key of another user.
///
/// A mobile number is personal data. `Debug` masks the id, there is no `Display`, and only
/// [`expose`](Self::expose) returns the full text.
///
/// # Examples
/// ```
/// use vimbiso_state::UserId;
///
/// let user = UserId::mobile("+263 77 123-4567")?;
/// assert_eq!(user.expose(), "263771234567");
/// assert_eq!(format!("{user:?}"), "UserId(263…67)");
/// assert!(UserId::new("US.13491208655302741918").is_ok());
/// assert!(UserId::new("@ada:example.org").is_err());
/// assert_eq!(UserId::encode("@ada:example.org")?.expose(), "@ada+3Aexample.org");
/// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 160;

    /// Takes an id as the channel gives it.
    ///
    /// # Errors
    /// [`InvalidUserId`] if the id is empty, longer than [`MAX_LEN`](Self::MAX_LEN), or holds
    /// another character than `A–Z a–z 0–9 . @ -`. [`encode`](Self::encode) takes any text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert!(UserId::new("ada@example.com").is_ok());
    /// let error = UserId::new("ada lovelace").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid user id: ' ' at byte 3; use 1 to 160 of A–Z a–z 0–9 . @ -, or UserId::encode",
    /// );
    /// ```
    pub fn new(id: impl AsRef<str>) -> Result<Self, InvalidUserId> {
        let id = id.as_ref();
        if id.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        if id.len() > Self::MAX_LEN {
            return Err(InvalidUserId::TooLong { bytes: id.len() });
        }
        match id.char_indices().find(|(_, c)| !is_plain(*c)) {
            Some((at, found)) => Err(InvalidUserId::Character { found, at }),
            None => Ok(Self(id.into())),
        }
    }

    /// Takes a text that keeps the invariant.
    pub(super) fn checked(id: &str) -> Self {
        Self(id.into())
    }

    /// The id if it fits, or else the hash of the text that it was made of.
    pub(super) fn or_hash(id: &str, prefix: &str, text: &str) -> Self {
        if id.len() <= Self::MAX_LEN {
            Self::checked(id)
        } else {
            Self::checked(&format!("{prefix}{}", sha256_hex(text)))
        }
    }

    /// The full id, for the key of a store or a call to the channel. Keep it out of logs.
    ///
    /// A host that stores it reads it back with [`from_exposed`](Self::from_exposed).
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert_eq!(UserId::new("ada")?.expose(), "ada");
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Five characters of a mobile number leave millions of candidates, but five of a short id
        // would leave few.
        match (
            self.0.len() >= 10,
            self.0.get(..3),
            self.0.get(self.0.len().saturating_sub(2)..),
        ) {
            (true, Some(head), Some(tail)) => write!(f, "UserId({head}…{tail})"),
            _ => f.write_str("UserId(…)"),
        }
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(id: &str) -> Result<Self, InvalidUserId> {
        Self::new(id)
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(id: String) -> Result<Self, InvalidUserId> {
        Self::new(id)
    }
}

/// Why a text is not a [`UserId`]. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUserId {
    /// The text is empty.
    #[error("invalid user id: it is empty; use 1 to {} bytes", UserId::MAX_LEN)]
    Empty,
    /// The text is longer than [`UserId::MAX_LEN`].
    #[error(
        "invalid user id of {bytes} bytes: use 1 to {}, or UserId::encode",
        UserId::MAX_LEN
    )]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
    /// The text holds a character that is not allowed.
    #[error(
        "invalid user id: {found:?} at byte {at}; use 1 to {} of A–Z a–z 0–9 . @ -, or \
         UserId::encode",
        UserId::MAX_LEN
    )]
    Character {
        /// The first such character.
        found: char,
        /// The byte at which it begins.
        at: usize,
    },
    /// The text was not written by [`UserId::expose`].
    #[error("invalid user id: it was not written by UserId::expose; use UserId::encode for it")]
    NotExposed,
    /// The key names neither a chat nor a user, so everyone would share one session.
    #[error("invalid conversation key: it needs a chat or a user that is not empty")]
    NoConversation,
    /// The text is not a mobile number in international form.
    #[error("invalid mobile number: {0}")]
    NotMobile(InvalidMobile),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_with_other_characters_is_refused() {
        for bad in [
            "a_b",
            "a:b",
            "{a}",
            "a b",
            "a*",
            "a\n",
            "a\0",
            "é",
            "a/b",
            "[a]",
            "a?",
            "a\\",
            "+hello",
            "+263771234567",
            "ada+shop@example.com",
        ] {
            assert!(
                matches!(UserId::new(bad), Err(InvalidUserId::Character { .. })),
                "{bad:?}"
            );
        }
        assert_eq!(UserId::new(""), Err(InvalidUserId::Empty));
        assert_eq!(
            UserId::new("a".repeat(161)),
            Err(InvalidUserId::TooLong { bytes: 161 })
        );
        assert!(UserId::new("a".repeat(160)).is_ok());
    }

    #[test]
    fn debug_shows_at_most_five_characters() {
        assert_eq!(
            format!("{:?}", UserId::new("263771234567").unwrap()),
            "UserId(263…67)"
        );
        assert_eq!(format!("{:?}", UserId::new("alice").unwrap()), "UserId(…)");
        let encoded = UserId::encode("whatsapp:+263771234567").unwrap();
        assert_eq!(format!("{encoded:?}"), "UserId(wha…67)");
    }
}
