//! Polling: the offset moves after the commit.

use std::sync::atomic::Ordering;
use std::time::Duration;

use vimbiso_telegram::{PollError, WebhookSecret};

use crate::world::{LONG, SECRET, World, client};

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
    let first = world.api.write(1, "hi");
    let failing = world.api.write(2, "stock?");
    let behind = world.api.write(2, "hi");
    let other = world.api.write(3, "hi");
    world.poll();
    assert_eq!(world.texts(2).await, ["What would you like?"; 2]);
    // Telegram is told to go on at the first that is not committed.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(world.api.unconfirmed(), [failing, behind, other]);
    assert!(first < failing);
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
    world.api.next_update_id(3);
    // The poller asks again when the wait is over; here it is asked to by a newer request.
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
    assert!(!world.poll().is_finished());
}

#[tokio::test]
async fn second_poller_is_reported() {
    let world = World::new().await;
    let first = world.poll();
    let second = world.poll();
    let error = tokio::select! {
        ended = first => ended.unwrap().unwrap_err(),
        ended = second => ended.unwrap().unwrap_err(),
    };
    assert!(matches!(error, PollError::AnotherPoller), "{error}");
}

#[tokio::test]
async fn wrong_token_ends_polling() {
    let world = World::new().await;
    let client = crate::world::client_of(&world.api.url(), "1:other");
    let telegram = vimbiso_telegram::Telegram::new(world.bot.clone(), client).unwrap();
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
