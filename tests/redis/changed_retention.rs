//! Processes that are started again with another retention: an entry that was written before keeps
//! the expiry that it was promised.

use std::time::Duration;

use harness::command::run;
use harness::server::Server;
use harness::sessions::{soon, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::{CommitStatus, KeyLayout, RedisStoreBuilder};
use vimbiso_state::{CommitId, RedisStore, StateStore};

use crate::stored_bytes::{done_suffix, generation, now};

const SHORT: Duration = Duration::from_secs(600);
const LONG: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const SLACK: Duration = Duration::from_secs(5);

/// What is recorded under a commit id.
#[derive(Debug, Clone, Copy)]
enum Entry {
    Commit,
    Fence,
}

impl Entry {
    async fn write(self, store: &RedisStore) {
        match self {
            Self::Commit => drop(write(store, "{}").await),
            Self::Fence => {
                let fenced = store.resolve(&user(), &CommitId::random(), soon()).await;
                assert_eq!(fenced.unwrap(), CommitStatus::Fenced);
            }
        }
    }
}

async fn connect(builder: RedisStoreBuilder, server: &Server, retention: Duration) -> RedisStore {
    let builder = builder.retention(retention);
    builder.connect(server.url()).await.unwrap()
}

fn hash(store: &RedisStore) -> String {
    format!("263771234567{}", done_suffix(store))
}

/// How long the hash of commit ids that `second` writes to lives: after `first` has written to it,
/// and after `second` has too.
async fn lives(
    redis: &mut MultiplexedConnection,
    first: &RedisStore,
    second: &RedisStore,
    entry: Entry,
) -> [Duration; 2] {
    let () = run(redis, "FLUSHALL").await;
    entry.write(first).await;
    // Which of the two hashes is written to depends on the retention.
    let () = redis.rename(hash(first), hash(second)).await.unwrap();
    let before = redis.pttl(hash(second)).await.unwrap();
    entry.write(second).await;
    let after = redis.pttl(hash(second)).await.unwrap();
    [before, after].map(Duration::from_millis)
}

#[tokio::test]
async fn commit_id_is_kept_for_the_longer_retention() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        let builder = RedisStore::builder().layout(layout);
        let short = connect(builder.clone(), &server, SHORT).await;
        let long = connect(builder, &server, LONG).await;
        for entry in [Entry::Commit, Entry::Fence] {
            let [before, after] = lives(&mut redis, &short, &long, entry).await;
            assert!(
                before <= SHORT * 2 && after + SLACK > LONG,
                "raised, {layout:?}, {entry:?}: {before:?}, {after:?}"
            );
            let [before, after] = lives(&mut redis, &long, &short, entry).await;
            assert!(
                before + SLACK > LONG && after + SLACK > before,
                "lowered, {layout:?}, {entry:?}: {before:?}, {after:?}"
            );
        }
    }
}

#[tokio::test]
async fn lowered_retention_does_not_drop_late_commit_ids() {
    let server = Server::start();
    let mut redis = server.raw().await;
    let long = connect(RedisStore::builder(), &server, LONG).await;
    let short = connect(RedisStore::builder(), &server, SHORT).await;
    let [_, kept] = lives(&mut redis, &long, &short, Entry::Commit).await;
    assert!(kept > SHORT * 2);
    // As if most of a week had passed: the hash expires in a minute, and its fields say so.
    let hash = format!("263771234567_done_{}", generation(SHORT) % 2);
    let expires = now() as i64 + 60_000;
    let fields: Vec<String> = redis.hkeys(&hash).await.unwrap();
    for field in fields.iter().filter(|field| field.len() != 32) {
        let () = redis.hdel(&hash, field).await.unwrap();
    }
    let () = redis.hset(&hash, expires, "").await.unwrap();
    let () = redis.hset(&hash, "", expires).await.unwrap();
    let () = redis.pexpire_at(&hash, expires).await.unwrap();
    write(&short, "{}").await;
    let left = Duration::from_millis(redis.pttl(&hash).await.unwrap());
    assert!(left + SLACK > SHORT, "{left:?}");
}
