//! Updates in the shapes of the Bot API, whole and damaged.

use proptest::prelude::*;
use serde_json::{Value, json};
use vimbiso_telegram::{Content, Event, FileKind, Place, parse};

fn event(update: &Value) -> Event {
    parse(update.to_string().as_bytes()).unwrap().event
}

fn message(fields: Value) -> Value {
    let mut message = json!({
        "message_id": 5,
        "date": 1_767_225_600,
        "from": { "id": 42, "is_bot": false, "first_name": "Ada", "language_code": "en" },
        "chat": { "id": 42, "type": "private", "first_name": "Ada" },
    });
    let all = message.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    json!({ "update_id": 1, "message": message })
}

fn content(fields: Value) -> Option<Content> {
    match event(&message(fields)) {
        Event::Message(received) => Some(received.content),
        _ => None,
    }
}

fn press() -> Value {
    json!({ "update_id": 1, "callback_query": {
        "id": "77", "chat_instance": "1", "data": "yes~0000000000000001",
        "from": { "id": 42, "is_bot": false, "first_name": "Ada" },
        "message": {
            "message_id": 5, "date": 0,
            "chat": { "id": -100_500, "type": "supergroup", "title": "Tea" },
        },
    }})
}

#[test]
fn contents_are_read() {
    let file = |kind, id: &str, caption: Option<&str>| {
        Some(Content::File {
            kind,
            file_id: id.to_owned(),
            caption: caption.map(str::to_owned),
        })
    };
    assert_eq!(
        content(json!({ "text": "hi" })),
        Some(Content::Text("hi".to_owned()))
    );
    let photo = json!({ "photo": [{ "file_id": "s" }, { "file_id": "l" }], "caption": "c" });
    assert_eq!(content(photo), file(FileKind::Photo, "l", Some("c")));
    let voice = json!({ "voice": { "file_id": "v", "duration": 3 } });
    assert_eq!(content(voice), file(FileKind::Voice, "v", None));
    let moving = json!({ "animation": { "file_id": "a" }, "document": { "file_id": "d" } });
    assert_eq!(content(moving), file(FileKind::Animation, "a", None));
    let here = json!({ "location": { "latitude": -17.8, "longitude": 31.0 } });
    let place = Content::Location {
        latitude: -17.8,
        longitude: 31.0,
    };
    assert_eq!(content(here), Some(place));
    let contact = json!({ "contact": { "phone_number": "263771234567", "user_id": 42 } });
    let own = Content::Contact {
        phone_number: "263771234567".to_owned(),
        user_id: Some(42),
    };
    assert_eq!(content(contact), Some(own));
    assert_eq!(
        content(json!({ "dice": { "value": 3 } })),
        Some(Content::Other)
    );
}

#[test]
fn what_is_no_turn_is_ignored() {
    let mut edited = message(json!({ "text": "hi" }));
    let body = edited.as_object_mut().unwrap().remove("message").unwrap();
    for kind in [
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_message",
        "message_reaction",
        "inline_query",
        "poll",
        "a_kind_of_next_year",
    ] {
        let update = json!({ "update_id": 1, kind: body });
        assert!(matches!(event(&update), Event::Ignored), "{kind}");
    }
    for fields in [
        json!({}),
        json!({ "new_chat_members": [] }),
        json!({ "pinned_message": {} }),
        json!({ "text": "hi", "from": { "id": 7, "is_bot": true } }),
        json!({ "text": "hi", "from": null }),
        json!({ "text": "hi", "is_automatic_forward": true }),
        json!({ "text": "hi", "chat": { "id": 42 } }),
        json!({ "text": "hi", "chat": { "id": -100, "type": "channel" } }),
    ] {
        let update = message(fields);
        assert!(matches!(event(&update), Event::Ignored), "{update}");
    }
}

#[test]
fn topic_is_told_from_a_chain_of_answers() {
    let place = |fields| match event(&message(fields)) {
        Event::Message(received) => received.place,
        other => panic!("{other:?}"),
    };
    let chain = json!({ "text": "a", "message_thread_id": 9 });
    assert_eq!(
        place(chain),
        Place {
            chat: 42,
            thread: None
        }
    );
    let topic = json!({ "text": "a", "message_thread_id": 9, "is_topic_message": true });
    assert_eq!(
        place(topic),
        Place {
            chat: 42,
            thread: Some(9)
        }
    );
}

#[test]
fn button_of_an_old_message_is_read() {
    let Event::Message(received) = event(&press()) else {
        panic!("a press is a message");
    };
    assert_eq!(received.content.text(), Some("yes~0000000000000001"));
    assert_eq!(received.place.chat, -100_500);
    assert_eq!(received.sent_at, None); // not that of the message
    assert!(!received.is_private);
}

#[test]
fn group_that_moves_is_an_event() {
    let update = message(json!({ "migrate_to_chat_id": -100_900 }));
    assert!(matches!(
        event(&update),
        Event::Migrated {
            from: 42,
            to: -100_900
        }
    ));
}

#[test]
fn debug_shows_no_text() {
    let update = message(json!({ "text": "my secret" }));
    let shown = format!("{:?}", parse(update.to_string().as_bytes()));
    assert!(
        !shown.contains("secret") && !shown.contains("Ada") && !shown.contains("42"),
        "{shown}"
    );
    // The id of a press has the number of the user in it.
    let shown = format!("{:?}", parse(press().to_string().as_bytes()));
    assert!(!shown.contains("77"), "{shown}");
}

/// Each place of a value, as the path to it.
fn paths(value: &Value, path: &str, all: &mut Vec<String>) {
    if !path.is_empty() {
        all.push(path.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                paths(value, &format!("{path}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                paths(value, &format!("{path}/{at}"), all);
            }
        }
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn whole_updates() -> Vec<Value> {
    vec![
        message(json!({ "text": "hi", "message_thread_id": 1, "is_topic_message": true })),
        message(json!({ "photo": [{ "file_id": "s" }], "caption": "c" })),
        message(json!({ "location": { "latitude": 1.0, "longitude": 2.0 } })),
        message(json!({ "contact": { "phone_number": "1", "user_id": 2 } })),
        press(),
        json!({ "update_id": 1, "my_chat_member": {
            "chat": { "id": 42, "type": "private" }, "from": { "id": 42 },
            "old_chat_member": { "status": "member" }, "new_chat_member": { "status": "kicked" },
        }}),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn damaged_field_fails_no_update(
        which in 0..6_usize,
        at: prop::sample::Index,
        other in any_value(),
        name in "[a-z_]{1,12}",
    ) {
        let mut update = whole_updates().swap_remove(which);
        let mut all = Vec::new();
        paths(&update, "", &mut all);
        let path = at.get(&all).clone();
        if let Some(place) = update.pointer_mut(&path) {
            *place = other.clone();
        }
        update[name] = other;
        let has_id = update["update_id"].is_i64();
        prop_assert_eq!(parse(update.to_string().as_bytes()).is_ok(), has_id);
    }

    #[test]
    fn missing_field_fails_no_update(which in 0..6_usize, at: prop::sample::Index) {
        let mut update = whole_updates().swap_remove(which);
        let mut all = Vec::new();
        paths(&update, "", &mut all);
        let path = at.get(&all).clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        if let Some(Value::Object(fields)) = update.pointer_mut(parent) {
            fields.remove(name);
        }
        let has_id = update["update_id"].is_i64();
        prop_assert_eq!(parse(update.to_string().as_bytes()).is_ok(), has_id);
    }

    #[test]
    fn parse_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&body);
    }
}
