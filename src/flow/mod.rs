//! The rules of a conversation: pure, without I/O, known when compiled.
//!
//! A host describes its conversation by three types, its stages, its choices and its state, and binds them in a [`Flow`].

mod menu;
mod mermaid;
mod transitions;

use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use menu::Shown;
pub use menu::{MenuOptions, NotOnMenu};
pub use mermaid::mermaid;
#[doc(hidden)]
pub use transitions::check;
pub(crate) use transitions::check_step;
pub use transitions::{CheckedTransitions, InvalidTransition, Row, row};

/// A conversation: its stages, its choices and what it remembers.
///
/// # Examples
/// ```
/// use serde::{Deserialize, Serialize};
/// use vimbiso_state::{Choice, Flow, Member, Row, Stage, assert_transitions, row};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum Step { Ask, Thank }
///
/// impl Stage for Step {
///     const START: Self = Self::Ask;
///     const TABLE: &'static [Row<Self>] = &[row(Self::Ask, "ask", &[Self::Thank]), row(Self::Thank, "thank", &[Self::Ask])];
/// }
/// assert_transitions!(Step);
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum Answer { Good, Bad }
///
/// impl Choice<Step> for Answer {
///     const ALL: &'static [Self] = &[Self::Good, Self::Bad];
///     fn name(self) -> &'static str {
///         match self { Self::Good => "good", Self::Bad => "bad" }
///     }
///     fn leads_to(self) -> Option<Step> {
///         Some(Step::Thank)
///     }
/// }
///
/// #[derive(Debug, Clone, Default, Serialize, Deserialize)]
/// struct Survey { name: Option<String> }
///
/// struct Poll;
///
/// impl Flow for Poll {
///     type Stage = Step;
///     type Choice = Answer;
///     type Data = Survey;
///     fn member(state: &Survey) -> Option<Member<'_>> {
///         state.name.as_deref().map(|first_name| Member { first_name, last_name: "" })
///     }
/// }
/// ```
pub trait Flow: Send + Sync + 'static {
    /// Where a conversation can stand.
    type Stage: Stage;
    /// What a user can choose, and the sub-steps within a stage.
    type Choice: Choice<Self::Stage>;
    /// What a conversation remembers: a JSON object of at most 64 KiB. Its default is the state of a new session.
    ///
    /// Fields that this type does not name are lost at the next commit, unless it collects them in a flattened map
    /// (`#[serde(flatten)] extra: serde_json::Map<String, serde_json::Value>`). What was written must come back the same: this
    /// process goes on with the value it has, and another one with what it reads.
    type Data: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static;

    /// The format number of [`State`](Self::Data), written with every record. Raise it with an incompatible change, and
    /// teach [`migrate`](Self::migrate) the way from the older ones.
    ///
    /// Raise it for a new stage or choice too, where workers of the last release still run: they leave sessions of a newer
    /// format alone ([`Error::NewerFormat`](crate::Error::NewerFormat)), and start over where they do not know the name.
    const DATA_FORMAT: u32 = 1;

    /// Field names that the guard against secrets lets pass in this flow, exactly as they are written.
    const ALLOWED_FIELD_NAMES: &'static [&'static str] = &[];

    /// Who the state says the user is; `None` is "Welcome Visitor", not registered.
    fn member(data: &Self::Data) -> Option<Member<'_>>;

    /// Brings a state of an older format to [`DATA_FORMAT`](Self::DATA_FORMAT). `None` where there is no way: the
    /// session then opens as [`SessionStatus::Recovered`](crate::SessionStatus::Recovered).
    #[must_use]
    fn migrate(from: u32, state: Value) -> Option<Value> {
        let _ = (from, state);
        None
    }
}

/// A registered user's name, as the state holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
}

/// Where a conversation stands: a fieldless enum of at most 128 variants, with its transition table.
///
/// Follow the `impl` by [`assert_transitions!`](crate::assert_transitions), which checks the table when it is compiled;
/// without it the `impl` does not compile.
pub trait Stage: Copy + Eq + Hash + Debug + Send + Sync + CheckedTransitions + 'static {
    /// Where a conversation begins, and where recovery and reset lead.
    const START: Self;

    /// One [`row`] a stage: the stage, its wire name, the stages that may follow it. Staying needs no entry.
    const TABLE: &'static [Row<Self>];

    /// The wire name, as stored. A variant without a row is `"(a stage without a row)"`: no session can enter it.
    #[must_use]
    fn name(self) -> &'static str {
        transitions::find(self).map_or("(a stage without a row)", Row::name)
    }

    /// The stage of this wire name.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::TABLE
            .iter()
            .find(|row| row.name() == name)
            .map(Row::stage)
    }
}

/// What a user can choose, or a sub-step within a stage: the specification's *option*.
pub trait Choice<S>: Copy + Eq + Debug + Send + Sync + 'static {
    /// Every choice, each once.
    const ALL: &'static [Self];

    /// The wire name, as stored: 1 to 64 bytes of `A–Z a–z 0–9 _ . -`, unlike any other's.
    fn name(self) -> &'static str;

    /// The stage it opens; `None` for a sub-step, which stays where it is.
    fn leads_to(self) -> Option<S>;

    /// The choice of this wire name.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|choice| choice.name() == name)
    }
}

/// The name by which a choice is stored and found again.
///
/// # Errors
/// The name that would not do.
pub(crate) fn wire_name<S, C: Choice<S>>(choice: C) -> Result<&'static str, &'static str> {
    let name = choice.name();
    if is_wire_name(name) && C::from_name(name) == Some(choice) {
        Ok(name)
    } else {
        Err(name)
    }
}

/// The longest wire name of a stage, a choice or a menu, in bytes.
pub(crate) const MAX_NAME: usize = 64;

/// Whether a text can be a wire name: it goes into keys, lines and diagrams without escaping.
pub(crate) const fn is_wire_name(name: &str) -> bool {
    let mut rest = name.as_bytes();
    if rest.is_empty() || rest.len() > MAX_NAME {
        return false;
    }
    while let [byte, tail @ ..] = rest {
        if !matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-') {
            return false;
        }
        rest = tail;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{MAX_NAME, is_wire_name};

    #[test]
    fn a_wire_name_is_one_plain_word() {
        for name in ["a", "Z9_.-", &"x".repeat(MAX_NAME)] {
            assert!(is_wire_name(name), "{name}");
        }
        for name in [
            "",
            "two words",
            "a:",
            "a,b",
            "é",
            "a\n",
            &"x".repeat(MAX_NAME + 1),
        ] {
            assert!(!is_wire_name(name), "{name:?}");
        }
    }
}
