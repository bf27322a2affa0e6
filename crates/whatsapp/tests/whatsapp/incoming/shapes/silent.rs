//! Notices, and what cannot be read.

use serde_json::json;
use vimbiso_whatsapp::webhook::Content;

use super::{Shape, interactive, no_turn};

pub fn all() -> Vec<Shape> {
    let mut all = notices();
    all.extend(unreadable());
    all
}

fn notices() -> Vec<Shape> {
    vec![
        no_turn(
            "reaction",
            "reaction",
            json!({ "type": "reaction",
            "reaction": { "message_id": "wamid.8", "emoji": "👍" } }),
        ),
        no_turn(
            "reaction taken back",
            "reaction",
            json!({ "type": "reaction",
            "reaction": { "message_id": "wamid.8" } }),
        ),
        no_turn(
            "edited text",
            "edit",
            json!({ "type": "edit", "edit": {
            "original_message_id": "wamid.8",
            "message": { "type": "text", "text": { "body": "yes" } } } }),
        ),
        no_turn(
            "edited caption",
            "edit",
            json!({ "type": "edit", "edit": {
            "original_message_id": "wamid.8",
            "message": { "type": "image", "image": { "id": "1", "caption": "c" } } } }),
        ),
        no_turn(
            "revocation",
            "revoke",
            json!({ "type": "revoke",
            "revoke": { "original_message_id": "wamid.8" } }),
        ),
        no_turn("bare revocation", "revoke", json!({ "type": "revoke" })),
        no_turn(
            "changed identity",
            "system",
            json!({ "type": "system", "system": {
            "type": "user_identity_changed", "body": "b", "identity": "x", "customer": "1" } }),
        ),
        no_turn("bare notice", "system", json!({ "type": "system" })),
        no_turn(
            "poll",
            "unsupported",
            json!({ "type": "unsupported",
            "unsupported": { "type": "poll_creation" },
            "errors": [{ "code": 131_051, "title": "Message type unknown",
                "message": "Message type unknown",
                "error_data": { "details": "Message type is currently not supported." } }] }),
        )
        .that(|content| {
            matches!(content, Content::Unsupported { errors }
                if errors[0].code == Some(131_051) && errors[0].details.is_some())
        }),
        no_turn(
            "bare unsupported",
            "unsupported",
            json!({ "type": "unsupported" }),
        ),
    ]
}

fn unreadable() -> Vec<Shape> {
    vec![
        no_turn(
            "unknown kind",
            "unknown",
            json!({ "type": "hologram", "hologram": {} }),
        ),
        no_turn(
            "old unknown kind",
            "unknown",
            json!({ "type": "unknown", "errors": [] }),
        ),
        no_turn("no kind", "unknown", json!({ "text": { "body": "hi" } })),
        no_turn(
            "kind of another type",
            "unknown",
            json!({ "type": 7, "text": { "body": "hi" } }),
        ),
        no_turn(
            "text without a body",
            "unknown",
            json!({ "type": "text", "text": {} }),
        ),
        no_turn(
            "text as a text",
            "unknown",
            json!({ "type": "text", "text": "hi" }),
        ),
        no_turn(
            "body of another type",
            "unknown",
            json!({ "type": "text",
            "text": { "body": ["hi"] } }),
        ),
        no_turn(
            "button without an id",
            "unknown",
            interactive("button_reply", json!({ "title": "Yes" })),
        ),
        no_turn(
            "row with a number as its id",
            "unknown",
            interactive("list_reply", json!({ "id": 5, "title": "Yes" })),
        ),
        no_turn(
            "unknown interaction",
            "unknown",
            interactive("product", json!({ "id": "x" })),
        ),
        no_turn(
            "form that is no JSON",
            "unknown",
            interactive("nfm_reply", json!({ "response_json": "{" })),
        ),
        no_turn(
            "form that is a list",
            "unknown",
            interactive("nfm_reply", json!({ "response_json": "[1]" })),
        ),
        no_turn("bare form", "unknown", interactive("nfm_reply", json!({}))),
        no_turn(
            "quick reply without a text",
            "unknown",
            json!({ "type": "button",
            "button": {} }),
        ),
        no_turn(
            "place without a longitude",
            "unknown",
            json!({ "type": "location",
            "location": { "latitude": 1.5 } }),
        ),
        no_turn(
            "place in words",
            "unknown",
            json!({ "type": "location",
            "location": { "latitude": "1.5", "longitude": "2" } }),
        ),
        no_turn(
            "no contact",
            "unknown",
            json!({ "type": "contacts", "contacts": [] }),
        ),
        no_turn("bare order", "unknown", json!({ "type": "order" })),
        no_turn("bare reaction", "unknown", json!({ "type": "reaction" })),
    ]
}
