//! The stage of a conversation that has one stage.

use super::{Row, Stage, row};
use crate::assert_transitions;

/// The stage of a conversation that has one stage, as [`NoChoice`](super::NoChoice) is the choice
/// of one that offers none.
///
/// # Examples
/// ```
/// use vimbiso_state::Flow;
/// use vimbiso_state::flow::{NoChoice, OneStage};
///
/// struct Counter;
///
/// impl Flow for Counter {
///     const NAME: &'static str = "counter";
///
///     type Stage = OneStage;
///     type Choice = NoChoice;
///     type Data = std::collections::BTreeMap<String, u32>;
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OneStage {
    /// The stage.
    Only,
}

impl Stage for OneStage {
    const START: Self = Self::Only;
    const TABLE: &'static [Row<Self>] = &[row(Self::Only, "only", &[])];
}
assert_transitions!(OneStage);
