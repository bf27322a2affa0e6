//! A user whose number or business-scoped id changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::hooks::Meddler;
use serde_json::{Value, json};
use vimbiso_state::{JwtToken, MemoryStore, SessionStatus, Turn};
use vimbiso_whatsapp::OnIdChange;

use crate::kiosk::{At, Confirm, Kiosk};
use crate::server::*;
use crate::world::{TOKEN, World};

const OLD: &str = "16505551234";
const NEW: &str = "16505559999";
const OLD_ID: &str = "US.13491208655302741918";
const NEW_ID: &str = "US.24817305912873645029";

fn number_changed(id: &str, old: &str, new: &str, ago: u64) -> Value {
    json!({ "from": old, "id": id, "timestamp": (now() - ago).to_string(), "type": "system",
        "system": { "type": "user_changed_number", "wa_id": new } })
}

fn id_changed(id: &str, ago: u64) -> Value {
    json!({ "id": id, "timestamp": (now() - ago).to_string(), "type": "system", "system": {
        "type": "user_changed_user_id", "user_id": NEW_ID, "previous_user_id": OLD_ID } })
}

/// A text of a user who hides the number.
fn text_of_id(user_id: &str, id: &str, said: &str) -> Value {
    let mut message = text("", id, said);
    message["from_user_id"] = json!(user_id);
    message.as_object_mut().unwrap().remove("from");
    message
}

async fn accept(server: &Server, message: Value) {
    assert_eq!(server.deliver(&[message]).await, 200);
}

async fn say(server: &Server, user: &str, id: &str, said: &str) {
    accept(server, text(user, id, said)).await;
    server.idle(user).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_number_ends_the_session() {
    let server = Server::start().await;
    say(&server, OLD, "wamid.1", "hi").await;
    say(&server, OLD, "wamid.2", "5").await;
    let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").unwrap();
    let manager = server.bot.manager();
    manager.set_jwt_token(&user(OLD), &token).await.unwrap();
    accept(&server, number_changed("wamid.3", OLD, NEW, 0)).await;
    let old = server.user(OLD).await;
    assert_eq!((old.stage(), old.jwt_token()), (At::Start, None));
    assert!(old.data().said.is_empty() && old.data().cents == 0);
    let new = server.user(NEW).await;
    assert_eq!((new.status(), new.jwt_token()), (&SessionStatus::New, None));
    // Who has the old number next finds nothing to confirm.
    say(&server, OLD, "wamid.4", "yes").await;
    assert!(server.world.bank.paid().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_id_takes_the_session_along() {
    let server = Server::start().await;
    accept(&server, text_of_id(OLD_ID, "wamid.1", "hi")).await;
    accept(&server, text_of_id(OLD_ID, "wamid.2", "5")).await;
    server.idle(OLD_ID).await;
    let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").unwrap();
    let manager = server.bot.manager();
    manager.set_jwt_token(&user(OLD_ID), &token).await.unwrap();
    let button = server.world.graph.sent()[1].options()[0].0.clone();

    accept(&server, id_changed("wamid.3", 0)).await;
    let old = server.user(OLD_ID).await;
    assert_eq!((old.stage(), old.jwt_token()), (At::Start, None));
    let new = server.user(NEW_ID).await;
    assert_eq!((new.stage(), new.jwt_token()), (At::Confirm, None));
    assert_eq!(
        (new.data().said.clone(), new.data().cents),
        (vec!["hi".to_owned()], 5)
    );

    // What was shown before confirms nothing: the user is asked again.
    accept(&server, text_of_id(NEW_ID, "wamid.4", "yes")).await;
    accept(&server, text_of_id(NEW_ID, "wamid.5", &button)).await;
    server.idle(NEW_ID).await;
    assert!(server.world.bank.paid().is_empty());
    accept(&server, text_of_id(NEW_ID, "wamid.6", "yes")).await;
    server.idle(NEW_ID).await;
    assert_eq!(server.world.bank.paid(), [5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn host_decides_what_becomes_of_the_session() {
    let server = Server::with(|webhook| {
        let webhook = webhook.on_number_change(OnIdChange::Move);
        webhook.on_user_id_change(OnIdChange::Purge)
    })
    .await;
    say(&server, OLD, "wamid.1", "hi").await;
    accept(&server, text_of_id(OLD_ID, "wamid.2", "ho")).await;
    server.idle(OLD_ID).await;
    let changes = [
        number_changed("wamid.3", OLD, NEW, 0),
        id_changed("wamid.4", 0),
    ];
    assert_eq!(server.deliver(&changes).await, 200);
    assert_eq!(server.said(NEW).await, ["hi"]);
    assert!(server.said(NEW_ID).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_delivered_again_changes_nothing() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    say(&server, OLD, "wamid.1", "hi").await;
    let notice = number_changed("wamid.2", OLD, NEW, 0);
    let deliveries: Vec<_> = (0..20)
        .map(|_| {
            let body = batch(std::slice::from_ref(&notice));
            let address = server.address;
            tokio::spawn(async move { post(address, &body).await })
        })
        .collect();
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), 200);
    }
    assert_eq!(server.said(NEW).await, ["hi"]);
    // Both go on, and a late notice takes nothing from them.
    say(&server, NEW, "wamid.3", "there").await;
    say(&server, OLD, "wamid.4", "a stranger").await;
    accept(&server, notice).await;
    assert_eq!(server.said(NEW).await, ["hi", "there"]);
    assert_eq!(server.said(OLD).await, ["a stranger"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_waits_for_a_pending_call() {
    let server = Server::start().await;
    server.world.bank.close(true);
    say(&server, OLD, "wamid.1", "5").await;
    accept(&server, text(OLD, "wamid.2", "yes")).await;
    let notice = number_changed("wamid.3", OLD, NEW, 0);
    // What the user writes after it waits too, and others go on.
    let messages = [
        notice.clone(),
        text(NEW, "wamid.4", "hi"),
        text("7", "wamid.5", "hi"),
    ];
    assert_eq!(server.deliver(&messages).await, 503);
    assert_eq!(server.user(OLD).await.data().cents, 5);
    assert!(server.said(NEW).await.is_empty());
    assert_eq!(server.said("7").await, ["hi"]);
    server.world.bank.close(false);
    server.idle(OLD).await;
    assert_eq!(server.shown(OLD).last().unwrap(), "Paid 5 cents.");
    assert_eq!(server.deliver(&messages).await, 200);
    assert_eq!(server.user(OLD).await.data().cents, 0);
    assert_eq!(server.said(NEW).await, ["hi"]);
    assert_eq!(server.world.bank.paid(), [5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_waits_for_an_unsent_reply() {
    let server = Server::start().await;
    server.world.graph.accept_token("another");
    accept(&server, text(OLD, "wamid.1", "hi")).await;
    let notice = number_changed("wamid.2", OLD, NEW, 0);
    assert_eq!(server.deliver(std::slice::from_ref(&notice)).await, 503);
    assert_eq!(server.said(OLD).await, ["hi"]);
    server.world.graph.accept_token(TOKEN);
    server.idle(OLD).await;
    accept(&server, notice).await;
    assert!(server.said(OLD).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn late_message_is_handled_once_under_the_new_id() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    let handled = text_ago(OLD, "wamid.1", "before", 300);
    accept(&server, handled.clone()).await;
    server.idle(OLD).await;
    accept(&server, number_changed("wamid.2", OLD, NEW, 120)).await;
    // Handled under the old id, and delivered again.
    accept(&server, handled).await;
    // Sent before the change, and delivered only now.
    let late = text_ago(OLD, "wamid.3", "late", 200);
    for _ in 0..2 {
        accept(&server, late.clone()).await;
    }
    // Sent after it, by who has the number now.
    accept(&server, text_ago(OLD, "wamid.4", "a stranger", 60)).await;
    server.idle(NEW).await;
    assert_eq!(server.said(NEW).await, ["before", "late"]);
    assert_eq!(server.said(OLD).await, ["a stranger"]);
    assert_eq!(server.shown(NEW), ["late"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_message_follows_each_change() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    // From 1 to 2, back to 1, and from there to 3.
    for (n, (old, new, ago)) in [("1", "2", 300), ("2", "1", 200), ("1", "3", 100)]
        .into_iter()
        .enumerate()
    {
        let notice = number_changed(&format!("wamid.c{n}"), old, new, ago);
        accept(&server, notice).await;
    }
    for (id, from, ago) in [("a", "2", 250), ("b", "1", 150)] {
        accept(&server, text_ago(from, id, id, ago)).await;
    }
    assert_eq!(server.said("3").await, ["a", "b"]);
    assert!(server.said("1").await.is_empty() && server.said("2").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn late_message_of_a_returned_user_counts_once() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    accept(&server, number_changed("wamid.c1", OLD, NEW, 200)).await;
    let moved = text_ago(OLD, "wamid.1", "moved", 300);
    accept(&server, moved.clone()).await;
    server.idle(NEW).await;
    accept(&server, number_changed("wamid.c2", NEW, OLD, 100)).await;
    // The old id is in use again, and has fenced both messages.
    let late = text_ago(OLD, "wamid.2", "late", 300);
    for message in [&moved, &late, &moved, &late] {
        accept(&server, message.clone()).await;
    }
    assert_eq!(server.said(OLD).await, ["moved", "late"]);
    assert!(server.said(NEW).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn session_comes_back_with_its_user() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    say(&server, OLD, "wamid.1", "hi").await;
    accept(&server, number_changed("wamid.2", OLD, NEW, 0)).await;
    say(&server, NEW, "wamid.3", "5").await;
    say(&server, NEW, "wamid.4", "no").await;
    accept(&server, number_changed("wamid.5", NEW, OLD, 0)).await;
    let back = server.user(OLD).await;
    assert_eq!(back.stage(), At::Start);
    assert_eq!(back.option(), Some(Confirm::No));
    assert_eq!(back.data().said, ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn order_of_the_new_id_is_kept_around_a_change() {
    let server = Server::start().await;
    let mut messages = [
        text(OLD, "wamid.1", "impossible"),
        text(NEW, "wamid.2", "fail"),
        number_changed("wamid.3", OLD, NEW, 0),
        text(NEW, "wamid.4", "two"),
    ];
    assert_eq!(server.deliver(&messages).await, 503);
    assert!(server.said(NEW).await.is_empty());
    messages[1]["text"]["body"] = "one".into();
    assert_eq!(server.deliver(&messages).await, 200);
    assert_eq!(server.said(NEW).await, ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn session_of_the_new_id_is_kept() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    say(&server, OLD, "wamid.1", "old").await;
    say(&server, NEW, "wamid.2", "new").await;
    accept(&server, number_changed("wamid.3", OLD, NEW, 0)).await;
    assert_eq!(server.said(NEW).await, ["new"]);
    assert!(server.said(OLD).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn session_too_large_to_move_ends() {
    let server = Server::with(|webhook| webhook.on_number_change(OnIdChange::Move)).await;
    for (n, length) in [7_000, 7_000, 7_000].into_iter().enumerate() {
        // Without a reply of that size.
        let manager = server.bot.manager();
        let add = |turn: &mut Turn<Kiosk>| {
            turn.data_mut().said.push("\"".repeat(length));
            Ok(())
        };
        manager.update_state(&user(OLD), "test", add).await.unwrap();
        assert_eq!(server.user(OLD).await.data().said.len(), n + 1);
    }
    accept(&server, number_changed("wamid.1", OLD, NEW, 0)).await;
    assert!(server.said(OLD).await.is_empty());
    assert_eq!(server.user(NEW).await.version(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_without_both_ids_is_ignored() {
    let server = Server::start().await;
    say(&server, OLD, "wamid.1", "hi").await;
    let whole = number_changed("wamid.2", OLD, NEW, 0);
    for without in ["id", "from", "system"] {
        let mut notice = whole.clone();
        notice.as_object_mut().unwrap().remove(without);
        assert_eq!(server.deliver(&[notice]).await, 200, "{without}");
    }
    let mut notice = whole;
    notice["system"].as_object_mut().unwrap().remove("wa_id");
    accept(&server, notice).await;
    assert_eq!(server.said(OLD).await, ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_made_change_is_completed() {
    // The worker dies between the two commits: the first delivery panics at the second one.
    let store = MemoryStore::new();
    let armed = Arc::new(AtomicBool::new(false));
    let arms = Arc::clone(&armed);
    let dying = Meddler::new(store.clone(), move |of| {
        let dies = of == user(NEW) && arms.swap(false, Ordering::SeqCst);
        async move { assert!(!dies, "as the test asks") }
    });
    let world = World::new().await;
    let bot = world.bot(dying);
    let address = serve(&bot, |webhook| webhook.on_number_change(OnIdChange::Move)).await;
    assert_eq!(
        post(address, &batch(&[text(OLD, "wamid.1", "hi")])).await,
        200
    );
    assert!(
        bot.until_idle(&user(OLD), std::time::Duration::from_secs(5))
            .await
            .unwrap()
    );
    armed.store(true, Ordering::SeqCst);
    let notice = batch(&[number_changed("wamid.2", OLD, NEW, 0)]);
    assert_eq!(post(address, &notice).await, 500);
    let said = async |id: &str| {
        bot.manager()
            .load(&user(id))
            .await
            .unwrap()
            .data()
            .said
            .clone()
    };
    assert!(said(OLD).await.is_empty() && said(NEW).await.is_empty());
    assert_eq!(post(address, &notice).await, 200);
    assert_eq!(said(NEW).await, ["hi"]);
}
