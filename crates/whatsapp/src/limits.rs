//! What WhatsApp accepts, and a check of a bot's menus when it starts.
//!
//! Meta's reference counts "characters" and does not say which. This crate counts UTF-16 code
//! units: a text has never more code points than those, so what fits here fits by either count. An
//! emoji counts as two or more.

use vimbiso_state::MenuOptions;

/// The longest text of a message without buttons.
pub const TEXT: usize = 4096;
/// The longest text above buttons or a list. Newer pages of the reference allow a list 4,096.
pub const BODY: usize = 1024;
/// The most buttons.
pub const BUTTONS: usize = 3;
/// The longest title of a button.
pub const BUTTON_TITLE: usize = 20;
/// The most rows of a list, in all its sections together.
pub const ROWS: usize = 10;
/// The longest title of a row.
pub const ROW_TITLE: usize = 24;
/// The longest description of a row.
pub const ROW_DESCRIPTION: usize = 72;
/// The longest id of a row. A button's may have 256; this crate keeps to 200 for both.
pub const OPTION_ID: usize = 200;
/// The longest label of the button that opens a list.
pub const LIST_BUTTON: usize = 20;
/// The longest title of a list's section.
pub const SECTION_TITLE: usize = 24;
/// The longest header, and the longest footer.
pub const HEADER: usize = 60;
/// The longest text that a status repeats, in bytes.
pub const CALLBACK_DATA: usize = 512;

/// The length of a text as this crate counts it.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::limits::length;
///
/// assert_eq!(length("Tee"), 3);
/// assert_eq!(length("Käse"), 4);
/// assert_eq!(length("🍵"), 2);
/// ```
#[must_use]
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether a text may be a title, a description, a header, a footer or an id: one line that is not
/// blank.
pub(crate) fn is_line(text: &str, limit: usize) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control) && length(text) <= limit
}

/// Checks the labels of a menu, when a bot starts or in a test: each must fit the title of a row.
///
/// A label that does not fit is still [sent](crate::render), as a row's description or in a
/// numbered text. The check finds it before a user sees that.
///
/// # Errors
/// [`InvalidLabel`] for the first label that does not fit. It names the menu and the label.
///
/// # Examples
/// ```
/// use vimbiso_state::MenuOptions;
/// use vimbiso_whatsapp::limits::check;
///
/// static DRINKS: MenuOptions<char> =
///     MenuOptions::new("drinks", &[('c', "Coffee"), ('t', "Tea of the house, and a biscuit")]);
/// assert_eq!(
///     check(&DRINKS).unwrap_err().to_string(),
///     "label \"Tea of the house, and a biscuit\" of menu drinks has 31 characters: \
///      use at most 24",
/// );
/// ```
pub fn check<C: Copy>(menu: &MenuOptions<C>) -> Result<(), InvalidLabel> {
    for (number, (_, label)) in (1..).zip(menu.options()) {
        let length = length(label);
        let menu = menu.name().to_owned();
        if label.trim().is_empty() {
            return Err(InvalidLabel::Empty { menu, number });
        }
        let label = label.to_owned();
        if label.contains(char::is_control) {
            return Err(InvalidLabel::ControlCharacter { menu, label });
        }
        if length > ROW_TITLE {
            return Err(InvalidLabel::TooLong {
                menu,
                label,
                length,
                limit: ROW_TITLE,
            });
        }
    }
    Ok(())
}

/// A label does not fit. Returned by [`check`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLabel {
    /// It is too long.
    #[error("label {label:?} of menu {menu} has {length} characters: use at most {limit}")]
    TooLong {
        /// The name of the menu.
        menu: String,
        /// The label.
        label: String,
        /// Its [length].
        length: usize,
        /// The longest that fits.
        limit: usize,
    },
    /// It is blank.
    #[error("label {number} of menu {menu} is blank: name what the user chooses")]
    Empty {
        /// The name of the menu.
        menu: String,
        /// The number of the option, from 1.
        number: usize,
    },
    /// It holds a line feed or another control character.
    #[error("label {label:?} of menu {menu} has a control character: use one line of text")]
    ControlCharacter {
        /// The name of the menu.
        menu: String,
        /// The label.
        label: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: [&str; 2]) -> Result<(), InvalidLabel> {
        check(
            &MenuOptions::try_new("m", [(0, labels[0].to_owned()), (1, labels[1].to_owned())])
                .unwrap(),
        )
    }

    #[test]
    fn labels_up_to_the_limit_pass() {
        let longest = "x".repeat(24);
        assert_eq!(labels(["Coffee", &longest]), Ok(()));
        assert_eq!(labels(["🍵".repeat(12).as_str(), "é"]), Ok(()));
    }

    #[test]
    fn label_that_cannot_be_a_title_is_named() {
        let long = "🍵".repeat(13);
        assert_eq!(
            labels(["Coffee", &long]),
            Err(InvalidLabel::TooLong {
                menu: "m".to_owned(),
                label: long,
                length: 26,
                limit: 24,
            })
        );
        let menu = "m".to_owned();
        assert_eq!(
            labels(["a", " "]),
            Err(InvalidLabel::Empty { menu, number: 2 })
        );
        assert!(matches!(
            labels(["a\nb", "b"]),
            Err(InvalidLabel::ControlCharacter { .. })
        ));
    }
}
