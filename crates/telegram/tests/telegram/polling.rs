//! Polling: the offset moves after the commit.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use vimbiso_telegram::{PollError, Telegram, WebhookSecret};

use crate::world::{LONG, SECRET, World, client, client_of};

#[tokio::test]
async fn whole_conversation_by_polling() {
    let world = World::new().await;
    world.poll();
    world.api.write(42, "hi");
    world.texts(1).await;
    world.api.press(42, "Tea").unwrap();
    world.texts(2).await;
    world.api.press(42, "Pay").unwrap();
    let expected = ["What would you like?", "Teas: 1", "Paid 1."];
    assert_eq!(world.texts(3).await, expected);
    assert!(world.api.all_confirmed(LONG).await);
}

#[tokio::test]
async fn failure_keeps_its_user_and_loses_nothing() {
    let world = World::new().await;
    world.till.is_broken.store(true, Ordering::SeqCst);
    world.api.write(1, "hi");
    let failing = world.api.write(2, "stock?");
    let behind = world.api.write(2, "hi");
    let other = world.api.write(3, "hi");
    world.poll();
    assert_eq!(world.texts(2).await, ["What would you like?"; 2]);
    // Telegram is told to go on at the first that is not committed.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(world.api.unconfirmed(), [failing, behind, other]);
    assert_eq!(world.api.sent().len(), 2);
    world.till.is_broken.store(false, Ordering::SeqCst);
    let texts = world.texts(4).await;
    assert_eq!(texts[2..], ["In stock.", "What would you like?"]);
    assert!(world.api.all_confirmed(LONG).await);
    assert_eq!(world.api.sent().len(), 4);
}

#[tokio::test]
async fn poller_that_dies_leaves_all_to_the_next() {
    let world = World::new().await;
    world.till.is_broken.store(true, Ordering::SeqCst);
    world.api.write(1, "stock?");
    world.api.write(2, "hi");
    let first = world.poll();
    world.texts(1).await;
    first.abort();
    let _ = first.await;
    assert_eq!(world.api.unconfirmed().len(), 2);
    world.till.is_broken.store(false, Ordering::SeqCst);
    world.poll();
    // The one that was handled comes again, and is a duplicate.
    assert_eq!(world.texts(2).await, ["What would you like?", "In stock."]);
    assert!(world.api.all_confirmed(LONG).await);
    assert_eq!(world.api.sent().len(), 2);
}

#[tokio::test]
async fn poisoned_update_is_given_up() {
    let mut world = World::new().await;
    world.telegram = world.telegram.give_up_after(Duration::from_millis(500));
    world.api.write(1, "panic");
    world.api.write(1, "hi");
    world.poll();
    assert_eq!(world.texts(1).await, ["What would you like?"]);
    assert!(world.api.all_confirmed(LONG).await);
}

#[tokio::test]
async fn ids_that_begin_anew_are_handled() {
    let world = World::new().await;
    world.poll();
    world.api.write(1, "hi");
    world.texts(1).await;
    assert!(world.api.all_confirmed(LONG).await);
    // While the poller waits with the offset after the last id.
    world.api.next_update_id(3);
    world.api.write(1, "hi");
    assert_eq!(world.texts(2).await.len(), 2);
}

#[tokio::test]
async fn webhook_that_is_set_is_reported() {
    let world = World::new().await;
    let secret = WebhookSecret::new(SECRET).unwrap();
    let client = client(&world.api.url());
    client
        .set_webhook("http://127.0.0.1:9/", &secret, 1)
        .await
        .unwrap();
    let error = world.poll().await.unwrap().unwrap_err();
    assert!(matches!(error, PollError::WebhookIsSet), "{error}");
    client.delete_webhook().await.unwrap();
    world.poll();
    world.api.write(42, "hi");
    assert_eq!(world.texts(1).await, ["What would you like?"]);
}

#[tokio::test]
async fn second_poller_is_reported_and_nothing_lost() {
    let world = World::new().await;
    let begun = Instant::now();
    let mut first = world.poll();
    let mut second = world.poll();
    for user in 1..=10 {
        world.api.write(user, "hi");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(world.texts(10).await.len(), 10);
    let error = tokio::select! {
        ended = &mut first => ended.unwrap().unwrap_err(),
        ended = &mut second => ended.unwrap().unwrap_err(),
    };
    assert!(matches!(error, PollError::AnotherPoller), "{error}");
    // The other one may be about to end: each waits longer and longer before it asks again.
    assert!(begun.elapsed() > Duration::from_secs(10));
    assert!(world.api.polls() < 60, "{} polls", world.api.polls());
    // It goes on.
    world.api.write(11, "hi");
    assert_eq!(world.texts(11).await, ["What would you like?"; 11]);
    assert!(first.is_finished() != second.is_finished());
    assert!(world.api.all_confirmed(LONG).await);
}

/// An API that gives these answers, one after the other, and then none. Returns its URL, and the
/// times at which it was asked.
async fn scripted(answers: Vec<Value>) -> (String, Arc<Mutex<Vec<Instant>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let times = Arc::clone(&asked);
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    let router = Router::new().fallback(move || {
        times.lock().unwrap().push(Instant::now());
        let answer = answers.lock().unwrap().next();
        async move {
            match answer {
                Some(answer) => answer.to_string(),
                None => std::future::pending().await,
            }
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

/// The times between the requests of a poller that gets these answers.
async fn pauses(answers: Vec<Value>) -> Vec<Duration> {
    let count = answers.len();
    let (url, asked) = scripted(answers).await;
    let world = World::new().await;
    let telegram = Telegram::new(world.bot, client(&url)).unwrap();
    let poller = tokio::spawn(async move { telegram.poll(std::future::pending()).await });
    let all = async {
        while asked.lock().unwrap().len() <= count {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, all).await.unwrap();
    poller.abort();
    let asked = asked.lock().unwrap();
    asked.windows(2).map(|two| two[1] - two[0]).collect()
}

#[tokio::test]
async fn api_that_fails_is_asked_after_a_pause() {
    let wait = json!({ "ok": false, "error_code": 429, "parameters": { "retry_after": 3 } });
    let broken = json!({ "ok": false, "error_code": 500 });
    let pauses = pauses(vec![wait, broken.clone(), broken]).await;
    assert!(pauses[0] >= Duration::from_secs(3), "{pauses:?}");
    assert!(pauses[1] >= Duration::from_secs(2), "{pauses:?}");
    assert!(pauses[2] >= Duration::from_secs(4), "{pauses:?}");
}

#[tokio::test]
async fn api_that_does_not_wait_is_no_busy_loop() {
    let none = json!({ "ok": true, "result": [] });
    let unknown = json!({ "ok": true, "result": [{ "no": "id" }] });
    let handled = json!({ "ok": true, "result": [{ "update_id": 1 }] });
    let pauses = pauses(vec![none, unknown, handled]).await;
    assert!(pauses[0] >= Duration::from_secs(1), "{pauses:?}");
    assert!(pauses[1] >= Duration::from_secs(1), "{pauses:?}");
    // There may be more.
    assert!(pauses[2] < Duration::from_secs(1), "{pauses:?}");
}

#[tokio::test]
async fn other_users_do_not_wait_for_a_failure() {
    let world = World::new().await;
    world.api.write(1, "fail");
    world.poll();
    // It has failed several times, and nothing else has happened.
    tokio::time::sleep(Duration::from_secs(8)).await;
    let begun = Instant::now();
    world.api.write(2, "hi");
    assert_eq!(world.texts(1).await, ["What would you like?"]);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn wrong_token_ends_polling() {
    let world = World::new().await;
    let client = client_of(&world.api.url(), "1:other");
    let telegram = Telegram::new(world.bot.clone(), client).unwrap();
    let error = telegram.poll(std::future::pending()).await.unwrap_err();
    assert!(matches!(error, PollError::TokenRefused(_)), "{error}");
}

#[tokio::test]
async fn shutdown_confirms_what_is_committed() {
    let world = World::new().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let telegram = world.telegram.clone();
    let polling = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        telegram.poll(shutdown).await
    });
    world.api.write(1, "hi");
    world.texts(1).await;
    stop.send(()).unwrap();
    polling.await.unwrap().unwrap();
    assert_eq!(world.api.unconfirmed(), [0; 0]);
    assert!(world.bot.shutdown(LONG).await);
}
