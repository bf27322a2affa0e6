//! The result of every behaviour.

use std::fmt;

use super::behaviour::Behaviour;
use super::capability::Capability;
use super::violation::Violation;

/// The result of every behaviour on one store. Displayed as a line for each, and a summary.
#[derive(Debug)]
#[must_use = "the report says whether the store keeps its contracts"]
pub struct Report(pub(super) Vec<(&'static Behaviour, Outcome)>);

/// The result of one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The store has it.
    Kept,
    /// The store does not have it.
    Broken(Violation),
    /// It was not tested, because it needs this capability.
    Ignored(Capability),
}

impl Report {
    /// Every behaviour with its result, in the order of [`BEHAVIOURS`](super::BEHAVIOURS).
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static Behaviour, &Outcome)> {
        self.0
            .iter()
            .map(|(behaviour, outcome)| (*behaviour, outcome))
    }

    /// The behaviours that the store does not have, and why.
    pub fn broken(&self) -> impl Iterator<Item = (&'static Behaviour, &Violation)> {
        self.outcomes()
            .filter_map(|(behaviour, outcome)| match outcome {
                Outcome::Broken(violation) => Some((behaviour, violation)),
                Outcome::Kept | Outcome::Ignored(_) => None,
            })
    }

    /// The behaviours that were not tested.
    pub fn ignored(&self) -> impl Iterator<Item = &'static Behaviour> {
        self.outcomes().filter_map(|(behaviour, outcome)| {
            matches!(outcome, Outcome::Ignored(_)).then_some(behaviour)
        })
    }

    /// Whether the store has every behaviour that was tested.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.broken().next().is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (behaviour, outcome) in self.outcomes() {
            match outcome {
                Outcome::Kept => writeln!(f, "kept     {behaviour}")?,
                Outcome::Broken(why) => writeln!(f, "BROKEN   {behaviour}\n         {why}")?,
                Outcome::Ignored(need) => writeln!(f, "ignored  {behaviour}, needs {need}")?,
            }
        }
        let all = self.0.len();
        let broken = self.broken().count();
        let ignored = self.ignored().count();
        // Counted from the others, so that the four numbers always add up.
        let kept = all - broken - ignored;
        write!(
            f,
            "{all} behaviours: {kept} kept, {broken} broken, {ignored} ignored"
        )
    }
}
