//! What each kind of delivery is answered with, and what it leads to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use vimbiso_state::MemoryStore;
use vimbiso_whatsapp::Webhook;
use vimbiso_whatsapp::webhook::State;

use super::shapes;
use crate::server::*;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn endpoint_is_verified_by_its_token() {
    let server = Server::start().await;
    let ask = |query: &str| {
        let path = format!("/webhook{query}");
        async move { get(server.address, &path).await }
    };
    let good = "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=my%20verify%20token";
    assert_eq!(ask(good).await, (200, "1158201444".to_owned()));
    for bad in [
        "",
        "?hub.mode=subscribe",
        "?hub.mode=subscribe&hub.challenge=1",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=my%20verify%20tokeN",
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=my%20verify%20token%20",
        "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=my%20verify%20token",
        "?hub.challenge=1&hub.verify_token=my%20verify%20token",
        "?hub.mode=subscribe&hub.verify_token=my%20verify%20token",
    ] {
        assert_eq!(ask(bad).await.0, 403, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_body_is_not_parsed() {
    let server = Server::start().await;
    let body = batch(&[text("1", "wamid.1", "hi")]);
    let other = secret().sign(b"another body");
    let of_malformed = secret().sign(b"not json");
    for headers in [
        String::new(),
        "X-Hub-Signature-256: sha256=00\r\n".to_owned(),
        format!("X-Hub-Signature-256: {other}\r\n"),
        format!("X-Hub-Signature: {}\r\n", secret().sign(body.as_bytes())),
    ] {
        assert_eq!(
            post_with(server.address, &body, &headers).await,
            401,
            "{headers}"
        );
        // 400 would show that it was parsed.
        assert_eq!(
            post_with(server.address, "not json", &headers).await,
            401,
            "{headers}"
        );
    }
    assert!(server.said("1").await.is_empty());
    let signed = format!("X-Hub-Signature-256: {of_malformed}\r\n");
    assert_eq!(post_with(server.address, "not json", &signed).await, 400);
    for malformed in ["", "[]", "7", "\"a\"", "{", "{}x", "null"] {
        assert_eq!(post(server.address, malformed).await, 400, "{malformed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_over_three_megabytes_is_refused() {
    let server = Server::start().await;
    let padded = |bytes: usize| {
        let empty = r#"{"pad":""}"#;
        format!(r#"{{"pad":"{}"}}"#, "x".repeat(bytes - empty.len()))
    };
    assert_eq!(post(server.address, &padded(3 * 1024 * 1024)).await, 200);
    assert_eq!(
        post(server.address, &padded(3 * 1024 * 1024 + 1)).await,
        413
    );
    // Without a length, it is counted as it comes.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let signature = secret().sign(b"");
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\
         X-Hub-Signature-256: {signature}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
    for _ in 0..4 {
        // The server may have answered already.
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    assert_eq!(status_of(&mut stream).await.0, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn body_that_does_not_come_is_given_up() {
    let server = Server::with(|webhook| webhook.deadline(Duration::from_millis(100))).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /webhook HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\
                X-Hub-Signature-256: sha256=00\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(status_of(&mut stream).await.0, 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_turn_is_acknowledged() {
    let server = Server::start().await;
    for shape in shapes::messages() {
        let mut message = shape.message("16505551234", "wamid.1");
        message["timestamp"] = json!(now().to_string());
        if shape.is_turn {
            continue;
        }
        assert_eq!(server.deliver(&[message]).await, 200, "{}", shape.name);
    }
    let hi = text("16505551234", "wamid.2", "hi");
    for (field, list) in [
        ("smb_message_echoes", "message_echoes"),
        ("standby", "messages"),
        ("standby", "message_echoes"),
        ("history", "messages"),
        ("account_update", "messages"),
    ] {
        let body = webhook_of(field, json!({ list: [hi] }));
        assert_eq!(post(server.address, &body).await, 200, "{field}");
    }
    let mut in_a_group = hi.clone();
    in_a_group["group_id"] = json!("Y2FwaV9ncm91cDox");
    assert_eq!(server.deliver(&[in_a_group]).await, 200);
    for without in ["id", "from"] {
        let mut message = hi.clone();
        message.as_object_mut().unwrap().remove(without);
        assert_eq!(server.deliver(&[message]).await, 200, "{without}");
    }
    let mut stale = hi.clone();
    stale["timestamp"] = json!((now() - 8 * 24 * 3600).to_string());
    assert_eq!(server.deliver(&[stale]).await, 200);
    assert_eq!(server.user("16505551234").await.version(), None);
    assert_eq!(server.deliver(&[hi]).await, 200);
    assert_eq!(server.said("16505551234").await, ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_without_a_number_is_answered() {
    let server = Server::start().await;
    let id = "US.13491208655302741918";
    let mut message = text("", "wamid.1", "hi");
    message["from_user_id"] = json!(id);
    message.as_object_mut().unwrap().remove("from");
    assert_eq!(server.deliver(&[message]).await, 200);
    server.idle(id).await;
    assert_eq!(server.shown(id), ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_reach_the_hook() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&seen);
    let server = Server::with(move |webhook| {
        webhook.on_status(move |status| {
            let seen = Arc::clone(&hook);
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen.lock().unwrap().push(status);
            }
        })
    })
    .await;
    let statuses = json!([
        { "id": "wamid.9", "status": "sent", "recipient_id": "1",
          "biz_opaque_callback_data": "reply-1" },
        { "id": "wamid.9", "status": "failed", "recipient_user_id": "US.1",
          "errors": [{ "code": 131047, "title": "Re-engagement message" }] },
    ]);
    let body = webhook_of("messages", json!({ "statuses": statuses }));
    assert_eq!(post(server.address, &body).await, 200);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].biz_opaque_callback_data.as_deref(), Some("reply-1"));
    assert_eq!(seen[1].state, State::Failed);
    assert_eq!(seen[1].state.word(), "failed");
    assert_eq!(seen[1].errors[0].code, Some(131_047));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_numbers_of_the_business_are_ignored() {
    let message = json!([text("1", "wamid.1", "hi")]);
    let status = json!([{ "id": "wamid.9", "status": "sent" }]);
    let body = webhook_of(
        "messages",
        json!({ "messages": message, "statuses": status }),
    );
    for (number, expected) in [("7", &[][..]), ("106540352242922", &["hi"])] {
        let statuses = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&statuses);
        let server = Server::with(|webhook| {
            webhook.phone_number_id(number).on_status(move |_| {
                *counted.lock().unwrap() += 1;
                async {}
            })
        })
        .await;
        assert_eq!(post(server.address, &body).await, 200);
        assert_eq!(server.said("1").await, expected);
        assert_eq!(*statuses.lock().unwrap(), expected.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_outside_its_limits_is_refused() {
    let bot = World::new().await.bot(MemoryStore::new());
    let webhook = |token: &str| Webhook::new(bot.clone(), secret(), token, |_| None);
    assert!(webhook("t").router().is_ok());
    assert!(webhook("").router().is_err());
    for path in ["", "webhook", "/{id}", "/a/:id", "/a?b", "/*"] {
        assert!(webhook("t").path(path).router().is_err(), "{path}");
    }
    assert!(webhook("t").parallel(0).router().is_err());
    assert!(webhook("t").deadline(Duration::ZERO).router().is_err());
    let shown = format!("{:?}", webhook("do not show"));
    assert!(
        !shown.contains("do not show") && !shown.contains("5f4d"),
        "{shown}"
    );
}
