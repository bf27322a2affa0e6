//! What a user is told.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::redacted::shows_name_alone;

/// What a user is told: a text, and the buttons below it.
///
/// Remembered with the commit it belongs to, so that a second delivery of the message gets the very same.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The text, at most [`MAX_TEXT`](Self::MAX_TEXT) bytes; `*asterisks*` make it bold, as WhatsApp has it.
    pub text: String,
    /// The buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

/// Shows how much it says, and nothing of it.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_args!("{} bytes", self.text.len());
        f.debug_struct("Reply")
            .field("text", &text)
            .field("buttons", &self.buttons.len())
            .finish()
    }
}

/// A button below a reply.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub title: String,
    /// What it sends when it is pressed.
    pub id: String,
}
shows_name_alone!(Button);

impl Reply {
    /// The longest text, in bytes: what WhatsApp takes, and what fits into a remembered reply with room to spare.
    pub const MAX_TEXT: usize = 4096;

    /// A reply of this text. Cut to [`MAX_TEXT`](Self::MAX_TEXT), and without control characters but the line feed.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.retain(|c| c == '\n' || !c.is_control());
        if text.len() > Self::MAX_TEXT {
            let room = Self::MAX_TEXT - '…'.len_utf8();
            let end = text
                .char_indices()
                .map(|(at, _)| at)
                .take_while(|at| *at <= room)
                .last();
            text.truncate(end.unwrap_or(0));
            text.push('…');
        }
        Self {
            text,
            buttons: Vec::new(),
        }
    }

    /// With a button below.
    #[must_use]
    pub fn button(mut self, title: impl Into<String>, id: impl ToString) -> Self {
        self.buttons.push(Button {
            title: title.into(),
            id: id.to_string(),
        });
        self
    }

    /// With something said first.
    #[must_use]
    pub fn after(self, first: impl AsRef<str>) -> Self {
        let text = match (first.as_ref(), self.text) {
            ("", text) => text,
            (first, text) if text.is_empty() => first.to_owned(),
            (first, text) => format!("{first}\n\n{text}"),
        };
        Self {
            buttons: self.buttons,
            ..Self::new(text)
        }
    }
}
