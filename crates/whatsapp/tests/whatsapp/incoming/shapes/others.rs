//! Files, places, contacts and orders.

use serde_json::json;
use vimbiso_whatsapp::webhook::Content;

use super::{Shape, no_turn, shape};

pub fn all() -> Vec<Shape> {
    let mut all = media();
    all.extend(others());
    all
}

fn media() -> Vec<Shape> {
    let mut all = Vec::new();
    for kind in ["image", "audio", "video", "document", "sticker"] {
        let full = json!({ "id": "2754859441498128", "mime_type": "a/b", "sha256": "x=",
            "caption": "c", "filename": "f.pdf", "voice": false, "animated": true,
            "url": "https://lookaside.example/1" });
        all.push(shape(
            "whole file",
            "media",
            json!({ "type": kind, kind: full }),
        ));
        all.push(shape(
            "file by id",
            "media",
            json!({ "type": kind, kind: { "id": "1" } }),
        ));
        all.push(no_turn(
            "file without an id",
            "unknown",
            json!({ "type": kind, kind: { "mime_type": "a/b" } }),
        ));
        all.push(no_turn(
            "file without its object",
            "unknown",
            json!({ "type": kind }),
        ));
    }
    all.push(
        shape(
            "voice",
            "media",
            json!({ "type": "audio",
        "audio": { "id": "1", "voice": true } }),
        )
        .that(|content| matches!(content, Content::Media(media) if media.is_voice)),
    );
    all
}

fn others() -> Vec<Shape> {
    vec![
        shape(
            "place",
            "location",
            json!({ "type": "location",
            "location": { "latitude": -17.8252, "longitude": 31.0335 } }),
        ),
        shape(
            "named place",
            "location",
            json!({ "type": "location", "location": {
            "latitude": 0, "longitude": 180, "name": "Café", "address": "1 Main Street",
            "url": "https://a.example" } }),
        ),
        shape(
            "contact",
            "contacts",
            json!({ "type": "contacts", "contacts": [{
            "name": { "formatted_name": "Ada", "first_name": "Ada" },
            "phones": [{ "phone": "+1 650", "wa_id": "1650", "type": "HOME" }, { "wa_id": "7" }],
            "org": { "company": "C" }, "emails": [] }] }),
        )
        .that(|content| {
            matches!(content, Content::Contacts(contacts)
                if contacts[0].phones == ["+1 650", "7"])
        }),
        shape(
            "own number on request",
            "contacts",
            json!({ "type": "contacts",
            "origin": "contact_request",
            "contacts": [{ "vcard": "BEGIN:VCARD", "phones": [{ "phone": "1650" }] }] }),
        ),
        shape(
            "order",
            "order",
            json!({ "type": "order", "order": { "catalog_id": "c",
            "text": "please", "product_items": [{ "product_retailer_id": "sku", "quantity": 2,
            "item_price": 12.5, "currency": "USD" }] } }),
        )
        .that(|content| {
            matches!(content, Content::Order(order)
                if order.items[0].price == Some(12.5) && order.items[0].quantity == Some(2))
        }),
        shape(
            "empty order",
            "order",
            json!({ "type": "order", "order": {} }),
        ),
        shape(
            "opened chat",
            "request_welcome",
            json!({ "type": "request_welcome" }),
        ),
    ]
}
