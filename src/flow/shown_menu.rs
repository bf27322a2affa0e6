//! The menu that a user has read, and what a reply to it means.

use std::borrow::Cow;

use super::wire_name::MAX_NAME;
use super::{Choice, MenuOptions, NotOnMenu, Stage};

/// A menu as it was shown: its name and the wire names of its choices, `drinks:coffee,tea,pay`.
///
/// The whole list is kept, not only the name of the menu. So "2" means what was number 2 when the
/// user read the menu, even if a later release has changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownMenu(Cow<'static, str>);

impl ShownMenu {
    /// The longest text: the name of a menu and ten wire names, each with a separator.
    // The menu's name and ten choices, each with a separator.
    pub(crate) const MAX_LEN: usize = 11 * (MAX_NAME + 1);

    pub(crate) fn new<S: Stage, C: Choice<S>>(menu: &MenuOptions<C>) -> Self {
        let choices = menu.options().iter();
        let names: Vec<_> = choices.map(|(choice, _)| choice.name()).collect();
        Self(format!("{}:{}", menu.name(), names.join(",")).into())
    }

    pub(crate) fn from_text(text: Cow<'static, str>) -> Self {
        Self(text)
    }

    pub(crate) fn text(&self) -> &Cow<'static, str> {
        &self.0
    }

    pub(crate) fn name(&self) -> &str {
        self.0.split_once(':').map_or("", |(name, _)| name)
    }

    fn choices(&self) -> impl Iterator<Item = &str> {
        self.0
            .split_once(':')
            .map_or("", |(_, choices)| choices)
            .split(',')
    }

    /// The choice that a reply means: the number of a choice, or its wire name.
    ///
    /// # Errors
    /// [`NotOnMenu`] if the menu has no such choice, or this release has it no more.
    pub(crate) fn pick<S: Stage, C: Choice<S>>(&self, reply: &str) -> Result<C, NotOnMenu> {
        let reply = reply.trim();
        let name = if !reply.is_empty() && reply.bytes().all(|b| b.is_ascii_digit()) {
            reply
                .parse::<usize>()
                .ok()
                .and_then(|number| self.choices().nth(number.checked_sub(1)?))
        } else {
            self.choices().find(|name| *name == reply)
        };
        // A choice that this release no longer has is not on the menu.
        name.and_then(C::from_name).ok_or_else(|| NotOnMenu {
            options: self.choices().count(),
        })
    }
}

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
    fn longest_menu_is_kept_whole() {
        static LONGEST: MenuOptions<Long> =
            MenuOptions::new(LONG_NAME, &[(Long::Only, "Long"); 10]);
        let text = ShownMenu::new(&LONGEST).text().len();
        assert!(
            (ShownMenu::MAX_LEN - 1..=ShownMenu::MAX_LEN).contains(&text),
            "{text}"
        );
    }

    #[test]
    fn reply_is_a_number_or_a_wire_name() {
        let menu = ShownMenu::new(&BOTH);
        for (reply, choice) in [
            ("1", Direction::Out),
            (" 2 ", Direction::In),
            ("02", Direction::In),
            ("IN", Direction::In),
        ] {
            assert_eq!(menu.pick::<Here, Direction>(reply), Ok(choice), "{reply}");
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
                menu.pick::<Here, Direction>(reply),
                Err(NotOnMenu { options: 2 }),
                "{reply}"
            );
        }
    }

    #[test]
    fn number_of_a_dropped_choice_means_nothing() {
        let menu = ShownMenu::from_text("old:GONE,IN".into());
        assert!(menu.pick::<Here, Direction>("1").is_err());
        assert_eq!(menu.pick::<Here, Direction>("2"), Ok(Direction::In));
        assert_eq!(menu.name(), "old");
    }

    #[test]
    fn corrupt_menu_offers_nothing() {
        for text in ["", "x", ":", "x:", "x:,"] {
            assert!(
                ShownMenu::from_text(text.into())
                    .pick::<Here, Direction>("1")
                    .is_err(),
                "{text:?}"
            );
        }
    }
}
