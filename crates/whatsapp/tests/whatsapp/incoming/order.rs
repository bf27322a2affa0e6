//! Parallel deliveries, batches of several users, and channels that hang up or are too fast.

use std::time::Duration;

use harness::redis::{Redis, namespace};
use serde_json::Value;
use vimbiso_state::RedisStore;

use crate::server::*;
use crate::world::{USER, World, shown};

async fn deliver_20_times(addresses: &[std::net::SocketAddr], body: &str) {
    let mut deliveries = Vec::new();
    for n in 0..20 {
        let address = addresses[n % addresses.len()];
        let body = body.to_owned();
        deliveries.push(tokio::spawn(async move { post(address, &body).await }));
    }
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_deliveries_have_one_effect() {
    let server = Server::start().await;
    deliver_20_times(&[server.address], &batch(&[text(USER, "wamid.1", "hi")])).await;
    server.idle(USER).await;
    assert_eq!(server.said(USER).await, ["hi"]);
    assert_eq!(server.shown(USER), ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_redis_pay_once() {
    let redis = Redis::any().await;
    let namespace = namespace();
    let world = World::new().await;
    let mut addresses = Vec::new();
    let mut bots = Vec::new();
    for _ in 0..2 {
        let store = RedisStore::builder().namespace(namespace.clone());
        let bot = world.bot(store.connect(&redis.url).await.unwrap());
        addresses.push(serve(&bot, |webhook| webhook).await);
        bots.push(bot);
    }
    let idle = async || {
        let user = user(USER);
        let idle = bots[0].until_idle(&user, Duration::from_secs(20));
        assert!(idle.await.unwrap());
    };
    for (id, said) in [("wamid.1", "5"), ("wamid.2", "yes")] {
        deliver_20_times(&addresses, &batch(&[text(USER, id, said)])).await;
        idle().await;
    }
    assert_eq!(world.bank.paid(), [5]);
    assert_eq!(shown(&world.graph, USER).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_of_one_user_stops_only_that_user() {
    let server = Server::start().await;
    let messages: Vec<Value> = vec![
        text("1", "a1", "one"),
        text("2", "b1", "one"),
        text("3", "c1", "one"),
        text("2", "b2", "fail"),
        text("4", "d1", "one"),
        text("2", "b3", "three"),
        text("1", "a2", "two"),
    ];
    assert_eq!(server.deliver(&messages).await, 503);
    assert_eq!(server.said("1").await, ["one", "two"]);
    assert_eq!(server.said("2").await, ["one"]);
    assert_eq!(server.said("3").await, ["one"]);
    assert_eq!(server.said("4").await, ["one"]);
    // The next delivery, when it can succeed.
    let mut again = messages.clone();
    again[3]["text"]["body"] = "two".into();
    assert_eq!(server.deliver(&again).await, 200);
    assert_eq!(server.said("1").await, ["one", "two"]);
    assert_eq!(server.said("2").await, ["one", "two", "three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_depends_on_what_helps() {
    let server = Server::start().await;
    for (said, status) in [
        ("impossible", 200),
        ("fail", 503),
        ("panic", 503),
        ("alert", 500),
    ] {
        let id = format!("wamid.{said}");
        assert_eq!(
            server.deliver(&[text("1", &id, said)]).await,
            status,
            "{said}"
        );
    }
    // What another delivery cannot help does not stop the user.
    let messages = [
        text("1", "wamid.5", "impossible"),
        text("1", "wamid.6", "hi"),
    ];
    assert_eq!(server.deliver(&messages).await, 200);
    assert_eq!(server.said("1").await, ["hi"]);
    // What can succeed by itself is not left to a person.
    let both = [text("1", "wamid.7", "alert"), text("2", "wamid.8", "fail")];
    assert_eq!(server.deliver(&both).await, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn hung_up_delivery_is_handled_to_its_end() {
    let server = Server::start().await;
    let body = batch(&[
        text(USER, "wamid.1", "slow one"),
        text(USER, "wamid.2", "two"),
    ]);
    let signature = format!(
        "X-Hub-Signature-256: {}\r\n",
        secret().sign(body.as_bytes())
    );
    let stream = begin(server.address, &body, &signature).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(server.said(USER).await.is_empty());
    drop(stream);
    until(async || server.said(USER).await == ["slow one", "two"]).await;
    server.idle(USER).await;
    assert_eq!(server.shown(USER).len(), 2);
    assert_eq!(
        server.deliver(&[text(USER, "wamid.1", "slow one")]).await,
        200
    );
    assert_eq!(server.said(USER).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_beyond_the_limit_are_shed() {
    let server = Server::with(|webhook| webhook.parallel(1)).await;
    let slow = batch(&[text("1", "wamid.1", "slow")]);
    let signature = format!(
        "X-Hub-Signature-256: {}\r\n",
        secret().sign(slow.as_bytes())
    );
    let first = begin(server.address, &slow, &signature).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(server.deliver(&[text("2", "wamid.2", "hi")]).await, 503);
    // What goes on after the channel has hung up still counts.
    drop(first);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.deliver(&[text("2", "wamid.2", "hi")]).await, 503);
    // One that is not signed is refused as ever, and takes no place.
    assert_eq!(post_with(server.address, &slow, "").await, 401);
    until(async || server.said("1").await == ["slow"]).await;
    until(async || server.deliver(&[text("2", "wamid.2", "hi")]).await == 200).await;
    assert_eq!(server.said("2").await, ["hi"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn delivery_over_its_deadline_is_still_done() {
    let server = Server::with(|webhook| webhook.deadline(Duration::from_millis(100))).await;
    let messages = [text("1", "wamid.1", "slow"), text("2", "wamid.2", "hi")];
    assert_eq!(server.deliver(&messages).await, 503);
    until(async || server.said("1").await == ["slow"]).await;
    assert_eq!(server.deliver(&messages).await, 200);
    assert_eq!(server.said("1").await, ["slow"]);
    assert_eq!(server.said("2").await, ["hi"]);
}
