//! What a user types, taps and fills in.

use serde_json::json;
use vimbiso_whatsapp::webhook::Content;

use super::{Shape, answer, interactive, shape, text, text_with};

pub fn all() -> Vec<Shape> {
    let mut all = texts();
    all.extend(selections());
    all.extend(forms());
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
    let is_titled = |content: &Content| {
        let Content::Selection(selection) = content else {
            return false;
        };
        selection.title.is_some()
    };
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
    let has_token = |content: &Content| {
        let Content::Form(form) = content else {
            return false;
        };
        form.response["flow_token"] == "t"
    };
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
