//! Replies to the user: a text and the buttons below it.

use std::fmt;

use serde::{Deserialize, Serialize};
use vimbiso_whatsapp::limits;

use crate::redacted::debug_name_only;

/// A reply to the user: a text and the buttons below it.
///
/// It is stored with the commit of its turn, so that a second delivery of the message gets the
/// same reply.
///
/// # Examples
/// ```
/// use vimbisopay::Reply;
///
/// let reply = Reply::new("Offer *10 USD*?")
///     .button("Yes", "yes")
///     .button("No", "no")
///     .preceded_by("Your session expired.");
/// assert_eq!(reply.text, "Your session expired.\n\nOffer *10 USD*?");
/// assert_eq!(reply.buttons[1].id, "no");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The text, at most [`MAX_TEXT`](Self::MAX_TEXT) bytes. A word between `*asterisks*` is bold,
    /// as in WhatsApp.
    pub text: String,
    /// The entries of a menu or list, in the order of their numbers. The text has a numbered line
    /// for each; a channel may show them instead of those lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Button>,
    /// The buttons below the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// Shows the length of the text and the number of entries and buttons.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_args!("{} bytes", self.text.len());
        f.debug_struct("Reply")
            .field("text", &text)
            .field("entries", &self.entries.len())
            .field("buttons", &self.buttons.len())
            .finish()
    }
}

/// What the user can choose: a button, or an entry of a menu or list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// The label.
    pub title: String,
    /// The text that the channel delivers as a message when it is chosen.
    pub id: String,
}
debug_name_only!(Button);

impl Reply {
    /// The longest text, in bytes: the limit of WhatsApp, and well within that of a stored reply.
    pub const MAX_TEXT: usize = 4096;

    /// A reply with this text. Control characters other than the line feed are removed, and a text
    /// over [`MAX_TEXT`](Self::MAX_TEXT) bytes is cut and ends with `…`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.retain(|c| c == '\n' || !c.is_control());
        if text.len() > Self::MAX_TEXT {
            let limit = Self::MAX_TEXT - '…'.len_utf8();
            let end = text
                .char_indices()
                .map(|(at, _)| at)
                .take_while(|at| *at <= limit)
                .last();
            text.truncate(end.unwrap_or(0));
            text.push('…');
        }
        Self {
            text,
            entries: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// Adds a button.
    #[must_use]
    pub fn button(mut self, title: impl Into<String>, id: impl ToString) -> Self {
        self.buttons.push(Button {
            title: title.into(),
            id: id.to_string(),
        });
        self
    }

    /// Names the numbered lines of the text, each by its id and its title. The reply has no entries
    /// if they are more than 10, or if a title has more than 72 UTF-16 units: WhatsApp could not
    /// show them, and they would be stored with each commit.
    #[must_use]
    pub fn entries<T: Into<String>>(
        mut self,
        entries: impl IntoIterator<Item = (String, T)>,
    ) -> Self {
        let named = entries.into_iter().map(|(id, title)| Button {
            title: title.into(),
            id,
        });
        self.entries = named.collect();
        let is_long = |entry: &Button| limits::length(&entry.title) > limits::ROW_DESCRIPTION;
        if self.entries.len() > limits::ROWS || self.entries.iter().any(is_long) {
            self.entries.clear();
        }
        self
    }

    /// Puts a paragraph before the text, unless it is empty.
    #[must_use]
    pub fn preceded_by(self, first: impl AsRef<str>) -> Self {
        let text = match (first.as_ref(), self.text) {
            ("", text) => text,
            (first, text) if text.is_empty() => first.to_owned(),
            (first, text) => format!("{first}\n\n{text}"),
        };
        Self {
            entries: self.entries,
            buttons: self.buttons,
            ..Self::new(text)
        }
    }
}
