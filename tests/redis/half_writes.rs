//! Numbers, sizes and moves that could stop a script half-way: a commit is written whole, or not at
//! all.

use std::time::Duration;

use harness::assert_matches;
use harness::cluster::{Cluster, Move};
use harness::command::{executions, run, statistic};
use harness::server::Server;
use harness::sessions::{
    Attempt, assert_applied, load, prepare, put, soon, tokens, user, within, write,
};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::{CommitOutcome, CommitStatus, KeyLayout, Session, StoredToken};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError};

use crate::contents::{Contents, contents};
use crate::stored_bytes::generation;

pub const LAYOUTS: [KeyLayout; 2] = [KeyLayout::FiveKeys, KeyLayout::OneKey];
pub const ID: &str = "263771234567";

/// What another program may have written where a hash keeps its expiry.
const NO_EXPIRIES: [&str; 14] = [
    "1e300",
    "inf",
    "nan",
    "-1",
    "1.5",
    "1e13",
    // Redis reads no number that begins with a zero.
    "09999999999999",
    "0x7fffffffffffffff",
    "9223372036854775807",
    "99999999999999999999999999",
    " 1763863200000",
    "1763863200000 ",
    "000000000000000000000000000000001",
    "a stranger's",
];

pub async fn connect(url: &str, layout: KeyLayout) -> RedisStore {
    let builder = RedisStore::builder().layout(layout);
    builder.connect(url).await.unwrap()
}

async fn plant(redis: &mut MultiplexedConnection, value: &str) {
    for hash in [format!("{ID}_done_0"), format!("{ID}_done_1")] {
        let () = redis.del(&hash).await.unwrap();
        let () = redis.hset(&hash, "", value).await.unwrap();
    }
}

#[tokio::test]
async fn no_number_for_an_expiry_stops_a_commit() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        for value in NO_EXPIRIES {
            let () = run(&mut redis, "FLUSHALL").await;
            write(&store, "{}").await;
            plant(&mut redis, value).await;
            let next = prepare(&store, r#"{"next":1}"#).await;
            assert_applied(&next.send(&store, soon()).await);
            assert_matches!(load(&store).await.session, Session::Live(_));
            assert_expires(&mut redis, &store, value).await;
            plant(&mut redis, value).await;
            let fenced = store.resolve(&user(), &CommitId::random(), soon()).await;
            assert_matches!(fenced, Ok(CommitStatus::Fenced));
            assert_expires(&mut redis, &store, value).await;
        }
    }
}

/// The hash of now expires at the end of the next generation.
async fn assert_expires(redis: &mut MultiplexedConnection, store: &RedisStore, value: &str) {
    let retention = store.retention();
    let hash = format!("{ID}_done_{}", generation(retention) % 2);
    let left = Duration::from_millis(redis.pttl(&hash).await.unwrap());
    assert!(
        left > retention && left <= retention * 2,
        "{value}: {left:?}"
    );
    let said: String = redis.hget(&hash, "").await.unwrap();
    let expires = (generation(retention) + 2) * retention.as_millis() as u64;
    assert_eq!(said, expires.to_string(), "{value}");
}

/// A session with an option and a token.
pub async fn whole_session(store: &RedisStore) -> Attempt {
    write(store, "{}").await;
    let token = StoredToken::new("eyJ.e30.b2xk");
    let stored = tokens(store).put_token(&user(), put(Some(&token))).await;
    assert!(stored.is_ok());
    prepare(store, r#"{"next":1}"#).await
}

#[tokio::test]
async fn start_at_the_end_of_time_stops_no_commit() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for start in ["0", "1", "9223372036854775807"] {
        let () = run(&mut redis, "FLUSHALL").await;
        let store = connect(&server.url(), KeyLayout::FiveKeys).await;
        write(&store, "{}").await;
        let line: String = redis.get(format!("{ID}_version")).await.unwrap();
        let mut words: Vec<_> = line.split(' ').collect();
        words[5] = start;
        let () = redis
            .set(format!("{ID}_version"), words.join(" "))
            .await
            .unwrap();
        let next = prepare(&store, r#"{"next":1}"#).await;
        assert_applied(&next.send(&store, soon()).await);
    }
}

/// Memory that ends somewhere: each commit is there whole, or not at all.
#[tokio::test]
async fn full_server_writes_a_commit_whole_or_not() {
    for layout in LAYOUTS {
        let server = Server::start();
        let mut redis = server.raw().await;
        let store = connect(&server.url(), layout).await;
        let mut next = whole_session(&store).await;
        let used: String = run(&mut redis, "INFO memory").await;
        let used = used
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        let used: u64 = used.unwrap().trim().parse().unwrap();
        let mut refused = 0;
        for step in 0..40 {
            let limit = format!("CONFIG SET maxmemory {}", used + 400_000 - step * 10_000);
            let () = run(&mut redis, &limit).await;
            let before = contents(&mut redis).await;
            match next.send(&store, soon()).await {
                Ok(CommitOutcome::Applied(_)) => {
                    let () = run(&mut redis, "CONFIG SET maxmemory 0").await;
                    let data = format!(r#"{{"data":"{}"}}"#, "x".repeat(20_000));
                    next = prepare(&store, &data).await;
                }
                Err(StoreError::OverCapacity { .. }) => {
                    refused += 1;
                    assert_eq!(contents(&mut redis).await, before);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(refused > 0, "the server was never full");
    }
}

#[tokio::test]
async fn hundred_megabytes_in_a_hash_are_refused_unread() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        for hash in ["_done_0", "_done_1"] {
            let () = run(&mut redis, "FLUSHALL").await;
            write(&store, "{}").await;
            let next = prepare(&store, "{}").await;
            let hash = format!("{ID}{hash}");
            let large = vec![b'x'; 100 << 20];
            let () = redis
                .hset(&hash, next.id.to_string(), &large)
                .await
                .unwrap();
            let sent_before = statistic(&mut redis, "total_net_output_bytes").await;
            for error in [
                store.load(&user(), Some(&next.id), soon()).await.err(),
                next.send(&store, soon()).await.err(),
                store.resolve(&user(), &next.id, soon()).await.err(),
            ] {
                assert_matches!(error, Some(StoreError::TooLarge { .. }));
            }
            let sent = statistic(&mut redis, "total_net_output_bytes").await - sent_before;
            assert!(sent < 1 << 20, "{sent} bytes");
            // Where a hash keeps its expiry, it is not read either, and stops no commit.
            let () = redis.del(&hash).await.unwrap();
            let () = redis.hset(&hash, "", &large).await.unwrap();
            let next = prepare(&store, "{}").await;
            assert_applied(&next.send(&store, soon()).await);
        }
    }
}

#[tokio::test]
async fn delete_leaves_the_freeing_to_another_thread() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let store = connect(&server.url(), KeyLayout::FiveKeys).await;
    write(&store, "{}").await;
    let fields: Vec<_> = (0..50_000).map(|n| (n, "a stranger's")).collect();
    let () = redis
        .hset_multiple(format!("{ID}_done_0"), &fields)
        .await
        .unwrap();
    let before = executions(&mut redis, "unlink").await;
    store.delete(&user(), soon()).await.unwrap();
    assert_eq!(executions(&mut redis, "unlink").await, before + 1);
    let keys: u64 = run(&mut redis, "DBSIZE").await;
    assert_eq!(keys, 0);
}

/// Each number of its keys may be at the other node when a commit comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_in_a_moving_slot_is_whole_or_nothing() {
    let cluster = Cluster::start(2).await;
    let key = format!("{{{ID}}}");
    let mut applied = 0;
    for layout in LAYOUTS {
        let builder = RedisStore::builder().layout(layout);
        let urls = cluster.urls();
        let urls = urls.iter().map(String::as_str);
        let store = builder.connect_cluster(urls).await.unwrap();
        for moved in 0..=8 {
            cluster.agrees().await;
            let owner = cluster.owner(&key).await;
            let [from, to] = [owner, 1 - owner].map(|node| &cluster.nodes[node]);
            store.delete(&user(), soon()).await.unwrap();
            let next = whole_session(&store).await;
            let mut redis = from.raw().await;
            for hash in ["_done_0", "_done_1"] {
                let hash = format!("{key}{hash}");
                let () = redis.hset(&hash, "a stranger's", "1").await.unwrap();
            }
            let before = contents(&mut redis).await;
            let mut moving = Move::begin(from, to, &key).await;
            moving.take(moved).await;
            let sent = next.send(&store, within(Duration::from_millis(300))).await;
            moving.end().await;
            match sent {
                Ok(CommitOutcome::Applied(_)) => {
                    applied += 1;
                    let session = load(&store).await.session;
                    assert_matches!(session, Session::Live(record) if *record == next.record);
                }
                Err(StoreError::Unavailable { .. }) => {
                    // MIGRATE sends what is left of each life, which may cost a millisecond.
                    let values = |contents: Contents| -> Vec<_> {
                        let values = contents.into_iter();
                        values.map(|(key, (_, value, _))| (key, value)).collect()
                    };
                    let after = contents(&mut to.raw().await).await;
                    assert_eq!(values(after), values(before), "{layout:?}, {moved} keys");
                }
                other => panic!("{layout:?}, {moved} keys moved: {other:?}"),
            }
        }
    }
    assert!(applied > 0, "a slot with all its keys serves");
}
