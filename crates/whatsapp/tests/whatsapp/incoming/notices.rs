//! The shapes of a changed number or id.

use serde_json::json;
use vimbiso_whatsapp::webhook::{Event, IdKind, parse};

use crate::server::webhook_of;

const BSUID: &str = "US.13491208655302741918";
const PHONE: &str = "16505551234";

#[test]
fn changed_numbers_and_ids_are_read() {
    let new_id = "US.24817305912873645029";
    let new_phone = "16505559999";
    let number = "user_changed_number";
    let user_id = "user_changed_user_id";
    for (from, system, kind, previous, current) in [
        // As the reference has it: the number, and the id that changes with it.
        (
            json!({ "from": PHONE }),
            json!({ "type": number, "wa_id": new_phone, "user_id": new_id,
            "previous_user_id": BSUID, "body": "User Ada changed from 1 to 2" }),
            IdKind::Number,
            vec![PHONE, BSUID],
            new_phone,
        ),
        (
            json!({ "from": PHONE }),
            json!({ "type": number, "wa_id": new_phone }),
            IdKind::Number,
            vec![PHONE],
            new_phone,
        ),
        (
            json!({ "from": PHONE }),
            json!({ "type": number, "new_wa_id": new_phone }),
            IdKind::Number,
            vec![PHONE],
            new_phone,
        ),
        (
            json!({ "from": PHONE, "from_user_id": BSUID }),
            json!({ "type": "customer_changed_number", "wa_id": new_phone, "user_id": new_id }),
            IdKind::Number,
            vec![PHONE, BSUID],
            new_phone,
        ),
        (
            json!({}),
            json!({ "type": user_id, "user_id": new_id, "previous_user_id": BSUID }),
            IdKind::UserId,
            vec![BSUID],
            new_id,
        ),
        (
            json!({ "from_user_id": BSUID }),
            json!({ "type": user_id, "user_id": new_id }),
            IdKind::UserId,
            vec![BSUID],
            new_id,
        ),
        // The number has not changed, so it is no old id.
        (
            json!({ "from": PHONE }),
            json!({ "type": user_id, "user_id": new_id, "wa_id": PHONE,
            "previous_user_id": BSUID }),
            IdKind::UserId,
            vec![BSUID],
            new_id,
        ),
        // The message names the new id as its sender.
        (
            json!({ "from_user_id": new_id }),
            json!({ "type": user_id, "user_id": new_id }),
            IdKind::UserId,
            vec![],
            new_id,
        ),
        (
            json!({}),
            json!({ "type": number, "user_id": new_id, "previous_user_id": BSUID }),
            IdKind::Number,
            vec![BSUID],
            new_id,
        ),
    ] {
        let mut message = json!({ "id": "wamid.1", "timestamp": "1767225600", "type": "system",
            "system": system });
        let all = message.as_object_mut().unwrap();
        all.extend(from.as_object().unwrap().clone());
        let body = webhook_of("messages", json!({ "messages": [message] }));
        let events = parse(body.as_bytes()).unwrap();
        let [Event::IdChange(read)] = &events[..] else {
            panic!("{message}: {events:?}");
        };
        let users = read.previous_users();
        let users: Vec<&str> = users.iter().map(|user| user.expose()).collect();
        assert_eq!((read.kind, users), (kind, previous), "{message}");
        let new = read.current_user().unwrap();
        assert_eq!(new.expose(), current, "{message}");
        assert!(read.message_id().is_some());
        assert!(!format!("{events:?}").contains(new_id));
    }
}
