//! Which question an answer belongs to.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{self, CommitId, is_hex};

// 64 bits: the idempotency key of a payment is a hash of the user and the question, so of two
// questions of one user with the same id, the second payment would be taken for the first. With 40
// bits that would happen to one in two million users after 1,000 questions each.
pub(super) const DIGITS: usize = 16;
pub(super) const SEPARATOR: char = '~';

/// The id of a menu or question that a turn shows: 64 bits of the turn's commit id, written as 16
/// lower-case hexadecimal digits.
///
/// A button carries it, so a button that stays on the user's screen still says which question it
/// belongs to. The same message decided again, on this worker or another, gives the same id. Each
/// further question of one turn has an id of its own.
///
/// A button's text is its name, `~` and the id, 17 bytes more than the name. Telegram allows 64
/// bytes in a button, so a name may have 47 there; WhatsApp allows 256.
///
/// It is a part of a hash of the user and the message, so keep its text out of logs. `Debug` shows
/// a form that is keyed with a secret of the process.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS};
/// use vimbiso_state::flow::QuestionId;
/// use vimbiso_state::{CachedUser, Turn, UserId};
///
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
/// let question = turn.ask();
/// let yes = question.button("yes"); // such as "yes~7f3a1c0b2d4e5f60"
/// assert_eq!(QuestionId::split(&yes), Some(("yes", question)));
/// assert_eq!(turn.question(), Some(question));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuestionId(u64);

impl QuestionId {
    /// The id of the question number `nth` of a turn, from 0.
    pub(crate) fn of(commit_id: CommitId, nth: u64) -> Self {
        Self(commit_id.low_bits().wrapping_add(nth))
    }

    /// The text of a button below this question.
    ///
    /// `name` says what the button means: the wire name of a choice, a word such as `yes`, or the
    /// id of what it acts on.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::flow::QuestionId;
    ///
    /// let question: QuestionId = "7f3a1c0b2d4e5f60".parse()?;
    /// assert_eq!(question.button("yes"), "yes~7f3a1c0b2d4e5f60");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn button(self, name: impl fmt::Display) -> String {
        format!("{name}{SEPARATOR}{self}")
    }

    /// The name of a button and the question that it belongs to. `None` for any other
    /// text, which somebody has typed.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::flow::QuestionId;
    ///
    /// let question = "7f3a1c0b2d4e5f60".parse()?;
    /// assert_eq!(QuestionId::split("yes~7f3a1c0b2d4e5f60"), Some(("yes", question)));
    /// assert_eq!(QuestionId::split("yes"), None);
    /// assert_eq!(QuestionId::split("yes~7F3A1C0B2D4E5F60"), None); // not as it is written
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn split(text: &str) -> Option<(&str, Self)> {
        let (name, question) = text.rsplit_once(SEPARATOR)?;
        let question = question.parse().ok()?;
        (!name.is_empty()).then_some((name, question))
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its text is a part of a commit id, from which the user could be found.
        write!(f, "QuestionId(#{:012x})", id::keyed(self.0))
    }
}

impl FromStr for QuestionId {
    type Err = InvalidQuestionId;

    fn from_str(text: &str) -> Result<Self, InvalidQuestionId> {
        // Only what `Display` writes, so that no other text means the open question.
        if !is_hex(text, DIGITS) {
            return Err(InvalidQuestionId);
        }
        u64::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidQuestionId)
    }
}

/// The text is not a [`QuestionId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid question id: use 16 lower-case hexadecimal digits")]
pub struct InvalidQuestionId;

impl Serialize for QuestionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QuestionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMIT: &str = "8dd145d7cc87f81b2597a525402e70ba";

    #[test]
    fn id_is_the_end_of_the_commit_id() {
        let commit_id = COMMIT.parse().unwrap();
        assert_eq!(QuestionId::of(commit_id, 0).to_string(), "2597a525402e70ba");
        assert_eq!(QuestionId::of(commit_id, 1).to_string(), "2597a525402e70bb");
        let last = "ffffffffffffffffffffffffffffffff".parse().unwrap();
        assert_eq!(QuestionId::of(last, 0).to_string(), "ffffffffffffffff");
        assert_eq!(QuestionId::of(last, 1).to_string(), "0000000000000000");
    }

    #[test]
    fn mangled_button_is_no_button() {
        for text in [
            "",
            "yes",
            "~7f3a1c0b2d4e5f60",
            "yes~",
            "yes~7f3a1c0b2d",
            "yes~7f3a1c0b2d4e5f6",
            "yes~7f3a1c0b2d4e5f600",
            "yes~7F3A1C0B2D4E5F60",
            "yes~+f3a1c0b2d4e5f60",
            "yes~7f3a1c0b2d4e5f60 ",
            " yes ~ 7f3a1c0b2d4e5f60",
            "yes-7f3a1c0b2d4e5f60",
            "yes~7f3a1c0b2d4e5f60\u{200e}",
            "yes~７f3a1c0b2d4e5f60",
            "7f3a1c0b2d4e5f60",
            "yes~7f3a1c0b2d4e5f6g",
        ] {
            assert_eq!(QuestionId::split(text), None, "{text:?}");
        }
    }

    #[test]
    fn question_id_is_read_back_from_json() {
        let id: QuestionId = "00000000000000ff".parse().unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"00000000000000ff\"");
        assert_eq!(serde_json::from_str::<QuestionId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<QuestionId>("\"ff\"").is_err());
        assert!(!format!("{id:?}").contains("00000000000000ff"));
    }

    proptest! {
        #[test]
        fn button_is_split_as_it_was_made(name in ".{1,40}", id: u64) {
            let question = QuestionId(id);
            let button = question.button(&name);
            prop_assert_eq!(button.len(), name.len() + 17);
            prop_assert_eq!(QuestionId::split(&button), Some((name.as_str(), question)));
        }
    }
}
