//! What a bot sends.

mod keyboard;
mod text;

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::QuestionId;
use vimbiso_state::{Choice, MenuOptions, Stage};

pub use keyboard::InvalidButton;
pub(crate) use keyboard::check_choices;

/// The longest text of a message. Telegram's documentation says 4,096 characters; they are counted
/// as UTF-16 units here, which is never more than Telegram allows.
pub(crate) const MAX_TEXT: usize = 4_096;

/// A reply: a text, and buttons below it.
///
/// It is sent as it is, without formatting: a name that a user has typed cannot break it. Nothing
/// is cut: a text of more than 4,096 characters is sent as several messages, the buttons below the
/// last one, and labels that a button has no room for are listed in the text, by their numbers.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe.rs")); }
/// # use cafe::{Cafe, DRINKS};
/// # use vimbiso_state::{CachedUser, Turn, UserId};
/// use vimbiso_telegram::Message;
///
/// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("42")?));
/// let menu = Message::menu("What would you like?", &DRINKS, turn.show(&DRINKS));
///
/// let question = turn.ask();
/// let question = Message::text("Pay 3 dollars?")
///     .button(question.button("yes"), "Yes")
///     .button(question.button("no"), "No");
/// # let _ = (menu, question);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// Its form is stored in outboxes: a new field needs a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Button {
    id: String,
    label: String,
}

impl Message {
    /// A text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_telegram::Message;
    ///
    /// let message = Message::text("Welcome!");
    /// # let _ = message;
    /// ```
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            buttons: Vec::new(),
        }
    }

    /// A text with the options of a menu as buttons, one below the other. The question is what
    /// [`Turn::show`](vimbiso_state::Turn::show) returned for the menu.
    ///
    /// # Examples
    /// See [`Message`].
    pub fn menu<S: Stage, C: Choice<S>>(
        text: impl Into<String>,
        menu: &MenuOptions<C>,
        question: QuestionId,
    ) -> Self {
        let message = Self::text(text);
        menu.buttons(question)
            .fold(message, |message, (id, label)| message.button(id, label))
    }

    /// Adds a button. Telegram takes an id of at most 64 bytes, 17 of which are its question: see
    /// [`QuestionId::button`]. A button with a longer id is listed in the text instead, and the bot
    /// logs an error; at most 100 buttons are shown.
    ///
    /// # Examples
    /// See [`Message`].
    #[must_use]
    pub fn button(mut self, id: impl Into<String>, label: impl Into<String>) -> Self {
        self.buttons.push(Button {
            id: id.into(),
            label: label.into(),
        });
        self
    }

    /// The messages that are sent for it. None if there is no text.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let (listed, keyboard) = keyboard::of(&self.buttons);
        let mut parts: Vec<_> = text::split(&format!("{}{listed}", self.text), MAX_TEXT)
            .into_iter()
            .map(|text| Part {
                text: text.to_owned(),
                reply_markup: None,
            })
            .collect();
        if let Some(last) = parts.last_mut() {
            last.reply_markup = keyboard;
        }
        parts
    }
}

impl From<&Self> for Message {
    fn from(message: &Self) -> Self {
        message.clone()
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Self::text(text)
    }
}

/// One message of the Bot API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_markup: Option<keyboard::Keyboard>,
}

#[cfg(test)]
mod tests;
