//! Menus: the choices that a message offers, and the error of a reply that is not among them.

use std::fmt;

use super::wire_name::is_wire_name;

/// A numbered menu of one to ten choices, each with its label. Numbers are positions, from 1.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Pick;
/// use vimbiso_state::MenuOptions;
///
/// static DRINKS: MenuOptions<Pick> =
///     MenuOptions::new("drinks", &[(Pick::Coffee, "Coffee"), (Pick::Tea, "Tea")]);
/// assert_eq!(DRINKS.to_string(), "1. Coffee\n2. Tea");
/// ```
///
/// An empty menu does not compile, and neither does one of more than ten choices:
/// ```compile_fail
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::Pick;
/// use vimbiso_state::MenuOptions;
///
/// static EMPTY: MenuOptions<Pick> = MenuOptions::new("empty", &[]);
/// ```
#[derive(Debug)]
pub struct MenuOptions<C: 'static> {
    name: &'static str,
    options: &'static [(C, &'static str)],
}

impl<C> MenuOptions<C> {
    /// A menu of one to ten choices with their labels. The name of the menu is a wire name.
    ///
    /// # Panics
    /// If the menu is empty or has more than ten choices, or the name is not 1 to 64 bytes of
    /// `A–Z a–z 0–9 _ . -`. In a `const` or `static`, where menus belong, that is an error of the
    /// compiler.
    #[must_use]
    #[allow(clippy::panic)] // evaluated by the compiler
    pub const fn new(name: &'static str, options: &'static [(C, &'static str)]) -> Self {
        assert!(
            is_wire_name(name),
            "invalid menu name: use 1 to 64 of A-Z a-z 0-9 _ . -"
        );
        assert!(!options.is_empty(), "empty menu: use 1 to 10 options");
        assert!(options.len() <= 10, "too many options: use 1 to 10");
        Self { name, options }
    }

    /// The wire name of the menu.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The choices and their labels, in the order of their numbers.
    #[must_use]
    pub const fn options(&self) -> &'static [(C, &'static str)] {
        self.options
    }
}

/// Writes the menu as a user reads it: one numbered line for each choice.
impl<C> fmt::Display for MenuOptions<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (_, label)) in self.options.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{}. {label}", i + 1)?;
        }
        Ok(())
    }
}

/// The reply is not on the menu that was shown last. Never repeats the reply.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS};
/// use vimbiso_state::{CachedUser, Turn, UserId};
///
/// let user = UserId::new("263771234567")?;
/// let mut turn = Turn::<Cafe>::of(CachedUser::visitor(user));
/// turn.show(&DRINKS);
/// let error = turn.pick("7").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "not on the menu: reply with a number from 1 to 3, or with the name of a choice",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotOnMenu {
    /// How many options the menu has. 0 if no menu is open.
    pub options: usize,
}

impl fmt::Display for NotOnMenu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.options {
            // A menu has at least one option, so 0 means that none is open.
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
    use super::{MenuOptions, NotOnMenu};

    static BOTH: MenuOptions<char> = MenuOptions::new("both", &[('o', "Away"), ('i', "Home")]);

    #[test]
    fn menu_has_one_numbered_line_for_each_choice() {
        assert_eq!(BOTH.name(), "both");
        assert_eq!(BOTH.options().len(), 2);
        assert_eq!(BOTH.to_string(), "1. Away\n2. Home");
    }

    #[test]
    fn error_says_what_would_be_understood() {
        let text = |options| NotOnMenu { options }.to_string();
        assert_eq!(text(0), "no menu is open");
        assert_eq!(
            text(1),
            "not on the menu: reply with 1, or with the name of the choice"
        );
        assert_eq!(
            text(2),
            "not on the menu: reply with a number from 1 to 2, or with the name of a choice"
        );
    }
}
