//! When each key of a user expires.

use std::collections::BTreeMap;
use std::time::Duration;

use harness::command::try_run;
use harness::server::Server;
use harness::sessions::{TTL, assert_applied, load, prepare, soon, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::store::{CommitRequest, Session};
use vimbiso_state::{RedisStore, StateStore};

use crate::stored_bytes::{generation, now, write_all_keys};

/// When each key expires, in Unix milliseconds. `None` on a server that lacks PEXPIRETIME.
async fn expiries(redis: &mut MultiplexedConnection) -> Option<BTreeMap<String, i64>> {
    let mut expiries = BTreeMap::new();
    for key in redis.keys::<_, Vec<String>>("*").await.unwrap() {
        let Ok(expires) = try_run(redis, &["PEXPIRETIME", &key]).await else {
            harness::skipped("this server lacks PEXPIRETIME, which came with Redis 7");
            return None;
        };
        let suffix = key.strip_prefix("263771234567").unwrap();
        expiries.insert(suffix.to_owned(), expires);
    }
    Some(expiries)
}

#[tokio::test]
async fn keys_of_a_session_expire_in_one_millisecond() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let before = now();
    let generation = generation(store.retention());
    write_all_keys(&store).await;
    let Some(expiries) = expiries(&mut server.raw().await).await else {
        return;
    };
    let after = now();
    let assert_ttl = |suffix: &str, ttl: Duration| {
        let ttl = ttl.as_millis() as u64;
        let allowed = before + ttl..=after + ttl;
        let expires = expiries[suffix] as u64;
        assert!(allowed.contains(&expires), "{suffix}: {expiries:?}");
    };
    assert_ttl("", TTL);
    for suffix in ["_stage", "_option", "_direction"] {
        assert_eq!(expiries[suffix], expiries[""], "{suffix}");
    }
    assert_ttl("_version", store.retention());
    assert_ttl("_jwt_token", TTL / 2);
    assert_ttl("_jwt_claim", TTL / 3);
    let done = expiries[&format!("_done_{}", generation % 2)] as u64;
    let retention = store.retention().as_millis() as u64;
    assert_eq!(done, (generation + 2) * retention);
}

#[tokio::test]
async fn none_of_100_sessions_expires_in_two_milliseconds() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(60_000));
    for _ in 0..100 {
        write(&store, &large).await;
        let Some(expiries) = expiries(&mut redis).await else {
            return;
        };
        let session = ["", "_stage", "_option", "_direction"].map(|suffix| expiries[suffix]);
        assert_eq!(session, [session[0]; 4]);
    }
}

#[tokio::test]
async fn a_session_is_never_seen_half_expired() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    for n in 0..20 {
        let attempt = prepare(&store, "{}").await;
        let request = CommitRequest {
            ttl: Duration::from_millis(15 + n),
            ..attempt.request(soon())
        };
        assert_applied(&store.commit(&user(), request).await);
        loop {
            match load(&store).await.session {
                Session::Live(_) => {}
                Session::Expired(_) => break,
                other => panic!("{other:?}"),
            }
        }
    }
}
