//! The shapes of messages after the published webhook reference, with data of our own.

use serde_json::{Value, json};
use vimbiso_whatsapp::webhook::Content;

/// One shape of a message.
pub struct Shape {
    pub name: &'static str,
    /// The fields beside the id, the sender and the time.
    pub fields: Value,
    pub kind: &'static str,
    pub answer: Option<&'static str>,
    pub is_turn: bool,
    /// What else must hold.
    pub check: fn(&Content) -> bool,
}

impl Shape {
    pub fn message(&self, from: &str, id: &str) -> Value {
        let mut message = json!({ "from": from, "id": id, "timestamp": "1767225600" });
        let all = message.as_object_mut().unwrap();
        all.extend(self.fields.as_object().unwrap().clone());
        message
    }

    fn that(mut self, check: fn(&Content) -> bool) -> Self {
        self.check = check;
        self
    }
}

fn shape(name: &'static str, kind: &'static str, fields: Value) -> Shape {
    Shape {
        name,
        fields,
        kind,
        answer: None,
        is_turn: true,
        check: |_| true,
    }
}

fn answer(name: &'static str, kind: &'static str, answer: &'static str, fields: Value) -> Shape {
    Shape {
        answer: Some(answer),
        ..shape(name, kind, fields)
    }
}

fn no_turn(name: &'static str, kind: &'static str, fields: Value) -> Shape {
    Shape {
        is_turn: false,
        ..shape(name, kind, fields)
    }
}

fn interactive(kind: &str, reply: Value) -> Value {
    json!({ "type": "interactive", "interactive": { "type": kind, kind: reply } })
}

fn text(body: &str) -> Value {
    json!({ "type": "text", "text": { "body": body } })
}

/// The fields of a text, and more.
fn text_with(more: Value) -> Value {
    let mut text = text("hi");
    let all = text.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    text
}

pub fn messages() -> Vec<Shape> {
    let mut all = texts();
    all.extend(selections());
    all.extend(forms());
    all.extend(media());
    all.extend(others());
    all.extend(notices());
    all.extend(unreadable());
    all
}

fn texts() -> Vec<Shape> {
    vec![
        answer("text", "text", "hi", text("hi")),
        answer("text with an emoji", "text", "ok 👍🏽", text("ok 👍🏽")),
        answer("text of several lines", "text", "a\nb", text("a\nb")),
        answer(
            "text with marks",
            "text",
            "\u{202a}5\u{202c}",
            text("\u{202a}5\u{202c}"),
        ),
        answer(
            "answer to a message",
            "text",
            "hi",
            text_with(json!({ "context": { "from": "15550783881", "id": "wamid.8" } })),
        ),
        answer(
            "forwarded text",
            "text",
            "hi",
            text_with(json!({ "context": { "forwarded": true } })),
        ),
        answer(
            "often forwarded text",
            "text",
            "hi",
            text_with(json!({ "context": { "frequently_forwarded": true } })),
        ),
        answer(
            "text about a product",
            "text",
            "hi",
            text_with(json!({ "context": {
            "from": "15550783881", "id": "wamid.8",
            "referred_product": { "catalog_id": "1", "product_retailer_id": "sku" } } })),
        ),
        answer(
            "text after an advertisement",
            "text",
            "hi",
            text_with(json!({ "referral": {
            "source_url": "https://fb.me/x", "source_id": "1", "source_type": "ad",
            "body": "b", "headline": "h", "media_type": "image", "image_url": "u",
            "ctwa_clid": "c", "welcome_message": { "text": "Hi" } } })),
        ),
        answer(
            "text with an identity",
            "text",
            "hi",
            text_with(json!({ "identity": {
            "acknowledged": true, "created_timestamp": 1_602_532_300_000_u64, "hash": "S=" } })),
        ),
        answer(
            "text with unknown fields",
            "text",
            "hi",
            text_with(json!({ "new": [1, { "a": null }], "text2": {}, "errors": "none" })),
        ),
        answer(
            "text with a link",
            "text",
            "https://a.example/?q=1#x",
            json!({
            "type": "text", "text": { "body": "https://a.example/?q=1#x", "preview_url": true } }),
        ),
    ]
}

fn selections() -> Vec<Shape> {
    let is_titled = |content: &Content| matches!(content, Content::Selection(selection) if selection.title.is_some());
    vec![
        answer(
            "button",
            "selection",
            "yes~q7f3a1",
            interactive(
                "button_reply",
                json!({ "id": "yes~q7f3a1", "title": "Yes" }),
            ),
        )
        .that(is_titled),
        answer(
            "button without a title",
            "selection",
            "yes",
            interactive("button_reply", json!({ "id": "yes" })),
        ),
        answer(
            "row of a list",
            "selection",
            "row-1",
            interactive(
                "list_reply",
                json!({ "id": "row-1", "title": "One", "description": "The first" }),
            ),
        )
        .that(|content| {
            matches!(content,
                Content::Selection(row) if row.description.as_deref() == Some("The first"))
        }),
        answer(
            "row without a description",
            "selection",
            "row-1",
            interactive("list_reply", json!({ "id": "row-1", "title": "One" })),
        )
        .that(is_titled),
        answer(
            "quick reply",
            "selection",
            "STOP",
            json!({ "type": "button",
            "button": { "payload": "STOP", "text": "Stop it" } }),
        )
        .that(is_titled),
        answer(
            "quick reply without a payload",
            "selection",
            "Stop it",
            json!({
            "type": "button", "button": { "text": "Stop it" } }),
        )
        .that(is_titled),
        answer(
            "quick reply with a context",
            "selection",
            "p",
            json!({ "type": "button",
            "context": { "from": "15550783881", "id": "wamid.8" },
            "button": { "payload": "p", "text": "t" } }),
        ),
    ]
}

fn forms() -> Vec<Shape> {
    let has_token = |content: &Content| matches!(content, Content::Form(form) if form.response["flow_token"] == "t");
    vec![
        shape(
            "form",
            "form",
            interactive(
                "nfm_reply",
                json!({ "name": "flow", "body": "Sent",
            "response_json": r#"{"flow_token":"t","firstName":"Ada","lastName":"L"}"# }),
            ),
        )
        .that(has_token),
        shape(
            "form without a name",
            "form",
            interactive(
                "nfm_reply",
                json!({ "response_json": r#"{"flow_token":"t"}"# }),
            ),
        )
        .that(has_token),
        shape(
            "form as an object",
            "form",
            interactive(
                "nfm_reply",
                json!({ "response_json": { "flow_token": "t" } }),
            ),
        )
        .that(has_token),
        shape(
            "address",
            "form",
            interactive(
                "nfm_reply",
                json!({ "name": "address_message",
            "body": "1 Main Street", "response_json": r#"{"values":{"city":"Harare"}}"# }),
            ),
        ),
        shape(
            "empty form",
            "form",
            interactive("nfm_reply", json!({ "response_json": "{}" })),
        ),
    ]
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
