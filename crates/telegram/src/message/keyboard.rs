//! The buttons below a message, within the limits of the Bot API.

use std::fmt::Write as _;

use serde::Serialize;
use vimbiso_state::{Choice, Flow};

use super::{Button, text};

/// The longest id of a button, in bytes: `callback_data` of the Bot API.
const MAX_ID: usize = 64;

/// What a question adds to the name of an option: `~` and 16 digits.
const QUESTION: usize = 17;

/// The buttons below one message.
const MAX_BUTTONS: usize = 100;

/// What a phone shows of a label, in UTF-16 units. Apps cut longer ones off.
const MAX_LABEL: usize = 40;

/// An option of a flow that cannot be a button on Telegram.
///
/// # Examples
/// ```
/// use vimbiso_telegram::InvalidButton;
///
/// fn explain(error: &InvalidButton) -> String {
///     format!("shorten {} by {} bytes", error.option, error.bytes - 47)
/// }
/// # let _ = explain;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the option {option:?} cannot be a button: its name has {bytes} bytes, use at most 47")]
#[non_exhaustive]
pub struct InvalidButton {
    /// The wire name of the option.
    pub option: &'static str,
    /// The length of the name, in bytes. Telegram allows 64 for a button, and 17 are its question.
    pub bytes: usize,
}

/// Whether each option of a flow fits into a button.
pub(crate) fn check_choices<F: Flow>() -> Result<(), InvalidButton> {
    let names = F::Choice::all().map(Choice::<F::Stage>::name);
    check_names(names)
}

pub(super) fn check_names(
    mut names: impl Iterator<Item = &'static str>,
) -> Result<(), InvalidButton> {
    let long = names.find(|name| name.len() + QUESTION > MAX_ID);
    match long {
        Some(option) => Err(InvalidButton {
            option,
            bytes: option.len(),
        }),
        None => Ok(()),
    }
}

/// Buttons, one in each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Keyboard {
    pub(crate) inline_keyboard: Vec<[Key; 1]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) callback_data: String,
}

/// The keyboard, and what is listed in the text because a button has no room for it, or the text is
/// blank.
pub(super) fn of(buttons: &[Button], is_blank: bool) -> (String, Option<Keyboard>) {
    let fits = |button: &Button| (1..=MAX_ID).contains(&button.id.len());
    let is_whole = |button: &Button| text::units(label(button)) <= MAX_LABEL && fits(button);
    let mut listed = String::new();
    let is_listed = is_blank || buttons.len() > MAX_BUTTONS || !buttons.iter().all(is_whole);
    if is_listed {
        listed.push('\n');
        for (at, button) in buttons.iter().enumerate() {
            let _ = write!(listed, "\n{}. {}", at + 1, label(button));
        }
    }
    let mut keys = Vec::new();
    for (at, button) in buttons.iter().enumerate().take(MAX_BUTTONS) {
        if !fits(button) {
            // Its number can still be typed, and the whole menu is in the text.
            let bytes = button.id.len();
            tracing::error!(
                bytes,
                "the id of a button is not 1 to 64 bytes: shown as text"
            );
            continue;
        }
        let text = match is_listed {
            true => text::shortened(&format!("{}. {}", at + 1, label(button)), MAX_LABEL),
            false => label(button).to_owned(),
        };
        let callback_data = button.id.clone();
        keys.push([Key {
            text,
            callback_data,
        }]);
    }
    let keyboard = (!keys.is_empty()).then_some(Keyboard {
        inline_keyboard: keys,
    });
    (listed, keyboard)
}

/// Telegram refuses a button without a label.
fn label(button: &Button) -> &str {
    match button.label.trim() {
        "" => button.id.split('~').next().unwrap_or(&button.id),
        label => label,
    }
}
