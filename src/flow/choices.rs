//! Choices: what a user can pick, and where each choice leads.

use std::fmt::Debug;

use super::{CheckedChoices, Stage};

/// What a user can choose, or a step within a stage: a fieldless enum with its table.
///
/// The choice that was made last is the *option* of a session.
///
/// Follow the `impl` by [`assert_choices!`](crate::assert_choices), which checks the table when it
/// is compiled. Without it, the `impl` does not compile. A checked table has exactly one row for
/// each variant and at most 128 rows. So each choice has a name, and a menu cannot offer a choice
/// that is unknown when the reply comes.
///
/// # Examples
/// ```
/// use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
/// use vimbiso_state::{Choice, Stage, assert_choices, assert_transitions};
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
///         choice(Self::Coffee, "coffee", None), // stays at the counter
///         choice(Self::Pay, "pay", Some(At::Paying)),
///     ];
/// }
/// assert_choices!(Pick);
///
/// assert_eq!(Pick::Coffee.name(), "coffee");
/// assert_eq!(Pick::Pay.leads_to(), Some(At::Paying));
/// assert_eq!(Pick::from_name("pay"), Some(Pick::Pay));
/// ```
pub trait Choice<S: Stage>: Copy + Eq + Debug + Send + Sync + CheckedChoices + 'static {
    /// One row for each choice, made by [`choice`]: the choice, its wire name, the stage that it
    /// leads to.
    const TABLE: &'static [ChoiceRow<Self, S>];

    /// The wire name, as stored.
    #[must_use]
    fn name(self) -> &'static str {
        // Never empty: a choice without a row does not compile.
        find(self).map_or("", ChoiceRow::name)
    }

    /// The stage that this choice leads to. `None` for a step within a stage.
    #[must_use]
    fn leads_to(self) -> Option<S> {
        find(self).and_then(ChoiceRow::leads_to)
    }

    /// The choice with this wire name, if there is one.
    #[must_use]
    fn from_name(name: &str) -> Option<Self> {
        Self::TABLE
            .iter()
            .find(|row| row.name() == name)
            .map(ChoiceRow::choice)
    }

    /// Every choice, in the order of the table.
    fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.iter().map(ChoiceRow::choice)
    }
}

/// The row of a choice. `assert_choices!` has checked that each choice has one.
fn find<S: Stage, C: Choice<S>>(choice: C) -> Option<&'static ChoiceRow<C, S>> {
    // A table is short, so a search is faster than a map.
    C::TABLE.iter().find(|row| row.choice == choice)
}

/// One choice of a table: its wire name and the stage that it leads to. Made by [`choice`].
#[derive(Debug, Clone, Copy)]
pub struct ChoiceRow<C, S> {
    choice: C,
    name: &'static str,
    leads_to: Option<S>,
}

/// The row of a choice in [`Choice::TABLE`].
///
/// `name` is its wire name: 1 to 64 bytes of `A–Z a–z 0–9 _ . -`, unlike the name of any other
/// choice. `leads_to` is the stage that the choice opens. `None` makes it a step within the stage
/// in which it is made.
#[must_use]
pub const fn choice<C, S>(choice: C, name: &'static str, leads_to: Option<S>) -> ChoiceRow<C, S> {
    ChoiceRow {
        choice,
        name,
        leads_to,
    }
}

impl<C: Copy, S: Copy> ChoiceRow<C, S> {
    /// The choice.
    #[must_use]
    pub const fn choice(&self) -> C {
        self.choice
    }

    /// Its wire name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The stage that it leads to.
    #[must_use]
    pub const fn leads_to(&self) -> Option<S> {
        self.leads_to
    }
}

/// The choice of a flow that offers none: an enum without values.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Order};
/// use vimbiso_state::flow::NoChoice;
/// use vimbiso_state::{Flow, Member};
///
/// struct Kiosk;
///
/// impl Flow for Kiosk {
///     const NAME: &'static str = "kiosk";
///
///     type Stage = At;
///     type Choice = NoChoice;
///     type Data = Order;
///
///     fn member(_: &Order) -> Option<Member<'_>> {
///         None
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoChoice {}

impl<S: Stage> Choice<S> for NoChoice {
    const TABLE: &'static [ChoiceRow<Self, S>] = &[];
}

impl CheckedChoices for NoChoice {}

#[cfg(test)]
mod tests {
    use super::{Choice, ChoiceRow, NoChoice, choice};
    use crate::flow::{Row, Stage, row};
    use crate::{assert_choices, assert_transitions};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum At {
        Home,
        Away,
    }

    impl Stage for At {
        const START: Self = Self::Home;
        const TABLE: &'static [Row<Self>] = &[
            row(Self::Home, "home", &[Self::Away]),
            row(Self::Away, "away", &[Self::Home]),
        ];
    }
    assert_transitions!(At);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Pick {
        Stay,
        Go,
    }

    impl Choice<At> for Pick {
        const TABLE: &'static [ChoiceRow<Self, At>] = &[
            choice(Self::Go, "go", Some(At::Away)),
            choice(Self::Stay, "stay", None),
        ];
    }
    assert_choices!(Pick);

    #[test]
    fn names_and_targets_come_from_the_table() {
        assert_eq!(Pick::Go.name(), "go");
        assert_eq!(Pick::Stay.name(), "stay");
        assert_eq!(Pick::Go.leads_to(), Some(At::Away));
        assert_eq!(Pick::Stay.leads_to(), None);
        assert_eq!(Pick::from_name("go"), Some(Pick::Go));
        assert_eq!(Pick::from_name("Go"), None);
        assert!(Pick::all().eq([Pick::Go, Pick::Stay]));
    }

    #[test]
    fn flow_without_choices_has_an_empty_table() {
        assert!(<NoChoice as Choice<At>>::all().next().is_none());
        assert_eq!(<NoChoice as Choice<At>>::from_name("go"), None);
    }
}
