//! Each shape of a message with each shape of a sender, and the other things of a webhook.

use std::collections::HashSet;

use serde_json::{Value, json};
use vimbiso_whatsapp::webhook::{Event, State, parse};

use super::shapes;
use crate::server::webhook_of;

const BSUID: &str = "US.13491208655302741918";
const PHONE: &str = "16505551234";

/// A shape of who has written: changes to the message, the contacts, and the key that is read.
fn senders() -> Vec<(&'static str, Value, Value, Option<&'static str>)> {
    let contact = |fields: Value| {
        let mut contact = json!({ "profile": { "name": "Ada", "username": "ada" } });
        let all = contact.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        json!([contact])
    };
    let both = json!({ "from": PHONE, "from_user_id": BSUID });
    let none = json!({});
    vec![
        (
            "phone",
            json!({ "from": PHONE }),
            contact(json!({ "wa_id": PHONE })),
            Some(PHONE),
        ),
        (
            "phone with its sign",
            json!({ "from": "+16505551234" }),
            none.clone(),
            Some(PHONE),
        ),
        (
            "phone without contacts",
            json!({ "from": PHONE }),
            none.clone(),
            Some(PHONE),
        ),
        (
            "both",
            both.clone(),
            contact(json!({ "wa_id": PHONE, "user_id": BSUID })),
            Some(PHONE),
        ),
        ("both without contacts", both, none.clone(), Some(PHONE)),
        (
            "id only",
            json!({ "from_user_id": BSUID, "from_parent_user_id": "US.ENT.1" }),
            contact(json!({ "user_id": BSUID, "parent_user_id": "US.ENT.1" })),
            Some(BSUID),
        ),
        (
            "id without contacts",
            json!({ "from_user_id": BSUID }),
            none.clone(),
            Some(BSUID),
        ),
        (
            "id in place of the phone",
            json!({ "from": BSUID }),
            none.clone(),
            Some(BSUID),
        ),
        (
            "contact alone",
            json!({}),
            contact(json!({ "user_id": BSUID })),
            Some(BSUID),
        ),
        (
            "phone of the contact",
            json!({ "from_user_id": BSUID }),
            contact(json!({ "user_id": BSUID, "wa_id": PHONE })),
            Some(PHONE),
        ),
        ("no sender", json!({}), none.clone(), None),
        (
            "wrong types",
            json!({ "from": 1, "from_user_id": [] }),
            json!("none"),
            None,
        ),
        (
            "empty",
            json!({ "from": "", "from_user_id": null }),
            none,
            None,
        ),
    ]
}

#[test]
fn hundreds_of_shapes_are_read() {
    let mut count = 0;
    let mut kinds = HashSet::new();
    for shape in shapes::messages() {
        for (sender, from, contacts, key) in senders() {
            let name = format!("{} {} from {sender}", shape.kind, shape.name);
            let mut message = shape.message("", "wamid.1");
            let all = message.as_object_mut().unwrap();
            all.remove("from");
            all.extend(from.as_object().unwrap().clone());
            let fields = json!({ "messages": [message], "contacts": contacts });
            let body = webhook_of("messages", fields);
            let events = parse(body.as_bytes()).unwrap();
            let [Event::Message(read)] = &events[..] else {
                panic!("{name}: {events:?}");
            };
            assert_eq!(read.content.kind(), shape.kind, "{name}");
            assert_eq!(read.content.answer(), shape.answer, "{name}");
            assert_eq!(read.is_turn(), shape.is_turn, "{name}");
            assert!((shape.check)(&read.content), "{name}");
            assert_eq!(read.sender.key(), key, "{name}");
            assert_eq!(read.sender.user().is_some(), key.is_some(), "{name}");
            assert_eq!(read.id.as_deref(), Some("wamid.1"), "{name}");
            assert_eq!(read.sent, Some(1_767_225_600), "{name}");
            assert_eq!(
                read.phone_number_id.as_deref(),
                Some("106540352242922"),
                "{name}"
            );
            let debug = format!("{events:?}");
            assert!(!debug.contains(PHONE) && !debug.contains(BSUID), "{debug}");
            kinds.insert(shape.kind);
            count += 1;
        }
    }
    assert!(count > 700 && kinds.len() == 14, "{count} {kinds:?}");
}

#[test]
fn silent_fields_never_make_a_message() {
    let message = shapes::messages()[0].message(PHONE, "wamid.1");
    for (field, list, expected) in [
        ("smb_message_echoes", "message_echoes", "echo"),
        ("message_echoes", "message_echoes", "echo"),
        ("messages", "message_echoes", "echo"),
        ("standby", "messages", "standby"),
        ("standby", "message_echoes", "echo"),
        ("history", "messages", "other"),
        ("smb_app_state_sync", "state_sync", "other"),
        ("messaging_handovers", "messages", "other"),
        ("account_update", "messages", "other"),
        ("message_template_status_update", "messages", "other"),
        ("user_preferences", "user_preferences", "other"),
        ("calls", "calls", "other"),
        ("flows", "messages", "other"),
        ("", "messages", "message"),
    ] {
        let body = webhook_of(field, json!({ list: [message] }));
        let events = parse(body.as_bytes()).unwrap();
        let found = match &events[..] {
            [Event::Echo(_)] => "echo",
            [Event::Standby(_)] => "standby",
            [Event::Other(_)] => "other",
            [Event::Message(_)] => "message",
            _ => panic!("{field}: {events:?}"),
        };
        assert_eq!(found, expected, "{field} {list}");
    }
}

#[test]
fn echo_is_of_whom_it_was_sent_to() {
    let echo = json!({ "from": "15550783881", "to": PHONE, "to_user_id": BSUID, "id": "wamid.1",
        "timestamp": "1767225600", "type": "text", "text": { "body": "We come at ten." } });
    let body = webhook_of("smb_message_echoes", json!({ "message_echoes": [echo] }));
    let events = parse(body.as_bytes()).unwrap();
    assert!(matches!(&events[..], [Event::Echo(echo)] if echo.sender.key() == Some(PHONE)));
}

#[test]
fn statuses_of_every_kind_are_read() {
    for (status, state) in [
        ("sent", State::Sent),
        ("delivered", State::Delivered),
        ("read", State::Read),
        ("played", State::Read),
        ("failed", State::Failed),
        ("deleted", State::Other("deleted".to_owned())),
        ("warning", State::Other("warning".to_owned())),
        ("", State::Other(String::new())),
    ] {
        for (recipient, to) in [
            (json!({ "recipient_id": PHONE }), Some(PHONE)),
            (
                json!({ "recipient_id": PHONE, "recipient_user_id": BSUID }),
                Some(PHONE),
            ),
            (json!({ "recipient_user_id": BSUID }), Some(BSUID)),
            (json!({}), None),
        ] {
            let mut object = json!({ "id": "wamid.9", "status": status, "timestamp": "1767225600",
                "biz_opaque_callback_data": "reply-1",
                "conversation": { "id": "c", "origin": { "type": "utility" } },
                "pricing": { "billable": true, "pricing_model": "PMP", "category": "utility" },
                "errors": [{ "code": 131_026, "title": "Message undeliverable",
                    "error_data": { "details": "d" }, "href": "h" }] });
            let all = object.as_object_mut().unwrap();
            all.extend(recipient.as_object().unwrap().clone());
            let body = webhook_of("messages", json!({ "statuses": [object, 7, {}] }));
            let events = parse(body.as_bytes()).unwrap();
            let [Event::Status(read), Event::Status(bare)] = &events[..] else {
                panic!("{status}: {events:?}");
            };
            assert_eq!((&read.state, read.recipient.as_deref()), (&state, to));
            assert_eq!(read.id.as_deref(), Some("wamid.9"));
            assert_eq!(read.at, Some(1_767_225_600));
            assert_eq!(read.biz_opaque_callback_data.as_deref(), Some("reply-1"));
            assert_eq!(read.conversation.as_deref(), Some("c"));
            assert_eq!(read.errors[0].code, Some(131_026));
            assert_eq!(read.errors[0].details.as_deref(), Some("d"));
            assert!(bare.id.is_none() && bare.errors.is_empty());
            let debug = format!("{events:?}");
            for personal in [PHONE, BSUID, "wamid", "undeliverable"] {
                assert!(!debug.contains(personal), "{debug}");
            }
        }
    }
}

#[test]
fn batch_of_all_shapes_is_read_in_order() {
    let shapes = shapes::messages();
    let messages: Vec<Value> = shapes
        .iter()
        .enumerate()
        .map(|(n, shape)| shape.message(PHONE, &format!("wamid.{n}")))
        .collect();
    let fields = json!({ "messages": messages,
        "errors": [{ "code": 130_429, "title": "Rate limit hit" }] });
    let events = parse(webhook_of("messages", fields).as_bytes()).unwrap();
    assert_eq!(events.len(), shapes.len() + 1);
    for (n, event) in events.iter().take(shapes.len()).enumerate() {
        let id = format!("wamid.{n}");
        assert!(matches!(event, Event::Message(message) if message.id.as_deref() == Some(&*id)));
    }
    let last = events.last().unwrap();
    assert!(matches!(last, Event::Error(error) if error.code == Some(130_429)));
}

#[test]
fn text_that_was_cut_within_an_emoji_is_read() {
    let text = |body: &str| {
        format!(
            r#"{{"from":"1","id":"wamid.{}","type":"text","text":{{"body":"{body}"}}}}"#,
            body.len()
        )
    };
    let messages = [text("a"), text(r"cut \ud83d"), text(r"\udc4d"), text("bb")].join(",");
    let body = format!(
        r#"{{"entry":[{{"changes":[{{"value":{{"messages":[{messages}],"x":1e999}}}}]}}]}}"#
    );
    let events = parse(body.as_bytes()).unwrap();
    assert_eq!(events.len(), 4);
    assert!(matches!(&events[1], Event::Message(message)
        if message.content.answer().is_some_and(|text| text.starts_with("cut \u{fffd}"))));
    // A byte that is no UTF-8 costs its own letter.
    let mut bytes = body.into_bytes();
    let at = bytes.windows(2).position(|two| two == b"bb").unwrap();
    bytes[at] = 0xff;
    let events = parse(&bytes).unwrap();
    assert!(matches!(&events[3], Event::Message(message)
        if message.content.answer() == Some("\u{fffd}b")));
}
