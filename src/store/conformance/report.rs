//! What became of each behaviour.

use std::fmt;

use super::behaviour::Behaviour;
use super::capability::Capability;
use super::guarantee::{GUARANTEES, Guarantee};
use super::violation::Violation;

/// What became of each behaviour on one store. Displayed, it is a line for each and a summary.
#[derive(Debug)]
#[must_use = "the report says whether the store keeps its contract"]
pub struct Report(pub(super) Vec<(&'static Behaviour, Outcome)>);

/// What became of one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The store shows it.
    Kept,
    /// The store does not.
    Broken(Violation),
    /// It was not tried, for want of this.
    Untried(Capability),
}

impl Report {
    /// Every behaviour with what became of it, in the order of the list.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static Behaviour, &Outcome)> {
        self.0
            .iter()
            .map(|(behaviour, outcome)| (*behaviour, outcome))
    }

    /// The behaviours that the store does not show, and why.
    pub fn broken(&self) -> impl Iterator<Item = (&'static Behaviour, &Violation)> {
        self.outcomes()
            .filter_map(|(behaviour, outcome)| match outcome {
                Outcome::Broken(violation) => Some((behaviour, violation)),
                _ => None,
            })
    }

    /// The behaviours that were not tried.
    pub fn untried(&self) -> impl Iterator<Item = &'static Behaviour> {
        self.outcomes().filter_map(|(behaviour, outcome)| {
            matches!(outcome, Outcome::Untried(_)).then_some(behaviour)
        })
    }

    /// Whether the store shows every behaviour that was tried.
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
                Outcome::Untried(need) => writeln!(f, "untried  {behaviour}, for want of {need}")?,
            }
        }
        let (all, broken, untried) = (self.0.len(), self.broken().count(), self.untried().count());
        write!(
            f,
            "{all} behaviours: {} kept, {broken} broken, {untried} untried",
            all - broken - untried
        )
    }
}

/// The name, and what it proves: `refresh_lease_has_one_holder [TokenStore 3]`.
impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proves: Vec<_> = self.proves.iter().map(Guarantee::to_string).collect();
        write!(f, "{} [{}]", self.name, proves.join(", "))
    }
}

impl Behaviour {
    /// A violation, with the guarantees that it breaks in words.
    pub(super) fn told(&self, why: &Violation) -> Violation {
        let mut told = format!("{why}\nThe behaviour {} proves:", self.name);
        for (guarantee, text) in GUARANTEES {
            if self.proves.contains(guarantee) {
                told += &format!("\n    {guarantee}. {text}");
            }
        }
        Violation::new(told)
    }
}
