//! How a content is read.

use super::Content;
use super::parts::{
    Form, Location, Media, MediaKind, Order, OrderItem, Reaction, Selection, SelectionKind,
    SharedContact,
};
use crate::webhook::object::Object;
use crate::webhook::status::ErrorReport;

impl Content {
    pub(in crate::webhook) fn read(message: &Object<'_>) -> Self {
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
