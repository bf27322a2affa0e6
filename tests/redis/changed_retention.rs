//! Processes that are started again with another retention: what was recorded keeps what it was promised.

use std::time::Duration;

use harness::server::Server;
use harness::sessions::{soon, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{CommitId, RedisStore, StateStore};

use crate::stored_bytes::wheel;

const SHORT: Duration = Duration::from_secs(600);
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What records something under a commit id.
#[derive(Debug, Clone, Copy)]
enum Recorded {
    Commit,
    Fence,
}

impl Recorded {
    async fn by(self, store: &RedisStore) {
        match self {
            Self::Commit => drop(write(store, "{}").await),
            Self::Fence => {
                assert_eq!(
                    store
                        .resolve(&user(), &CommitId::random(), soon())
                        .await
                        .unwrap(),
                    CommitStatus::Fenced
                );
            }
        }
    }
}

/// How long the hash lives that is written to, before and after `second` does, where `first` has written to the same.
async fn lives(
    redis: &mut MultiplexedConnection,
    first: &RedisStore,
    second: &RedisStore,
    what: Recorded,
) -> [Duration; 2] {
    let hash = |store: &RedisStore| format!("263771234567_done_{}", wheel(store.retention()) % 2);
    let () = redis::cmd("FLUSHALL").query_async(redis).await.unwrap();
    what.by(first).await;
    let () = redis.rename(hash(first), hash(second)).await.unwrap();
    let before = redis.pttl(hash(second)).await.unwrap();
    what.by(second).await;
    [before, redis.pttl(hash(second)).await.unwrap()].map(Duration::from_millis)
}

#[tokio::test]
async fn commit_id_is_kept_for_the_longer_retention() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        let builder = RedisStore::builder().layout(layout);
        let (short, long) = (builder.clone().retention(SHORT), builder.retention(LONG));
        let (short, long) = (
            short.connect(server.url()).await.unwrap(),
            long.connect(server.url()).await.unwrap(),
        );
        let slack = Duration::from_secs(5);
        for what in [Recorded::Commit, Recorded::Fence] {
            let [before, after] = lives(&mut redis, &short, &long, what).await;
            assert!(
                before <= SHORT * 2 && after + slack > LONG,
                "raised, {layout:?}, {what:?}: {before:?}, {after:?}"
            );
            let [before, after] = lives(&mut redis, &long, &short, what).await;
            assert!(
                before + slack > LONG && after + slack > before,
                "lowered, {layout:?}, {what:?}: {before:?}, {after:?}"
            );
        }
    }
}

#[tokio::test]
async fn lowered_retention_does_not_drop_late_commit_ids() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let (long, short) = (
        RedisStore::builder().retention(LONG),
        RedisStore::builder().retention(SHORT),
    );
    let (long, short) = (
        long.connect(server.url()).await.unwrap(),
        short.connect(server.url()).await.unwrap(),
    );
    let [_, kept] = lives(&mut redis, &long, &short, Recorded::Commit).await;
    assert!(kept > SHORT * 2);
    // As if most of a week had passed: the hash ends in a minute, and says so.
    let hash = format!("263771234567_done_{}", wheel(SHORT) % 2);
    let soon: i64 = (wheel(Duration::from_millis(1)) + 60_000) as i64;
    let fields: Vec<String> = redis.hkeys(&hash).await.unwrap();
    for field in fields.iter().filter(|field| field.len() != 32) {
        let () = redis.hdel(&hash, field).await.unwrap();
    }
    let () = redis.hset(&hash, soon, "").await.unwrap();
    let () = redis.hset(&hash, "", soon).await.unwrap();
    let () = redis.pexpire_at(&hash, soon).await.unwrap();
    write(&short, "{}").await;
    let left = Duration::from_millis(redis.pttl(&hash).await.unwrap());
    assert!(left + Duration::from_secs(5) > SHORT, "{left:?}");
}
