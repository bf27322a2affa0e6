//! Two processes, and what each of them must not spoil for the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::worker::{LEASE, Shared};
use crate::server::text;
use crate::world::USER;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_deliveries_to_two_processes_send_once() {
    let shared = Shared::new("twenty").await;
    let _workers = shared.start_two(64).await;
    for (n, said) in ["hi", "3"].into_iter().enumerate() {
        let message = [text(USER, &format!("wamid.{n}"), said)];
        let answers = join_all((0..20).map(|_| shared.graph.deliver(&message))).await;
        assert_eq!(answers, [Some(200); 20]);
        shared.until(|shared| shared.texts(USER).len() > n).await;
    }
    shared.graph.press(USER, "Yes").await.unwrap();
    shared.until(|shared| shared.texts(USER).len() > 2).await;
    // Enough for a second send, if there were one.
    tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
    let texts = ["hi", "Pay 3 cents?", "Paid 3 cents."];
    assert_eq!(shared.texts(USER), texts);
    assert_eq!(shared.ledger.sales(USER), 1);
    shared.ledger.remove();
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_of_a_killed_process_is_sent_by_the_other() {
    let shared = Shared::new("killed").await;
    let mut first = shared.start(64).await;
    shared.send_to(&first);
    // Its request is on the way, and is never carried out.
    shared.graph.delay(Duration::from_secs(600));
    let message = [text(USER, "wamid.1", "3")];
    assert_eq!(shared.graph.deliver(&message).await, Some(200));
    first.kill();
    shared.graph.delay(Duration::ZERO);
    let killed = Instant::now();
    let second = shared.start(64).await;
    shared.until(|shared| !shared.texts(USER).is_empty()).await;
    assert!(
        killed.elapsed() > LEASE / 2,
        "the lease was held by the first one"
    );
    // The 200 of the first one may be lost. Deliveries go to the dead process in turn.
    shared.send_to(&second);
    for _ in 0..2 {
        let answer = shared.graph.deliver(&message).await;
        assert!(matches!(answer, None | Some(200)), "{answer:?}");
    }
    shared.graph.press(USER, "Yes").await.unwrap();
    let is_told = |shared: &Shared| shared.texts(USER).contains(&"Paid 3 cents.".to_owned());
    shared.until(is_told).await;
    assert_eq!(shared.texts(USER), ["Pay 3 cents?", "Paid 3 cents."]);
    assert_eq!(shared.ledger.sales(USER), 1);
    shared.ledger.remove();
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_user_of_a_batch_stops_no_other_user() {
    let shared = Shared::new("batch").await;
    let _workers = shared.start_two(64).await;
    shared.ledger.set_broken(true);
    let users = [
        "263771000001",
        "263771000002",
        "263771000003",
        "263771000004",
    ];
    let batch = [
        text(users[0], "wamid.1", "hi"),
        text(users[1], "wamid.2", "stock"),
        text(users[1], "wamid.3", "hi"),
        text(users[2], "wamid.4", "hi"),
        text(users[3], "wamid.5", "hi"),
    ];
    assert_eq!(shared.graph.deliver(&batch).await, Some(503));
    shared.until(|shared| shared.graph.sent().len() == 3).await;
    assert!(shared.texts(users[1]).is_empty());
    // The other process gets the next delivery.
    shared.ledger.set_broken(false);
    assert_eq!(shared.graph.deliver(&batch).await, Some(200));
    shared.until(|shared| shared.graph.sent().len() == 5).await;
    assert_eq!(shared.texts(users[1]), ["stock", "hi"]);
    assert_eq!(shared.texts(users[0]), ["hi"]);
    shared.ledger.remove();
}

#[tokio::test(flavor = "multi_thread")]
async fn shed_delivery_succeeds_when_it_comes_again() {
    let shared = Arc::new(Shared::new("shed").await);
    let _workers = shared.start_two(1).await;
    let mut deliveries = Vec::new();
    for n in 0..8 {
        let shared = Arc::clone(&shared);
        deliveries.push(tokio::spawn(async move {
            let user = format!("26377100000{n}");
            let message = [text(&user, &format!("wamid.{n}"), "slow")];
            let mut shed = 0;
            loop {
                match shared.graph.deliver(&message).await {
                    Some(200) => return shed,
                    Some(503) => shed += 1,
                    other => panic!("{other:?}"),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }));
    }
    let mut shed = 0;
    for delivery in deliveries {
        shed += delivery.await.unwrap();
    }
    assert!(shed >= 6, "{shed} of 8 were shed");
    shared.until(|shared| shared.graph.sent().len() == 8).await;
    for n in 0..8 {
        assert_eq!(shared.texts(&format!("26377100000{n}")), ["slow"]);
    }
    shared.ledger.remove();
}
