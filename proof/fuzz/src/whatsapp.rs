//! What comes in from WhatsApp: a body, and its signature.

use serde_json::value::RawValue;
use vimbiso_whatsapp::webhook::{Event, parse};
use vimbiso_whatsapp::{AppSecret, verify};

const GOOD: &str = r#"{"field":"messages","value":{"messages":[{"from":"263771234567",
    "id":"wamid.good","timestamp":"1767225600","type":"text","text":{"body":"hi"}}]}}"#;

/// A body is read if it is a JSON object; what is beside a good message takes nothing from it; and
/// no text of a person is in `Debug`.
pub fn whatsapp_webhook(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let events = parse(data);
    let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
    assert!(events.is_ok() || is_object.is_err());
    for event in events.unwrap_or_default() {
        let Event::Message(message) = &event else {
            continue;
        };
        if let Some(answer) = message.content.answer() {
            assert!(message.is_turn() || message.group.is_some());
            assert!(answer.len() < 12 || !format!("{event:?}").contains(answer));
        }
        // What has a name and an id can be handled.
        assert_eq!(
            message.sender.user().is_some(),
            message.sender.key().is_some()
        );
        let is_plain = |id: &String| !id.chars().any(char::is_control);
        assert_eq!(
            message.message_id().is_some(),
            message.id.as_ref().is_some_and(is_plain)
        );
    }
    // Any JSON as an entry, a change and a message beside a good one.
    if serde_json::from_str::<&RawValue>(&text).is_err() {
        return;
    }
    let beside = GOOD.replace(r#""messages":["#, &format!(r#""messages":[{text},"#));
    for body in [
        format!(r#"{{"entry":[{text},{{"changes":[{text},{GOOD}]}}]}}"#),
        format!(r#"{{"entry":[{{"changes":[{beside}]}}]}}"#),
    ] {
        let events = parse(body.as_bytes()).unwrap();
        let is_good = |event: &Event| {
            matches!(event, Event::Message(message)
                if message.id.as_deref() == Some("wamid.good")
                && message.content.answer() == Some("hi"))
        };
        assert!(events.last().is_some_and(is_good), "{body}");
    }
}

/// A signature is accepted exactly if it is that of the body: the first line is the header.
pub fn whatsapp_signature(data: &[u8]) {
    let secret = AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99").unwrap();
    let at = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (header, body) = data.split_at(at);
    let header = String::from_utf8_lossy(header);
    let right = secret.sign(body);
    let is_right = header.starts_with("sha256=") && header.eq_ignore_ascii_case(&right);
    assert_eq!(verify(&secret, body, &header).is_ok(), is_right);
    assert!(verify(&secret, body, &right).is_ok());
    let mut longer = body.to_vec();
    longer.push(b'x');
    assert!(verify(&secret, &longer, &right).is_err());
}
