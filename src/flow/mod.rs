//! The rules of a conversation: its stages, its choices and its menus, checked when compiled.
//!
//! A host describes its conversation by three types, the stages, the choices and the data, and
//! binds them in a [`Flow`]. Nothing here does I/O.

mod answer;
mod assert;
#[doc(hidden)]
pub mod check;
mod choices;
mod menu;
mod mermaid;
mod one_stage;
mod open_question;
mod question_id;
mod transitions;
mod wire_name;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use answer::{Answer, OlderQuestion};
pub use assert::{CheckedChoices, CheckedTransitions};
pub use choices::{Choice, ChoiceRow, NoChoice, choice};
pub use menu::{InvalidMenu, MenuOptions, NotOnMenu};
pub use mermaid::mermaid;
pub use one_stage::OneStage;
pub(crate) use open_question::OpenQuestion;
pub use question_id::{InvalidQuestionId, QuestionId};
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
///     const NAME: &'static str = "cafe";
///
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
    /// The name of this conversation, stored with every session: a wire name, 1 to 64 of
    /// `A–Z a–z 0–9 _ . -`. Another text does not compile.
    ///
    /// It tells two bots apart that share a store by mistake. A session of a flow of another name,
    /// live, expired or corrupt, is left as it is, and so is its token: every call that would read
    /// or change them fails with [`StoreError::Misconfigured`](crate::StoreError::Misconfigured),
    /// which names both flows. Give each bot a namespace of its own.
    /// [`delete`](crate::StateManager::delete) still removes it.
    ///
    /// **Keep the name** if you rename the type or the bot: no user sees it. A release with
    /// another name refuses the users of the last one until the store's retention is over, because
    /// it is another flow. If the conversation has changed so much that no session should go on,
    /// change the store's namespace too: then everyone starts as new.
    ///
    /// # Examples
    /// ```compile_fail
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Order, Pick};
    /// use vimbiso_state::{Flow, MemoryStore, StateManager};
    ///
    /// struct Cafe;
    ///
    /// impl Flow for Cafe {
    ///     const NAME: &'static str = "my café"; // a space and an é
    ///     type Stage = At;
    ///     type Choice = Pick;
    ///     type Data = Order;
    /// }
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// ```
    const NAME: &'static str;
    /// Where a conversation can be.
    type Stage: Stage;
    /// What a user can choose, and the steps within a stage. [`NoChoice`] if there are none.
    type Choice: Choice<Self::Stage>;
    /// What a conversation remembers: a JSON object of at most 64 KiB. A new session has the
    /// default.
    ///
    /// Fields that this type does not name are lost at the next commit, unless it collects them in
    /// a flattened map: `#[serde(flatten)] extra: serde_json::Map<String, serde_json::Value>`.
    ///
    /// Each commit writes the data as JSON, reads that back and writes it once more, in debug and
    /// in release builds, before anything is stored. The data is refused with
    /// [`InvalidState::NotReadable`](crate::session::InvalidState::NotReadable) if it cannot be
    /// read, or if the JSON is not the same again; the order of maps and sets may differ, and so
    /// that of lists, because a set is written as a list. That finds `f64::NAN`,
    /// `skip_serializing_if` without `default`, a flattened map that holds the name of a field or
    /// has numbers as keys, and more.
    ///
    /// After a commit this process goes on with the data as it was read back, as any other process
    /// would. So what JSON cannot show is the same everywhere: a `#[serde(skip)]` field has its
    /// default in the next turn, and an untagged enum is the first variant that reads the JSON. Do
    /// not change data behind a shared reference, as a `Mutex` allows.
    type Data: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static;

    /// The format number of [`Data`](Self::Data), written with every record. 1 by default.
    ///
    /// Raise it with each incompatible change of the data, and let [`migrate`](Self::migrate) bring
    /// older data to the new format. Raise it for a new stage or choice too, if workers of the last
    /// release are still running. They answer a session of a newer format with
    /// [`Error::NewerFormat`](crate::Error::NewerFormat), but start over if they only find a name
    /// that they do not know.
    const DATA_FORMAT: u32 = 1;

    /// Field names that the data may have although they are names of secrets, such as `pin` for a
    /// pin on a map. Exactly as they are written.
    const ALLOWED_FIELD_NAMES: &'static [&'static str] = &[];

    /// Who the user is, according to the data. `None`, the default, if the user is not registered.
    #[must_use]
    fn member(data: &Self::Data) -> Option<Member<'_>> {
        let _ = data;
        None
    }

    /// Brings data of the older format `from` to [`DATA_FORMAT`](Self::DATA_FORMAT).
    ///
    /// If it returns `None`, which is the default, the session starts over as
    /// [`SessionStatus::Recovered`](crate::SessionStatus::Recovered).
    ///
    /// # Examples
    /// A field that was a text and is a list now:
    /// ```
    /// use serde_json::{Value, json};
    ///
    /// fn migrate(from: u32, mut data: Value) -> Option<Value> {
    ///     if from == 1 {
    ///         let drink = data.as_object_mut()?.remove("drink")?;
    ///         data["drinks"] = json!([drink]);
    ///     }
    ///     Some(data)
    /// }
    ///
    /// let new = migrate(1, json!({"drink": "tea"}));
    /// assert_eq!(new, Some(json!({"drinks": ["tea"]})));
    /// ```
    #[must_use]
    fn migrate(from: u32, data: Value) -> Option<Value> {
        let _ = (from, data);
        None
    }
}

/// The name of a registered user, borrowed from the data. `Debug` does not show it.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, Order};
/// use vimbiso_state::{Flow, Member};
///
/// let order = Order {
///     guest: Some("Ada".to_owned()),
///     ..Order::default()
/// };
/// assert_eq!(Cafe::member(&order), Some(Member { first_name: "Ada", last_name: "" }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
}

/// Shows no name.
impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").finish_non_exhaustive()
    }
}
