//! The parts of a message's content.

use std::fmt;

/// What the user has tapped.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Selection {
    /// What was tapped.
    pub kind: SelectionKind,
    /// The id that the bot gave to it: what [`pick`](vimbiso_state::Turn::pick) takes.
    pub id: String,
    /// The label.
    pub title: Option<String>,
    /// The small print below the label of a row.
    pub description: Option<String>,
}

/// What a [`Selection`] was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SelectionKind {
    /// One of up to three buttons.
    Button,
    /// A row of a list.
    Row,
    /// A quick reply of a template. Its id is the payload, or else the label.
    QuickReply,
}

/// A form that the user has filled in.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Form {
    /// Which kind of form: `flow` or `address_message`.
    pub name: Option<String>,
    /// What the user entered, as the form names it, with its `flow_token`.
    pub response: serde_json::Value,
}

/// A place.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Location {
    /// In degrees, north of the equator.
    pub latitude: f64,
    /// In degrees, east of Greenwich.
    pub longitude: f64,
    /// What the place is called.
    pub name: Option<String>,
    /// Its address.
    pub address: Option<String>,
}

/// A file, which is fetched by its id.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// The id to fetch it by.
    pub id: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Its SHA-256, in base64.
    pub sha256: Option<String>,
    /// What the user wrote below it.
    pub caption: Option<String>,
    /// The name of a document.
    pub filename: Option<String>,
    /// Whether a recording was spoken in the chat.
    pub is_voice: bool,
}

/// What a [`Media`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A recording.
    Audio,
    /// A film.
    Video,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
}

/// A contact that the user has shared.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedContact {
    /// The name, as one text.
    pub name: Option<String>,
    /// The numbers, as they are written in the address book.
    pub phones: Vec<String>,
}

/// An order from the catalogue.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Order {
    /// The catalogue.
    pub catalog_id: Option<String>,
    /// What the user wrote with it.
    pub text: Option<String>,
    /// What was ordered.
    pub items: Vec<OrderItem>,
}

/// One line of an [`Order`]. The price is what the user has seen: look it up before you charge it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderItem {
    /// The product, as the business calls it.
    pub product_id: Option<String>,
    /// How many.
    pub quantity: Option<u64>,
    /// The price of one.
    pub price: Option<f64>,
    /// The currency, as ISO 4217 writes it.
    pub currency: Option<String>,
}

/// An emoji at an earlier message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaction {
    /// The `wamid` of that message.
    pub message: Option<String>,
    /// The emoji; `None` if it was taken back.
    pub emoji: Option<String>,
}

/// Implements `Debug` without a text, for what a person has written.
macro_rules! debug_without_text {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}
debug_without_text!(
    Selection,
    Form,
    Location,
    Media,
    SharedContact,
    Order,
    OrderItem,
    Reaction
);
