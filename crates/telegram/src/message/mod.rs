//! What a bot sends.

mod keyboard;
mod text;

use std::fmt;

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
/// last one, and labels that a button has no room for are listed in the text, by their numbers. So
/// are those below a blank text, which Telegram does not take.
///
/// `Debug` shows sizes and no text.
///
/// # Examples
/// ```
/// # mod cafe {
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe.rs"));
/// # }
/// # use cafe::{Cafe, DRINKS};
/// # use vimbiso_state::{CachedUser, Turn, UserId};
/// use vimbiso_telegram::Message;
///
/// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("42")?));
/// let menu = Message::new("What would you like?").menu(&DRINKS, turn.show(&DRINKS));
///
/// let question = turn.ask();
/// let question = Message::new("Pay 3 dollars?")
///     .option(question.button("yes"), "Yes")
///     .option(question.button("no"), "No");
/// # let _ = (menu, question);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// Its form is stored in outboxes: a new field needs a default.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    buttons: Vec<Button>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// let message = Message::new("Welcome!");
    /// # let _ = message;
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            buttons: Vec::new(),
        }
    }

    /// Adds the options of a menu as buttons, one below the other. The question is what
    /// [`Turn::show`](vimbiso_state::Turn::show) returned for the menu.
    ///
    /// # Examples
    /// See [`Message`].
    #[must_use]
    pub fn menu<S: Stage, C: Choice<S>>(self, menu: &MenuOptions<C>, question: QuestionId) -> Self {
        menu.buttons(question)
            .fold(self, |message, (id, label)| message.option(id, label))
    }

    /// Adds an option as a button. Telegram takes an id of at most 64 bytes, 17 of which are its
    /// question: see [`QuestionId::button`]. An option with a longer id is listed in the text
    /// instead, and the bot logs an error; at most 100 buttons are shown.
    ///
    /// # Examples
    /// See [`Message`].
    #[must_use]
    pub fn option(mut self, id: impl Into<String>, label: impl Into<String>) -> Self {
        self.buttons.push(Button {
            id: id.into(),
            label: label.into(),
        });
        self
    }

    /// The messages that are sent for it. None if it has neither text nor buttons.
    pub(crate) fn parts(&self) -> Vec<Part> {
        let is_blank = self.text.trim().is_empty();
        let (listed, keyboard) = keyboard::of(&self.buttons, is_blank);
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

/// Shows sizes and no text.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("bytes", &self.text.len())
            .field("options", &self.buttons.len())
            .finish()
    }
}

/// What a conversation's reply is on Telegram. A `String` is a text.
///
/// # Examples
/// ```
/// use serde::{Deserialize, Serialize};
/// use vimbiso_telegram::{Message, ToMessage};
///
/// #[derive(Serialize, Deserialize)]
/// enum Reply {
///     Balance(u32),
///     Goodbye,
/// }
///
/// impl ToMessage for Reply {
///     fn to_message(&self) -> Message {
///         match self {
///             Self::Balance(dollars) => Message::new(format!("You have {dollars} dollars.")),
///             Self::Goodbye => Message::new("Goodbye!"),
///         }
///     }
/// }
/// ```
pub trait ToMessage {
    /// The message.
    fn to_message(&self) -> Message;
}

impl ToMessage for Message {
    fn to_message(&self) -> Message {
        self.clone()
    }
}

impl ToMessage for String {
    fn to_message(&self) -> Message {
        Message::new(self)
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
