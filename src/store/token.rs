//! The token calls of a store.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

/// A token as a store keeps it: plain, or sealed by a vault. Compared by its text; `Debug` is redacted.
#[derive(Clone)]
pub struct StoredToken {
    text: Box<str>,
    sealed: Option<Box<StoredToken>>,
}

impl StoredToken {
    /// The longest form that a store keeps, in bytes: a token of 16 KiB, sealed and encoded.
    pub const MAX_LEN: usize = 24 * 1024;

    /// Wraps the text to be stored.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            sealed: None,
        }
    }

    /// A text out of a vault, which carries the form that it was found in: that is what the store will know again where this
    /// token is [expected](ExpectedToken::Exactly).
    #[must_use]
    pub fn opened(text: impl Into<Box<str>>, sealed: Self) -> Self {
        Self {
            text: text.into(),
            sealed: Some(Box::new(sealed)),
        }
    }

    /// That text again. Never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The sealed form, where a vault has opened it.
    #[must_use]
    pub fn sealed(&self) -> Option<&Self> {
        self.sealed.as_deref()
    }
}

impl PartialEq for StoredToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for StoredToken {}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredToken(redacted)")
    }
}

/// A token to be stored, or removed, where the expected one stands.
#[derive(Debug, Clone, Copy)]
pub struct TokenPut<'a> {
    /// The token from now on; `None` removes it.
    pub token: Option<&'a StoredToken>,
    /// What must be there now.
    pub expected: ExpectedToken<'a>,
    /// How long the token lives.
    pub ttl: Duration,
    /// The refresh claim that ends with this call, if it is stored and still this owner's.
    pub release: Option<&'a Owner>,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

/// What a [`TokenPut`] must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedToken<'a> {
    /// Anything, or nothing.
    Any,
    /// Exactly this token.
    Exactly(&'a StoredToken),
    /// No token.
    Absent,
}

/// What became of a [`TokenPut`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a token that was refused is not stored"]
pub enum TokenOutcome {
    /// It is done.
    Stored,
    /// Something else stood there; nothing was written.
    Refused {
        /// What stands there.
        current: Option<StoredToken>,
    },
}

/// Who refreshes a token: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(u128);

impl Owner {
    /// An owner unlike any other.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What became of a claim to refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "only who has won may refresh"]
pub enum Claim {
    /// The claim is the caller's, until its lease is over. Claiming again as the same owner starts the lease anew.
    Won,
    /// Another owner has it.
    Held {
        /// How long their lease still runs.
        remaining: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_token_fits_sealed_and_encoded() {
        let sealed = (16 * 1024 + 24 + 16) * 4 / 3 + 64;
        assert!(
            (sealed..32 * 1024).contains(&StoredToken::MAX_LEN),
            "{sealed} bytes"
        );
    }

    #[test]
    fn a_token_is_shown_redacted_and_knows_its_sealed_form() {
        let token = StoredToken::opened("secret", StoredToken::new("sealed"));
        assert_eq!(format!("{token:?}"), "StoredToken(redacted)");
        assert_eq!(token.sealed(), Some(&StoredToken::new("sealed")));
    }

    #[test]
    fn an_owner_is_written_as_32_digits() {
        assert_eq!(Owner(0xab).to_string(), format!("{:0>32}", "ab"));
    }
}
