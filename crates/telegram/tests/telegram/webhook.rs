//! The webhook: what it answers, and when.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vimbiso_state::MemoryStore;
use vimbiso_telegram::{Event, Place, Sessions};

use crate::world::{LONG, SECRET, World, post};

fn update(id: i64, text: &str) -> Value {
    json!({ "update_id": id, "message": {
        "from": { "id": 42 }, "chat": { "id": 42, "type": "private" }, "text": text,
    }})
}

#[tokio::test]
async fn whole_conversation_by_buttons() {
    let world = World::new().await;
    world.with_webhook().await;
    world.api.write(42, "hi");
    world.api.sent_at_least(1, LONG).await;
    world.api.press(42, "Tea").unwrap();
    world.api.sent_at_least(2, LONG).await;
    world.api.press(42, "Pay").unwrap();
    let expected = ["What would you like?", "Teas: 1", "Paid 1."];
    assert_eq!(world.texts(3).await, expected);
    assert_eq!(world.till.paid.lock().unwrap().len(), 1);
    assert!(world.api.all_confirmed(LONG).await);
    world.answered(2).await;
}

#[tokio::test]
async fn press_that_is_no_turn_is_answered() {
    let pressed = |id: &str, fields: Value| {
        let mut query = json!({ "id": id, "from": { "id": 42 } });
        let all = query.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        json!({ "callback_query": query })
    };
    let message = json!({ "message_id": 5, "chat": { "id": 42, "type": "private" } });
    let game = json!({ "message": message, "game_short_name": "chess" });
    let inline = json!({ "inline_message_id": "AgAAA", "data": "tea" });
    for is_polling in [false, true] {
        let world = World::new().await;
        match is_polling {
            false => drop(world.with_webhook().await),
            true => drop(world.poll()),
        }
        world.api.update(42, pressed("1", game.clone()));
        world.api.update(42, pressed("2", inline.clone()));
        assert!(world.api.all_confirmed(LONG).await);
        let mut answered = world.answered(2).await;
        answered.sort();
        assert_eq!(answered, ["1", "2"]);
        world.api.write(42, "hi");
        assert_eq!(world.texts(1).await, ["What would you like?"]);
    }
}

#[tokio::test]
async fn wrong_secret_is_refused_unread() {
    let world = World::new().await;
    let url = world.serve().await;
    for secret in [
        None,
        Some(""),
        Some("S3cret"),
        Some("s3cret-of-the-webhookk"),
    ] {
        assert_eq!(post(&url, secret, update(1, "hi").to_string()).await, 401);
        assert_eq!(post(&url, secret, "no json").await, 401);
    }
    assert_eq!(world.api.attempts(), 0);
}

#[tokio::test]
async fn each_request_gets_its_status() {
    let world = World::new().await;
    let url = world.serve().await;
    let status = async |body: String| post(&url, Some(SECRET), body).await;
    assert_eq!(status("no json".to_owned()).await, 400);
    assert_eq!(status("{}".to_owned()).await, 400);
    assert_eq!(status("[1]".to_owned()).await, 400);
    assert_eq!(status(" ".repeat(2 * 1024 * 1024)).await, 413);
    let unknown = json!({ "update_id": 1, "new_kind": { "a": 1 } });
    assert_eq!(status(unknown.to_string()).await, 200);
    assert_eq!(status(update(2, "hi").to_string()).await, 200);
    assert_eq!(world.texts(1).await, ["What would you like?"]);
    assert_eq!(status(update(3, "fail").to_string()).await, 503);
    assert_eq!(status(update(4, "panic").to_string()).await, 503);
}

#[tokio::test]
async fn parallel_deliveries_are_one_turn() {
    let world = World::new().await;
    let url = world.serve().await;
    let body = update(7, "hi").to_string();
    let posts: Vec<_> = (0..20)
        .map(|_| {
            let url = url.clone();
            let body = body.clone();
            tokio::spawn(async move { post(&url, Some(SECRET), body).await })
        })
        .collect();
    for post in posts {
        assert_eq!(post.await.unwrap(), 200);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.texts(1).await, ["What would you like?"]);
}

#[tokio::test]
async fn smaller_id_is_no_duplicate() {
    let world = World::new().await;
    world.with_webhook().await;
    world.api.write(42, "hi");
    world.texts(1).await;
    world.api.next_update_id(5); // after a week without an update
    world.api.write(42, "hi");
    assert_eq!(world.texts(2).await.len(), 2);
}

#[tokio::test]
async fn delivery_in_doubt_is_one_turn() {
    let world = World::new().await;
    world.api.deliver_twice(true);
    world.with_webhook().await;
    world.api.write(42, "hi");
    world.texts(1).await;
    world.api.press(42, "Tea").unwrap();
    world.texts(2).await;
    assert!(world.api.all_confirmed(LONG).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.texts(2).await, ["What would you like?", "Teas: 1"]);
}

#[tokio::test]
async fn failure_holds_up_its_own_user_alone() {
    let world = World::new().await;
    world.till.is_broken.store(true, Ordering::SeqCst);
    world.with_webhook().await;
    world.api.write(1, "stock?");
    world.api.write(1, "hi");
    world.api.write(2, "hi");
    assert_eq!(world.texts(1).await, ["What would you like?"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(world.api.unconfirmed().len(), 2);
    world.till.is_broken.store(false, Ordering::SeqCst);
    let texts = world.texts(3).await;
    assert_eq!(texts[1..], ["In stock.", "What would you like?"]);
    assert!(world.api.all_confirmed(LONG).await);
}

#[tokio::test]
async fn update_that_always_fails_is_given_up() {
    let mut world = World::new().await;
    let given_up = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&given_up);
    let hook = move |update: i64, _: &_| told.lock().unwrap().push(update);
    world.telegram = world.telegram.on_given_up(hook);
    world.telegram = world.telegram.give_up_after(Duration::from_millis(400));
    world.with_webhook().await;
    let poisoned = world.api.write(1, "panic");
    world.api.write(1, "hi");
    assert_eq!(world.texts(1).await, ["What would you like?"]);
    assert_eq!(*given_up.lock().unwrap(), [poisoned]);
}

#[tokio::test]
async fn panic_of_the_host_is_given_up_too() {
    let mut world = World::new().await;
    let panics = world.telegram.on_event(|_| panic!("at an event"));
    let panics = panics.on_given_up(|_, _| panic!("at what was given up"));
    world.telegram = panics.give_up_after(Duration::from_millis(200));
    world.with_webhook().await;
    world.api.update(
        42,
        json!({ "my_chat_member": {
            "chat": { "id": 42, "type": "private" }, "new_chat_member": { "status": "member" },
        }}),
    );
    world.api.update(
        42,
        json!({ "message": {
            "from": { "id": 42 }, "chat": { "id": 42, "type": "private" },
            "dice": { "value": 3 },
        }}),
    );
    world.api.write(42, "hi");
    assert_eq!(world.texts(1).await, ["What would you like?"]);
}

/// A connection over which the body of an update does not come.
async fn slow_sender(url: &str) -> TcpStream {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\
         x-telegram-bot-api-secret-token: {SECRET}\r\n\r\n",
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn body_that_does_not_come_is_not_awaited() {
    let world = World::new().await;
    let url = world.serve().await;
    let mut slow = slow_sender(&url).await;
    let mut answer = [0; 12];
    let read = tokio::time::timeout(LONG, slow.read_exact(&mut answer)).await;
    read.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn full_store_is_an_alert_and_not_given_up() {
    let store = MemoryStore::builder().max_users(1).build().unwrap();
    let mut world = World::on(store).await;
    world.telegram = world.telegram.give_up_after(Duration::ZERO);
    let url = world.serve().await;
    let of_user = |id: i64, user: i64| {
        let mut update = update(id, "hi");
        update["message"]["from"]["id"] = user.into();
        update["message"]["chat"]["id"] = user.into();
        update.to_string()
    };
    assert_eq!(post(&url, Some(SECRET), of_user(1, 1)).await, 200);
    assert_eq!(post(&url, Some(SECRET), of_user(2, 2)).await, 500);
}

#[tokio::test]
async fn too_many_at_a_time_are_shed() {
    let mut world = World::new().await;
    world.telegram = world.telegram.max_in_flight(1);
    let url = world.serve().await;
    // It keeps the only permit.
    let slow = slow_sender(&url).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        post(&url, Some(SECRET), update(1, "hi").to_string()).await,
        503
    );
    drop(slow); // hangs up
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        post(&url, Some(SECRET), update(1, "hi").to_string()).await,
        200
    );
    assert_eq!(world.texts(1).await.len(), 1);
}

#[tokio::test]
async fn topic_is_a_conversation_of_its_own() {
    let mut world = World::new().await;
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let hook = move |event: &Event| seen.lock().unwrap().push(format!("{event:?}"));
    world.telegram = world.telegram.on_event(hook).sessions(Sessions::PerMember);
    world.with_webhook().await;
    let topic = Place {
        chat: -100_500,
        thread: Some(7),
    };
    let general = Place {
        chat: -100_500,
        thread: None,
    };
    world.api.write_at(topic, 1, "hi");
    world.texts(1).await;
    let tea = world.api.button(topic, "Tea").unwrap();
    // Another member presses the button: it belongs to a question that they were not asked.
    world.api.press_at(topic, 2, &tea);
    world.texts(2).await;
    world.api.press_at(topic, 1, &tea);
    world.texts(3).await;
    world.api.write_at(general, 1, "hi");
    let sent = world.api.sent_at_least(4, LONG).await;
    let places: Vec<_> = sent.iter().map(|sent| sent.place).collect();
    assert_eq!(places, [topic, topic, topic, general]);
    let texts: Vec<_> = sent.iter().map(|sent| sent.text.as_str()).collect();
    let asked = "What would you like?";
    assert_eq!(texts, [asked, asked, "Teas: 1", asked]);
    world.api.update(
        42,
        json!({ "my_chat_member": {
            "chat": { "id": 42, "type": "private" }, "new_chat_member": { "status": "kicked" },
        }}),
    );
    assert!(world.api.all_confirmed(LONG).await);
    let blocked = "Membership(Membership { is_private: true, can_write: false, .. })";
    assert_eq!(*events.lock().unwrap(), [blocked]);
}

#[tokio::test]
async fn group_can_share_a_session() {
    let mut world = World::new().await;
    world.telegram = world.telegram.sessions(Sessions::PerChat);
    world.with_webhook().await;
    let group = Place {
        chat: -100_500,
        thread: None,
    };
    world.api.write_at(group, 1, "hi");
    world.texts(1).await;
    let tea = world.api.button(group, "Tea").unwrap();
    world.api.press_at(group, 2, &tea);
    assert_eq!(world.texts(2).await[1], "Teas: 1");
}
