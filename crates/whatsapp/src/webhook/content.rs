//! What a message says.

use std::fmt;

use super::object::Object;
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

impl Content {
    /// What [`pick`](vimbiso_state::Turn::pick) takes: the text, or the id of what was tapped.
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

    pub(super) fn is_turn(&self) -> bool {
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

    pub(super) fn read(message: &Object<'_>) -> Self {
        let kind = message.text("type").unwrap_or_default();
        let read = match kind.as_str() {
            "text" => text(message),
            "button" => quick_reply(message),
            "interactive" => interactive(message),
            "location" => location(message),
            "image" => media(message, &kind, MediaKind::Image),
            "audio" | "voice" => media(message, &kind, MediaKind::Audio),
            "video" => media(message, &kind, MediaKind::Video),
            "document" => media(message, &kind, MediaKind::Document),
            "sticker" => media(message, &kind, MediaKind::Sticker),
            "contacts" => contacts(message),
            "order" => order(message),
            "request_welcome" => Some(Self::RequestWelcome),
            "reaction" => message.object("reaction").map(|reaction| {
                Self::Reaction(Reaction {
                    message: reaction.text("message_id"),
                    emoji: reaction.text("emoji"),
                })
            }),
            "edit" => Some(Self::Edit {
                original: original(message, "edit"),
            }),
            "revoke" => Some(Self::Revoke {
                original: original(message, "revoke"),
            }),
            "system" => Some(Self::System {
                kind: message
                    .object("system")
                    .and_then(|system| system.text("type"))
                    .unwrap_or_default(),
            }),
            "unsupported" => Some(Self::Unsupported {
                errors: ErrorReport::read_all(message),
            }),
            _ => None,
        };
        read.unwrap_or(Self::Unknown { kind })
    }
}

fn text(message: &Object<'_>) -> Option<Content> {
    Some(Content::Text(message.object("text")?.text("body")?))
}

fn quick_reply(message: &Object<'_>) -> Option<Content> {
    let button = message.object("button")?;
    let title = button.text("text");
    Some(Content::Selection(Selection {
        kind: SelectionKind::QuickReply,
        id: button.text("payload").or_else(|| title.clone())?,
        title,
        description: None,
    }))
}

fn interactive(message: &Object<'_>) -> Option<Content> {
    let interactive = message.object("interactive")?;
    let selection = |kind, reply: Object<'_>| {
        Some(Content::Selection(Selection {
            kind,
            id: reply.text("id")?,
            title: reply.text("title"),
            description: reply.text("description"),
        }))
    };
    match interactive.text("type")?.as_str() {
        "button_reply" => selection(SelectionKind::Button, interactive.object("button_reply")?),
        "list_reply" => selection(SelectionKind::Row, interactive.object("list_reply")?),
        "nfm_reply" => form(&interactive.object("nfm_reply")?),
        _ => None,
    }
}

fn form(reply: &Object<'_>) -> Option<Content> {
    // The answer is JSON in a text; an object is taken too, should that ever change.
    let response = match reply.text("response_json") {
        Some(text) => serde_json::from_str(&text).ok()?,
        None => reply.json("response_json")?,
    };
    let response: serde_json::Value = response;
    response.is_object().then(|| {
        Content::Form(Form {
            name: reply.text("name"),
            response,
        })
    })
}

fn location(message: &Object<'_>) -> Option<Content> {
    let location = message.object("location")?;
    Some(Content::Location(Location {
        latitude: location.number("latitude")?,
        longitude: location.number("longitude")?,
        name: location.text("name"),
        address: location.text("address"),
    }))
}

fn media(message: &Object<'_>, field: &str, kind: MediaKind) -> Option<Content> {
    let media = message.object(field)?;
    Some(Content::Media(Media {
        kind,
        id: media.text("id")?,
        mime_type: media.text("mime_type"),
        sha256: media.text("sha256"),
        caption: media.text("caption"),
        filename: media.text("filename"),
        is_voice: field == "voice" || media.flag("voice"),
    }))
}

fn contacts(message: &Object<'_>) -> Option<Content> {
    let contact = |contact: Object<'_>| SharedContact {
        name: contact
            .object("name")
            .and_then(|name| name.text("formatted_name")),
        phones: contact
            .objects("phones")
            .filter_map(|phone| phone.text("phone").or_else(|| phone.text("wa_id")))
            .collect(),
    };
    let contacts: Vec<_> = message.objects("contacts").map(contact).collect();
    (!contacts.is_empty()).then_some(Content::Contacts(contacts))
}

fn order(message: &Object<'_>) -> Option<Content> {
    let order = message.object("order")?;
    let item = |item: Object<'_>| OrderItem {
        product_id: item.text("product_retailer_id"),
        quantity: item.number("quantity"),
        price: item.number("item_price"),
        currency: item.text("currency"),
    };
    Some(Content::Order(Order {
        catalog_id: order.text("catalog_id"),
        text: order.text("text"),
        items: order.objects("product_items").map(item).collect(),
    }))
}

fn original(message: &Object<'_>, field: &str) -> Option<String> {
    message.object(field)?.text("original_message_id")
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
