//! The rights that a bot needs beside those of sessions: a host without a bot does without them.

use std::time::Duration;

use harness::assert_matches;
use harness::cluster::Cluster;
use harness::command::{executions, run};
use harness::log::Log;
use harness::server::Server;
use harness::sessions::{assert_discreet, prepare, soon, text, user, write};
use redis::AsyncCommands;
use vimbiso_state::store::{Delivery, KeyLayout, OutboxChanges, WakeUp};
use vimbiso_state::{RedisStore, StateStore, StoreError};

use crate::outbox_calls::{CALLS, commit_with, outboxes, reply};
use crate::rights::{as_bot, connect, grant, rights, rights_of_a_bot};

/// Rights without which a bot works.
const SPARED: [&str; 2] = ["+scan", "+cluster|slots"];

#[tokio::test]
async fn both_lists_together_are_enough_for_a_bot() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let all = all_but("").join(" ").replace("~bank:*", "~*");
    let () = run(&mut redis, &format!("ACL SETUSER bot reset {all}")).await;
    let url = as_bot(server.url());
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        let store = RedisStore::builder().layout(layout);
        let store = store.connect(url.as_str()).await.unwrap();
        for call in CALLS {
            let on = call.prepare(&mut redis, &store).await;
            call.make(&store, &on).await.unwrap();
        }
    }
}

/// All rights that are documented, but this one.
fn all_but(missing: &str) -> Vec<String> {
    let all = rights().into_iter().chain(rights_of_a_bot());
    all.filter(|right| right != missing).collect()
}

/// Runs a test whose log is read.
fn logging(log: &Log, test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    log.capture(|| runtime.block_on(test));
}

#[test]
fn sessions_work_without_the_rights_of_a_bot() {
    let log = Log::default();
    logging(&log, async {
        let server = Server::start();
        let mut redis = server.raw().await;
        grant(&mut redis, &rights()).await;
        let store = connect(&server, KeyLayout::FiveKeys).await.unwrap();
        let shown = log.text();
        assert!(shown.contains("A bot cannot use this store"), "{shown}");
        let all = "+pttl +hdel +zscore +zrangebyscore +zrem +zadd";
        assert!(shown.contains(all), "{shown}");
        write(&store, "{}").await;
        store.delete(&user(), soon()).await.unwrap();
        let keys: u64 = run(&mut redis, "DBSIZE").await;
        assert_eq!(keys, 0);
    });
}

#[tokio::test]
async fn outbox_call_names_the_missing_right_until_granted() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let needed = rights_of_a_bot().into_iter();
    for missing in needed.filter(|right| !SPARED.contains(&right.as_str())) {
        grant(&mut redis, &all_but(&missing)).await;
        let store = connect(&server, KeyLayout::FiveKeys).await.unwrap();
        write(&store, "{}").await;
        for _ in 0..2 {
            let error = outboxes(&store)
                .due(1, Duration::from_secs(1), soon())
                .await;
            let error = error.expect_err(&missing);
            assert_matches!(error, StoreError::Denied { .. });
            let shown = text(&error);
            assert!(shown.contains(&format!("grant {missing} ")), "{shown}");
            assert_discreet(&error);
        }
        let attempt = prepare(&store, "{}").await;
        let refused = commit_with(&store, &attempt, OutboxChanges::default()).await;
        assert_matches!(refused, Err(StoreError::Denied { .. }));
        grant(&mut redis, &all_but("")).await;
        let changes = OutboxChanges {
            reply: reply(b"\"1\"", Delivery::Push),
            wake_up: WakeUp::After(Duration::from_secs(60)),
            ..Default::default()
        };
        assert!(commit_with(&store, &attempt, changes).await.is_ok());
        // The entry in the index goes with the user.
        store.delete(&user(), soon()).await.unwrap();
        let left: bool = redis.exists("bank:_wake").await.unwrap();
        assert!(!left);
    }
}

/// Asks who is due until the log says this, and a little longer. How often it says so.
async fn times_said(log: &Log, store: &RedisStore, text: &str) -> usize {
    let mut rounds_left = 200;
    let mut more = 20;
    while more > 0 {
        outboxes(store)
            .due(1, Duration::from_secs(1), soon())
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        rounds_left -= 1;
        assert!(rounds_left > 0, "{}", log.text());
        if log.text().contains(text) {
            more -= 1;
        }
    }
    log.text().matches(text).count()
}

#[test]
fn store_without_scan_warns_once_and_goes_on() {
    let log = Log::default();
    logging(&log, async {
        let server = Server::start();
        let mut redis = server.raw().await;
        grant(&mut redis, &all_but("+scan")).await;
        let builder = RedisStore::builder().namespace("bank");
        let builder = builder.index_check(Duration::from_secs(1));
        let store = builder.connect(as_bot(server.url())).await.unwrap();
        assert_eq!(times_said(&log, &store, "grant +scan").await, 1);
    });
}

#[test]
fn cluster_is_checked_without_the_right_to_its_slots() {
    let log = Log::default();
    logging(&log, async {
        let cluster = Cluster::start(2).await;
        for node in &cluster.nodes {
            grant(&mut node.raw().await, &all_but("+cluster|slots")).await;
        }
        let urls = cluster.urls().into_iter().map(as_bot);
        let builder = RedisStore::builder().namespace("bank");
        let builder = builder.index_check(Duration::from_secs(1));
        let store = builder.connect_cluster(urls).await.unwrap();
        assert!(times_said(&log, &store, "grant +cluster|slots").await >= 1);
        assert!(!log.text().contains("grant +scan"), "{}", log.text());
        let mut scans = 0;
        for node in &cluster.nodes {
            scans += executions(&mut node.raw().await, "scan").await;
        }
        assert!(scans > 0);
    });
}
