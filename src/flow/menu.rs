//! Menus: what is offered, what was shown, what a reply means.

use std::borrow::Cow;
use std::fmt;

use super::wire_name::{MAX_NAME, is_wire_name};
use super::{Choice, Stage};

/// A numbered menu of typed choices, each with its label. Numbers are positions, from 1.
///
/// # Examples
/// ```
/// # #[cfg(feature = "vimbisopay")] {
/// use vimbiso_state::MenuOptions;
/// use vimbiso_state::vimbisopay::Choice;
///
/// static BASIC: MenuOptions<Choice> =
///     MenuOptions::new("basic", &[(Choice::OfferCredex, "Offer"), (Choice::Transactions, "History")]);
/// assert_eq!(BASIC.to_string(), "1. Offer\n2. History");
/// # }
/// ```
///
/// An empty menu, and one of more than ten, does not compile:
/// ```compile_fail
/// use vimbiso_state::{Direction, MenuOptions};
/// static EMPTY: MenuOptions<Direction> = MenuOptions::new("empty", &[]);
/// ```
#[derive(Debug)]
pub struct MenuOptions<C: 'static> {
    name: &'static str,
    options: &'static [(C, &'static str)],
}

impl<C> MenuOptions<C> {
    /// A menu of one to ten choices with their labels, under a name of its own.
    ///
    /// # Panics
    /// Where it is empty, longer than ten, or its name is no wire name. In a `const` or `static`, where menus belong, that is
    /// an error of the compiler.
    #[must_use]
    #[allow(clippy::panic)] // evaluated by the compiler
    pub const fn new(name: &'static str, options: &'static [(C, &'static str)]) -> Self {
        assert!(
            is_wire_name(name),
            "a menu's name takes 1 to 64 bytes of A-Z a-z 0-9 _ . -"
        );
        assert!(!options.is_empty(), "a menu without options offers nothing");
        assert!(options.len() <= 10, "a menu holds at most ten options");
        Self { name, options }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its choices and their labels, in the order of their numbers.
    #[must_use]
    pub const fn options(&self) -> &'static [(C, &'static str)] {
        self.options
    }
}

/// The menu as a user reads it: a numbered line each.
impl<C> fmt::Display for MenuOptions<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (_, label)) in self.options.iter().enumerate() {
            let end = if i == 0 { "" } else { "\n" };
            write!(f, "{end}{}. {label}", i + 1)?;
        }
        Ok(())
    }
}

/// A menu as it was last shown: its name and the wire names of its choices, `tier_1:offer,accept`.
///
/// The whole list is remembered, not the menu's name, so that "5" means what stood at 5 when the user read it, whatever
/// tier or release has come since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown(Cow<'static, str>);

impl Shown {
    /// The longest form: a menu's name and ten wire names.
    pub(crate) const MAX_LEN: usize = 11 * (MAX_NAME + 1);

    pub(crate) fn new<S: Stage, C: Choice<S>>(menu: &MenuOptions<C>) -> Self {
        let names: Vec<_> = menu
            .options
            .iter()
            .map(|(choice, _)| choice.name())
            .collect();
        Self(format!("{}:{}", menu.name, names.join(",")).into())
    }

    pub(crate) fn from_text(text: Cow<'static, str>) -> Self {
        Self(text)
    }

    pub(crate) fn text(&self) -> &Cow<'static, str> {
        &self.0
    }

    pub(crate) fn menu(&self) -> &str {
        self.0.split_once(':').map_or("", |(menu, _)| menu)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0
            .split_once(':')
            .map_or("", |(_, names)| names)
            .split(',')
    }

    /// What a reply means on this menu: a number, or the wire name of a choice that has one.
    pub(crate) fn pick<S: Stage, C: Choice<S>>(&self, reply: &str) -> Result<C, NotOnMenu> {
        let reply = reply.trim();
        let name = if !reply.is_empty() && reply.bytes().all(|b| b.is_ascii_digit()) {
            reply
                .parse::<usize>()
                .ok()
                .and_then(|number| self.names().nth(number.checked_sub(1)?))
        } else {
            self.names().find(|name| *name == reply)
        };
        name.and_then(C::from_name).ok_or_else(|| NotOnMenu {
            options: self.names().count(),
        })
    }
}

/// A reply that the menu as last shown does not have. Never repeats the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotOnMenu {
    /// How many options the menu has; 0 where none is open.
    pub options: usize,
}

impl fmt::Display for NotOnMenu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.options {
            0 => f.write_str("no menu is open"),
            1 => f.write_str("not on the menu: reply with 1, or with the name of the choice"),
            n => write!(
                f,
                "not on the menu: reply with a number from 1 to {n}, or with the name of a choice"
            ),
        }
    }
}

impl std::error::Error for NotOnMenu {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{ChoiceRow, Row, choice, row};
    use crate::id::Direction;
    use crate::{assert_choices, assert_transitions};

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    enum Here {
        Only,
    }

    impl Stage for Here {
        const START: Self = Self::Only;
        const TABLE: &'static [Row<Self>] = &[row(Self::Only, "only", &[])];
    }
    assert_transitions!(Here);

    impl Choice<Here> for Direction {
        const TABLE: &'static [ChoiceRow<Self, Here>] =
            &[choice(Self::In, "IN", None), choice(Self::Out, "OUT", None)];
    }
    assert_choices!(Direction);

    static BOTH: MenuOptions<Direction> =
        MenuOptions::new("both", &[(Direction::Out, "Away"), (Direction::In, "Home")]);

    const LONG_NAME: &str = "a_name_of_64_bytes______________________________________________";

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Long {
        Only,
    }

    impl Choice<Here> for Long {
        const TABLE: &'static [ChoiceRow<Self, Here>] = &[choice(Self::Only, LONG_NAME, None)];
    }
    assert_choices!(Long);

    #[test]
    fn a_menu_is_read_as_a_numbered_line_for_each_choice() {
        assert_eq!((BOTH.name(), BOTH.options().len()), ("both", 2));
        assert_eq!(BOTH.to_string(), "1. Away\n2. Home");
    }

    #[test]
    fn the_longest_menu_is_remembered_whole() {
        static LONGEST: MenuOptions<Long> =
            MenuOptions::new(LONG_NAME, &[(Long::Only, "Long"); 10]);
        let text = Shown::new(&LONGEST).text().len();
        assert!(
            (Shown::MAX_LEN - 1..=Shown::MAX_LEN).contains(&text),
            "{text}"
        );
    }

    #[test]
    fn whoever_is_not_understood_reads_what_would_be() {
        let said = |options| NotOnMenu { options }.to_string();
        assert_eq!(said(0), "no menu is open");
        assert_eq!(
            said(1),
            "not on the menu: reply with 1, or with the name of the choice"
        );
        assert_eq!(
            said(2),
            "not on the menu: reply with a number from 1 to 2, or with the name of a choice"
        );
    }

    #[test]
    fn a_reply_is_a_position_or_a_wire_name_and_nothing_else() {
        let shown = Shown::new(&BOTH);
        for (reply, choice) in [
            ("1", Direction::Out),
            (" 2 ", Direction::In),
            ("02", Direction::In),
            ("IN", Direction::In),
        ] {
            assert_eq!(shown.pick::<Here, Direction>(reply), Ok(choice), "{reply}");
        }
        for reply in [
            "0",
            "3",
            "-1",
            "+1",
            "",
            " ",
            "in",
            "IN,OUT",
            "both",
            ":",
            ",",
            "99999999999999999999999",
            "１",
        ] {
            assert_eq!(
                shown.pick::<Here, Direction>(reply),
                Err(NotOnMenu { options: 2 }),
                "{reply}"
            );
        }
    }

    #[test]
    fn a_choice_that_a_later_release_dropped_is_not_taken_for_its_successor() {
        let shown = Shown::from_text("old:GONE,IN".into());
        assert!(shown.pick::<Here, Direction>("1").is_err());
        assert_eq!(shown.pick::<Here, Direction>("2"), Ok(Direction::In));
        assert_eq!(shown.menu(), "old");
    }

    #[test]
    fn a_damaged_menu_offers_nothing() {
        for text in ["", "x", ":", "x:", "x:,"] {
            assert!(
                Shown::from_text(text.into())
                    .pick::<Here, Direction>("1")
                    .is_err(),
                "{text:?}"
            );
        }
    }
}
