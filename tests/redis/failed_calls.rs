//! Each call that writes, on its own: one that fails has changed no key, and asks for no right that
//! it does not use.

use std::time::Duration;

use harness::command::{run, run_words};
use harness::server::Server;
use harness::sessions::{Attempt, assert_applied, assert_discreet, put, soon, tokens, user};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Record;
use vimbiso_state::store::{CommitRequest, KeyLayout, StoredToken};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError};

use crate::contents::contents;
use crate::half_writes::{ID, LAYOUTS, connect, whole_session};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    Put,
    Remove,
    Resolve,
    /// Removes the option and the token, and ends the session before its TTL.
    Commit,
}

const CALLS: [Call; 4] = [Call::Put, Call::Remove, Call::Resolve, Call::Commit];

impl Call {
    async fn make(self, store: &RedisStore, next: &Attempt) -> Result<(), StoreError> {
        let user = user();
        let token = StoredToken::new("eyJ.e30.bmV3");
        match self {
            Self::Put => {
                let stored = tokens(store).put_token(&user, put(Some(&token))).await;
                stored.map(drop)
            }
            Self::Remove => {
                let removed = tokens(store).put_token(&user, put(None)).await;
                removed.map(drop)
            }
            Self::Resolve => {
                let resolved = store.resolve(&user, &CommitId::random(), soon()).await;
                resolved.map(drop)
            }
            Self::Commit => {
                let without_option = Record {
                    option: None,
                    ..Record::clone(&next.record)
                };
                let dropping = Attempt {
                    record: without_option.into(),
                    ..next.clone()
                };
                let request = CommitRequest {
                    drop_token: true,
                    max_lifetime: Duration::from_millis(1),
                    ..dropping.request(soon())
                };
                store.commit(&user, request).await.map(drop)
            }
        }
    }
}

/// What there is of commit ids before a call.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hashes {
    OfThisGeneration,
    /// As after a change of the retention: the expiry is that of other times.
    OfAnotherRetention,
    Lost,
}

/// A whole session with these hashes, and a commit on it.
async fn session_with(
    redis: &mut MultiplexedConnection,
    store: &RedisStore,
    hashes: Hashes,
) -> Attempt {
    let () = run(redis, "FLUSHALL").await;
    let next = whole_session(store).await;
    for hash in ["_done_0", "_done_1"].map(|suffix| format!("{ID}{suffix}")) {
        match hashes {
            Hashes::OfThisGeneration => {}
            Hashes::OfAnotherRetention => {
                let expires: Option<String> = redis.hget(&hash, "").await.unwrap();
                if let Some(expires) = expires {
                    let () = redis.hdel(&hash, expires).await.unwrap();
                }
            }
            Hashes::Lost => redis.del(&hash).await.unwrap(),
        }
    }
    if hashes == Hashes::Lost {
        let id = CommitId::random();
        let loaded = store.load(&user(), Some(&id), soon()).await.unwrap();
        return Attempt::on(&loaded, "{}");
    }
    next
}

/// Makes a call. If it fails, no key has changed, and the error says why and nothing else.
async fn fails(
    redis: &mut MultiplexedConnection,
    store: &RedisStore,
    call: Call,
    next: &Attempt,
    situation: &str,
) -> Option<StoreError> {
    let before = contents(redis).await;
    let error = call.make(store, next).await.err()?;
    assert_eq!(contents(redis).await, before, "{situation}");
    assert_discreet(&error);
    Some(error)
}

/// Whether scripts can ask for their rights, which they can from Redis 7.0 on.
pub async fn can_ask(redis: &mut MultiplexedConnection) -> bool {
    let asks = ["EVAL", "return redis.acl_check_cmd and 1 or 0", "0"];
    let can_ask = run_words::<u8>(redis, &asks).await == 1;
    if !can_ask {
        harness::skipped("before Redis 7.0, a script cannot ask for its rights");
    }
    can_ask
}

/// The URL of a user with all rights, who can lose them.
pub async fn bot(redis: &mut MultiplexedConnection, server: &Server) -> String {
    let () = run(redis, "ACL SETUSER bot on >s3cret ~* +@all").await;
    server.url().replace("redis://", "redis://bot:s3cret@")
}

#[tokio::test]
async fn right_taken_away_leaves_no_half_write() {
    let server = Server::start();
    let mut redis = server.raw().await;
    if !can_ask(&mut redis).await {
        return;
    }
    let url = bot(&mut redis, &server).await;
    for layout in LAYOUTS {
        let store = connect(&url, layout).await;
        for right in [
            "time",
            "getrange",
            "strlen",
            "hstrlen",
            "hget",
            "hset",
            "mset",
            "set",
            "del",
            "pexpireat",
        ] {
            let mut failed = Vec::new();
            for hashes in [
                Hashes::OfThisGeneration,
                Hashes::OfAnotherRetention,
                Hashes::Lost,
            ] {
                for call in CALLS {
                    let situation = format!("{layout:?} without {right}, {hashes:?}: {call:?}");
                    let next = session_with(&mut redis, &store, hashes).await;
                    let () = run(&mut redis, &format!("ACL SETUSER bot -{right}")).await;
                    let error = fails(&mut redis, &store, call, &next, &situation).await;
                    let () = run(&mut redis, "ACL SETUSER bot +@all").await;
                    match error {
                        None => {}
                        Some(StoreError::Denied { .. }) => failed.push(call),
                        // It is refused for want of commit ids, even with all rights.
                        Some(StoreError::Misconfigured { .. })
                            if call == Call::Resolve && hashes == Hashes::Lost => {}
                        Some(error) => panic!("{situation}: {error:?}"),
                    }
                }
            }
            let is_used = right != "mset" || layout == KeyLayout::FiveKeys;
            assert_eq!(
                !failed.is_empty(),
                is_used,
                "{layout:?}, {right}: {failed:?}"
            );
        }
    }
}

#[tokio::test]
async fn right_that_is_not_used_is_not_asked_for() {
    let server = Server::start();
    let mut redis = server.raw().await;
    if !can_ask(&mut redis).await {
        return;
    }
    let url = bot(&mut redis, &server).await;
    for (layout, right) in [
        (KeyLayout::FiveKeys, "del"),
        (KeyLayout::OneKey, "del"),
        (KeyLayout::OneKey, "mset"),
        (KeyLayout::OneKey, "pexpireat"),
    ] {
        let store = connect(&url, layout).await;
        let next = session_with(&mut redis, &store, Hashes::OfThisGeneration).await;
        let () = run(&mut redis, &format!("ACL SETUSER bot -{right}")).await;
        // With an option, without a token to remove, and ended by its TTL.
        assert_applied(&next.send(&store, soon()).await);
        let resolved = store.resolve(&user(), &CommitId::random(), soon()).await;
        assert!(resolved.is_ok(), "{layout:?} without {right}: {resolved:?}");
        let () = run(&mut redis, "ACL SETUSER bot +@all").await;
    }
}

#[tokio::test]
async fn foreign_type_under_a_key_leaves_no_half_write() {
    let server = Server::start();
    let mut redis = server.raw().await;
    for layout in LAYOUTS {
        let store = connect(&server.url(), layout).await;
        for suffix in [
            "",
            "_stage",
            "_option",
            "_direction",
            "_version",
            "_jwt_token",
            "_done_0",
            "_done_1",
        ] {
            let mut failed = Vec::new();
            for call in CALLS {
                let situation = format!("{layout:?}, {suffix:?}: {call:?}");
                let next = session_with(&mut redis, &store, Hashes::OfThisGeneration).await;
                let key = format!("{ID}{suffix}");
                let () = redis.del(&key).await.unwrap();
                let () = redis.rpush(&key, "a stranger's").await.unwrap();
                match fails(&mut redis, &store, call, &next, &situation).await {
                    None => {}
                    Some(StoreError::Corrupt { .. }) => failed.push(call),
                    Some(error) => panic!("{situation}: {error:?}"),
                }
            }
            let is_own = ["_stage", "_option", "_direction"].contains(&suffix);
            let is_used = !is_own || layout == KeyLayout::FiveKeys;
            assert_eq!(
                failed.contains(&Call::Commit),
                is_used,
                "{layout:?}, {suffix:?}"
            );
        }
    }
}
