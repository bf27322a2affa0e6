//! Menus: the choices that a message offers, and the error of a reply that is not among them.

use std::borrow::Cow;
use std::fmt;

use super::wire_name::is_wire_name;
use super::{Choice, QuestionId, Stage};

const MAX_OPTIONS: usize = 10;

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
#[derive(Debug, Clone)]
pub struct MenuOptions<C: 'static> {
    name: Cow<'static, str>,
    options: Options<C>,
}

#[derive(Debug, Clone)]
enum Options<C: 'static> {
    Fixed(&'static [(C, &'static str)]),
    Built(Vec<(C, Cow<'static, str>)>),
}

impl<C> MenuOptions<C> {
    /// A menu of one to ten choices with their labels. The name of the menu is a wire name.
    ///
    /// # Panics
    /// If the menu is empty or has more than ten choices, or the name is not 1 to 64 bytes of
    /// `A–Z a–z 0–9 _ . -`. In a `const` or `static`, that is an error of the compiler. For a menu
    /// that is put together at run time, use [`try_new`](Self::try_new).
    #[must_use]
    #[allow(clippy::panic)] // evaluated by the compiler
    pub const fn new(name: &'static str, options: &'static [(C, &'static str)]) -> Self {
        assert!(
            is_wire_name(name),
            "invalid menu name: use 1 to 64 of A-Z a-z 0-9 _ . -"
        );
        assert!(!options.is_empty(), "empty menu: use 1 to 10 options");
        assert!(
            options.len() <= MAX_OPTIONS,
            "too many options: use 1 to 10"
        );
        Self {
            name: Cow::Borrowed(name),
            options: Options::Fixed(options),
        }
    }

    /// A menu that is put together at run time: in the user's language, from a database, or one
    /// page of many choices.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Pick;
    /// use vimbiso_state::MenuOptions;
    ///
    /// let prices = [(Pick::Coffee, 3), (Pick::Tea, 2)]; // from a database
    /// let lines = prices.map(|(drink, price)| (drink, format!("{drink:?}, {price} dollars")));
    /// let menu = MenuOptions::try_new("drinks", lines)?;
    /// assert_eq!(menu.to_string(), "1. Coffee, 3 dollars\n2. Tea, 2 dollars");
    /// # Ok::<(), vimbiso_state::flow::InvalidMenu>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMenu`] if the name is no wire name, there are no options or more than ten, or two
    /// of them are the same choice.
    pub fn try_new<L: Into<Cow<'static, str>>>(
        name: impl Into<Cow<'static, str>>,
        options: impl IntoIterator<Item = (C, L)>,
    ) -> Result<Self, InvalidMenu>
    where
        C: PartialEq,
    {
        let name = name.into();
        if !is_wire_name(&name) {
            return Err(InvalidMenu::Name);
        }
        let mut built: Vec<(C, Cow<'static, str>)> = Vec::new();
        for (choice, label) in options {
            if built.len() == MAX_OPTIONS {
                return Err(InvalidMenu::TooManyOptions);
            }
            if built.iter().any(|(other, _)| *other == choice) {
                let number = built.len() + 1;
                return Err(InvalidMenu::SecondOption { number });
            }
            built.push((choice, label.into()));
        }
        if built.is_empty() {
            return Err(InvalidMenu::Empty);
        }
        Ok(Self {
            name,
            options: Options::Built(built),
        })
    }

    /// The name and the options, if the compiler made the menu.
    pub(super) const fn fixed(&self) -> (&'static str, &'static [(C, &'static str)]) {
        match (&self.name, &self.options) {
            (Cow::Borrowed(name), Options::Fixed(options)) => (name, options),
            _ => ("", &[]),
        }
    }

    /// The wire name of the menu.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The choices and their labels, in the order of their numbers.
    pub fn options(&self) -> impl Iterator<Item = (C, &str)>
    where
        C: Copy,
    {
        // One of the two is empty.
        let (fixed, built) = match &self.options {
            Options::Fixed(fixed) => (*fixed, &[][..]),
            Options::Built(built) => (&[][..], &built[..]),
        };
        let fixed = fixed.iter().map(|(choice, label)| (*choice, *label));
        fixed.chain(built.iter().map(|(choice, label)| (*choice, &**label)))
    }

    /// The id and the label of each button, if the menu is shown with buttons. The question is what
    /// [`Turn::show`](crate::Turn::show) returned for this menu.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// let question = turn.show(&DRINKS);
    /// let buttons: Vec<_> = DRINKS.buttons(question).collect();
    /// assert_eq!(buttons[1], (format!("tea~{question}"), "Tea"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn buttons<S: Stage>(&self, question: QuestionId) -> impl Iterator<Item = (String, &str)>
    where
        C: Choice<S>,
    {
        self.options()
            .map(move |(choice, label)| (question.button(choice.name()), label))
    }
}

/// Writes the menu as a user reads it: one numbered line for each choice.
impl<C: Copy> fmt::Display for MenuOptions<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (_, label)) in self.options().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{}. {label}", i + 1)?;
        }
        Ok(())
    }
}

/// A menu cannot be put together like this. Returned by [`MenuOptions::try_new`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMenu {
    /// The name is no wire name.
    #[error("invalid menu name: use 1 to 64 of A-Z a-z 0-9 _ . -")]
    Name,
    /// There are no options.
    #[error("empty menu: use 1 to 10 options")]
    Empty,
    /// There are more than ten options.
    #[error("too many options: use 1 to 10, and show more on another page")]
    TooManyOptions,
    /// Two options are the same choice.
    #[error("option {number} is a choice that the menu has already: use each choice once")]
    SecondOption {
        /// The number of the second one.
        number: usize,
    },
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
    /// How many options the menu or list has. 0 if none is open.
    pub options: usize,
}

impl fmt::Display for NotOnMenu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.options {
            // A menu has at least one option.
            0 => f.write_str("no menu or list is open"),
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
    use super::{InvalidMenu, MenuOptions, NotOnMenu};

    static BOTH: MenuOptions<char> = MenuOptions::new("both", &[('o', "Away"), ('i', "Home")]);

    #[test]
    fn menu_has_one_numbered_line_for_each_choice() {
        assert_eq!(BOTH.name(), "both");
        assert!(BOTH.options().eq([('o', "Away"), ('i', "Home")]));
        assert_eq!(BOTH.to_string(), "1. Away\n2. Home");
    }

    #[test]
    fn menu_is_put_together_at_run_time() {
        let labels = ["Loin", "Chez soi"].map(String::from);
        let menu = MenuOptions::try_new("both".to_owned(), "oi".chars().zip(labels)).unwrap();
        assert_eq!(menu.name(), "both");
        assert!(menu.options().eq([('o', "Loin"), ('i', "Chez soi")]));
        assert_eq!(menu.clone().to_string(), "1. Loin\n2. Chez soi");
    }

    #[test]
    fn menu_that_cannot_be_shown_is_refused() {
        let build = |name: &'static str, choices: &str| {
            let options = choices.chars().map(|choice| (choice, "label"));
            MenuOptions::try_new(name, options).map(|menu| menu.options().count())
        };
        assert_eq!(build("m", "0123456789"), Ok(10));
        assert_eq!(build("m", "0123456789a"), Err(InvalidMenu::TooManyOptions));
        assert_eq!(build("m", ""), Err(InvalidMenu::Empty));
        assert_eq!(build("", "0"), Err(InvalidMenu::Name));
        assert_eq!(build("a~b", "0"), Err(InvalidMenu::Name));
        let second = Err(InvalidMenu::SecondOption { number: 3 });
        assert_eq!(build("m", "010"), second);
        let endless = (0..).map(|n| (n, "label"));
        assert!(MenuOptions::try_new("m", endless).is_err());
    }

    #[test]
    fn error_says_what_would_be_understood() {
        let text = |options| NotOnMenu { options }.to_string();
        assert_eq!(text(0), "no menu or list is open");
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
