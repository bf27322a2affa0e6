//! What a message says.

mod parts;
mod read;

use std::fmt;

pub use parts::{
    Form, Location, Media, MediaKind, Order, OrderItem, Reaction, Selection, SelectionKind,
    SharedContact,
};

use super::status::ErrorReport;

/// What a message says. `Debug` shows the kind alone, for the rest is what a person has written.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// A text. The library's [`pick`](vimbiso_state::Turn::pick) normalises it.
    Text(String),
    /// A button or a row of a list, which the user has tapped.
    Selection(Selection),
    /// A form that the user has filled in: a WhatsApp Flow or an address.
    Form(Form),
    /// A place.
    Location(Location),
    /// A picture, a recording, a film, a document or a sticker.
    Media(Media),
    /// Contacts from the user's address book, or the user's own number if the bot asked for it.
    Contacts(Vec<SharedContact>),
    /// An order from the catalogue.
    Order(Order),
    /// The user has opened the chat for the first time, and written nothing yet.
    RequestWelcome,
    /// An emoji at an earlier message. Never a turn.
    Reaction(Reaction),
    /// The user has changed an earlier message. Never a turn: what it led to has happened.
    Edit {
        /// The `wamid` of that message.
        original: Option<String>,
    },
    /// The user has withdrawn an earlier message. Never a turn.
    Revoke {
        /// The `wamid` of that message.
        original: Option<String>,
    },
    /// A notice of WhatsApp other than a changed number or id. Never a turn.
    System {
        /// Which one, as Meta calls it.
        kind: String,
    },
    /// A kind of message that the Cloud API does not pass on, such as a poll. Never a turn.
    Unsupported {
        /// Why, as Meta says.
        errors: Vec<ErrorReport>,
    },
    /// What this release cannot read: an unknown kind, or a known one without what makes it. Never
    /// a turn.
    Unknown {
        /// The kind, as Meta calls it; empty if it is missing.
        kind: String,
    },
}

impl Content {
    /// What [`pick`](vimbiso_state::Turn::pick) takes: the text, or the id of what was tapped.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::webhook::Content;
    ///
    /// assert_eq!(Content::Text("two teas".to_owned()).answer(), Some("two teas"));
    /// assert_eq!(Content::RequestWelcome.answer(), None);
    /// ```
    #[must_use]
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Selection(selection) => Some(&selection.id),
            _ => None,
        }
    }

    /// One word for a log: `text`, `selection`, `unknown`, ….
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Selection(_) => "selection",
            Self::Form(_) => "form",
            Self::Location(_) => "location",
            Self::Media(_) => "media",
            Self::Contacts(_) => "contacts",
            Self::Order(_) => "order",
            Self::RequestWelcome => "request_welcome",
            Self::Reaction(_) => "reaction",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::System { .. } => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Unknown { .. } => "unknown",
        }
    }

    pub(in crate::webhook) fn is_turn(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::Selection(_)
            | Self::Form(_)
            | Self::Location(_)
            | Self::Media(_)
            | Self::Contacts(_)
            | Self::Order(_)
            | Self::RequestWelcome => true,
            Self::Reaction(_)
            | Self::Edit { .. }
            | Self::Revoke { .. }
            | Self::System { .. }
            | Self::Unsupported { .. }
            | Self::Unknown { .. } => false,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System { kind } | Self::Unknown { kind } => {
                write!(f, "Content({}, {kind:?})", self.kind())
            }
            _ => write!(f, "Content({})", self.kind()),
        }
    }
}
