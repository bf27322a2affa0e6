//! Who writes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The id of one user on one channel: a mobile number, or what else the channel calls a user.
///
/// Invariant: 1 to 160 bytes of `A–Z a–z 0–9 . + @ -`. These hold no `_`, `:`, brace, space, glob
/// or control character, so no id can name a key of another user.
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
/// assert!(UserId::new("263771234567_stage").is_err());
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
    /// another character than `A–Z a–z 0–9 . + @ -`.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert!(UserId::new("ada@example.com").is_ok());
    /// let error = UserId::new("ada lovelace").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid user id: ' ' at byte 3; use 1 to 160 of A–Z a–z 0–9 . + @ -",
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
        match id.char_indices().find(|(_, c)| !is_allowed(*c)) {
            Some((at, found)) => Err(InvalidUserId::Character { found, at }),
            None => Ok(Self(id.into())),
        }
    }

    /// Takes a mobile number as people write it. A leading `+`, spaces, hyphens, dots, slashes and
    /// parentheses are removed.
    ///
    /// The number must be in international form, because the country of the user is not known here.
    /// A leading `00` is read as `+`.
    ///
    /// # Errors
    /// [`InvalidUserId::NotMobile`] unless 7 to 15 digits remain, of which the first is not zero
    /// (E.164).
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert_eq!(UserId::mobile("00263 (77) 123.4567")?.expose(), "263771234567");
    /// assert!(UserId::mobile("077 123 4567").is_err()); // of which country?
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    pub fn mobile(number: impl AsRef<str>) -> Result<Self, InvalidUserId> {
        let number = number.as_ref().trim();
        let number = number
            .strip_prefix('+')
            .or_else(|| number.strip_prefix("00"))
            .unwrap_or(number);
        let mut digits = String::with_capacity(15);
        for c in number.chars() {
            match c {
                '0'..='9' if digits.len() < 15 => digits.push(c),
                ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2011}' => {}
                '0'..='9' => return Err(InvalidUserId::NotMobile("it has more than 15 digits")),
                _ => {
                    return Err(InvalidUserId::NotMobile(
                        "it holds something that is not a digit",
                    ));
                }
            }
        }
        match digits.as_bytes() {
            [b'0', ..] => Err(InvalidUserId::NotMobile(
                "it starts with 0 instead of a country code",
            )),
            digits if digits.len() < 7 => {
                Err(InvalidUserId::NotMobile("it has fewer than 7 digits"))
            }
            _ => Ok(Self(digits.into())),
        }
    }

    /// The full id, for the key of a store or a call to the channel. Keep it out of logs.
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

const fn is_allowed(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '+' | '@' | '-')
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
    #[error("invalid user id of {bytes} bytes: use 1 to {}", UserId::MAX_LEN)]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
    /// The text holds a character that is not allowed.
    #[error(
        "invalid user id: {found:?} at byte {at}; use 1 to {} of A–Z a–z 0–9 . + @ -",
        UserId::MAX_LEN
    )]
    Character {
        /// The first such character.
        found: char,
        /// The byte at which it begins.
        at: usize,
    },
    /// The text is not a mobile number in international form.
    #[error("invalid mobile number: {0}; use the international form, 7 to 15 digits")]
    NotMobile(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobile_number_is_taken_as_people_write_it() {
        for text in [
            "263771234567",
            "+263 77 123-4567",
            "00263771234567",
            " +263 (77) 123.4567 ",
            "+263\u{a0}77\u{2011}1234567",
        ] {
            assert_eq!(
                UserId::mobile(text).unwrap().expose(),
                "263771234567",
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_refused_with_the_reason() {
        assert!(matches!(
            UserId::mobile("0771234567"),
            Err(InvalidUserId::NotMobile(_))
        ));
        assert!(matches!(
            UserId::mobile("12345"),
            Err(InvalidUserId::NotMobile(_))
        ));
        assert!(matches!(
            UserId::mobile("1234567890123456"),
            Err(InvalidUserId::NotMobile(_))
        ));
        let letter = UserId::mobile("+26377x1234").unwrap_err();
        assert!(
            matches!(letter, InvalidUserId::NotMobile(_))
                && letter.to_string().contains("not a digit"),
            "{letter}"
        );
        assert!(matches!(
            UserId::mobile(""),
            Err(InvalidUserId::NotMobile(_))
        ));
    }

    #[test]
    fn id_with_other_characters_is_refused() {
        for bad in [
            "a_b", "a:b", "{a}", "a b", "a*", "a\n", "a\0", "é", "a/b", "[a]", "a?", "a\\",
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
    }
}
