//! Who is missing in the index is put back, from the outboxes.

use std::time::Duration;

use harness::cluster::Cluster;
use harness::command::{executions, run, run_words};
use harness::server::Server;
use harness::sessions::user;
use redis::AsyncCommands;
use tokio::time::{Instant, sleep};
use vimbiso_state::store::{Due, OutboxChanges, RedisStoreBuilder, WakeUp};
use vimbiso_state::{Error, RedisStore, UserId};

use crate::due::{commit_as, due, due_as, push, wake_after};

fn builder() -> RedisStoreBuilder {
    let builder = RedisStore::builder().namespace("bank");
    builder.index_check(Duration::from_secs(1))
}

/// Asks until so many are due.
async fn wait_for(store: &RedisStore, number: usize) -> Vec<Due> {
    let started = Instant::now();
    let mut found = Vec::new();
    while found.len() < number {
        assert!(started.elapsed() < Duration::from_secs(15), "{found:?}");
        sleep(Duration::from_millis(50)).await;
        found.extend(due(store).await);
    }
    found
}

fn someone(n: usize) -> UserId {
    UserId::new(n.to_string()).unwrap()
}

/// Work, and a wake-up that is due.
fn both<'a>() -> OutboxChanges<'a> {
    OutboxChanges {
        wake_up: WakeUp::After(Duration::ZERO),
        ..push()
    }
}

#[tokio::test]
async fn lost_index_of_one_server_is_made_again() {
    let server = Server::start();
    let store = builder().connect(server.url()).await.unwrap();
    for n in 0..40 {
        commit_as(&store, &someone(n), both()).await;
    }
    let mut redis = server.raw().await;
    let () = redis.del("bank:_wake").await.unwrap();
    // An outbox of another namespace is not this store's.
    let other = RedisStore::builder().namespace("cafe");
    let other = other.connect(server.url()).await.unwrap();
    commit_as(&other, &user(), push()).await;
    let found = wait_for(&store, 80).await;
    for n in 0..40 {
        for is_reminder in [false, true] {
            let times = found
                .iter()
                .filter(|due| **due == due_as(&someone(n), is_reminder));
            assert_eq!(times.count(), 1, "{n}");
        }
    }
}

#[tokio::test]
async fn wake_up_to_come_is_put_back_with_its_time() {
    let server = Server::start();
    let store = builder().connect(server.url()).await.unwrap();
    commit_as(&store, &user(), wake_after(Duration::from_secs(60))).await;
    let mut redis = server.raw().await;
    let member = format!("r{}", user().expose());
    let time: f64 = redis.zscore("bank:_wake", &member).await.unwrap();
    let () = redis.del("bank:_wake").await.unwrap();
    let started = Instant::now();
    loop {
        assert_eq!(due(&store).await, []);
        let found: Option<f64> = redis.zscore("bank:_wake", &member).await.unwrap();
        if found.is_some() {
            assert_eq!(found, Some(time));
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(15));
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn lost_shards_of_a_cluster_are_made_again() {
    let cluster = Cluster::start(3).await;
    let writer = builder().connect_cluster(cluster.urls()).await.unwrap();
    for n in 0..40 {
        commit_as(&writer, &someone(n), both()).await;
    }
    for node in &cluster.nodes {
        let mut redis = node.raw().await;
        let shards: Vec<String> = redis.keys("bank:{_wake_*}").await.unwrap();
        for shard in shards {
            let () = redis.del(shard).await.unwrap();
        }
    }
    // It was told of one node, and finds the masters that it has never asked.
    let url = cluster.urls().remove(0);
    let store = builder().connect_cluster([url]).await.unwrap();
    let found = wait_for(&store, 80).await;
    for n in 0..40 {
        for is_reminder in [false, true] {
            let due = due_as(&someone(n), is_reminder);
            assert!(found.contains(&due), "{due:?}");
        }
    }
}

#[tokio::test]
async fn one_of_two_processes_checks_the_index() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let builder = builder().index_check(Duration::from_secs(60));
    let stores = [
        builder.clone().connect(server.url()).await.unwrap(),
        builder.connect(server.url()).await.unwrap(),
    ];
    let started = Instant::now();
    let ask = async |time: Duration| {
        let end = Instant::now() + time;
        while Instant::now() < end {
            for store in &stores {
                assert_eq!(due(store).await, []);
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    // Not at the start: after the twelfth of the interval.
    while executions(&mut redis, "scan").await == 0 {
        assert!(started.elapsed() < Duration::from_secs(20));
        ask(Duration::from_millis(100)).await;
    }
    let waited = started.elapsed();
    assert!(waited > Duration::from_millis(4500), "{waited:?}");
    ask(Duration::from_secs(2)).await;
    assert_eq!(executions(&mut redis, "scan").await, 1);
    let left: u64 = run(&mut redis, "PTTL bank:_wake_check").await;
    assert!((1..60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn many_keys_are_scanned_in_small_steps() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let script = "for n = 1, 9000 do redis.call('SET', 'k' .. n, '') end";
    let () = run_words(&mut redis, &["EVAL", script, "0"]).await;
    let store = builder().index_check(Duration::from_secs(24));
    let store = store.connect(server.url()).await.unwrap();
    let started = Instant::now();
    while executions(&mut redis, "scan").await < 8 {
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(due(&store).await, []);
        sleep(Duration::from_millis(10)).await;
    }
    // Seven pauses, after the twelfth of the interval.
    let took = started.elapsed();
    assert!(took > Duration::from_millis(3600), "{took:?}");
}

#[tokio::test]
async fn interval_of_the_check_has_limits() {
    for interval in [Duration::from_millis(999), Duration::from_secs(86_401)] {
        let builder = RedisStore::builder().index_check(interval);
        let refused = builder.connect("redis://127.0.0.1:1").await;
        let Err(Error::Setting { what, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(what, "interval of the index check");
    }
}
