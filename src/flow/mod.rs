//! The rules of a conversation: pure, without I/O, known when compiled.
//!
//! A host describes its conversation by three types, its stages, its choices and its state, and binds them in a [`Flow`].

mod assert;
#[doc(hidden)]
pub mod check;
mod choices;
mod menu;
mod mermaid;
mod transitions;
mod wire_name;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use assert::{CheckedChoices, CheckedTransitions};
pub use choices::{Choice, ChoiceRow, NoChoice, choice};
pub(crate) use menu::Shown;
pub use menu::{MenuOptions, NotOnMenu};
pub use mermaid::mermaid;
pub(crate) use transitions::check_step;
pub use transitions::{InvalidTransition, Row, Stage, row};
pub(crate) use wire_name::MAX_NAME;

/// A conversation: its stages, its choices and what it remembers.
///
/// # Examples
/// A café that takes orders:
/// ```
/// use serde::{Deserialize, Serialize};
/// use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
/// use vimbiso_state::{Choice, Flow, Member, Stage, assert_choices, assert_transitions};
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
/// enum At {
///     Counter,
///     Paying,
/// }
///
/// impl Stage for At {
///     const START: Self = Self::Counter;
///     const TABLE: &'static [Row<Self>] = &[
///         row(Self::Counter, "counter", &[Self::Paying]),
///         row(Self::Paying, "paying", &[Self::Counter]),
///     ];
/// }
/// assert_transitions!(At);
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq)]
/// enum Pick {
///     Coffee,
///     Pay,
/// }
///
/// impl Choice<At> for Pick {
///     const TABLE: &'static [ChoiceRow<Self, At>] = &[
///         choice(Self::Coffee, "coffee", None),
///         choice(Self::Pay, "pay", Some(At::Paying)),
///     ];
/// }
/// assert_choices!(Pick);
///
/// #[derive(Debug, Clone, Default, Serialize, Deserialize)]
/// struct Order {
///     guest: Option<String>,
/// }
///
/// struct Cafe;
///
/// impl Flow for Cafe {
///     type Stage = At;
///     type Choice = Pick;
///     type Data = Order;
///
///     fn member(order: &Order) -> Option<Member<'_>> {
///         let first_name = order.guest.as_deref()?;
///         Some(Member { first_name, last_name: "" })
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

    /// Who the user is, if the data says so. `None`, the default, is "Welcome Visitor", not registered.
    #[must_use]
    fn member(data: &Self::Data) -> Option<Member<'_>> {
        let _ = data;
        None
    }

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
