//! Requests and replies that are lost, torn, late or garbled on their way.

use std::time::Duration;

use harness::assert_matches;
use harness::command::executions;
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{data, load, prepare, put, soon, token, tokens, user, within, write};
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use vimbiso_state::store::{CommitStatus, ExpectedToken, StoredToken, TokenOutcome, TokenPut};
use vimbiso_state::{RedisStore, StateStore, StoreError};

const MISHAPS: [Mishap; 8] = [
    Mishap::RequestLost,
    Mishap::RequestTorn,
    Mishap::ReplyLost,
    Mishap::ReplyCut,
    Mishap::ReplyTorn,
    Mishap::ReplyLate(Duration::from_millis(250)),
    Mishap::Garbage(b"!!! this is no reply\r\n"),
    Mishap::Garbage(b"$99999999999999\r\nabsurd\r\n"),
];

/// A store that replaces a connection after 100 ms of silence, and the network before its server.
async fn unreliable() -> (Server, Proxy, RedisStore) {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::builder()
        .response_timeout(Duration::from_millis(100))
        .connect(proxy.url())
        .await
        .unwrap();
    (server, proxy, store)
}

#[tokio::test]
async fn token_whose_reply_was_lost_is_stored() {
    let (_server, proxy, store) = unreliable().await;
    let one = StoredToken::new("one");
    let two = StoredToken::new("two");
    let replace = async |expected, token| {
        let put = TokenPut {
            expected,
            ..put(token)
        };
        tokens(&store).put_token(&user(), put).await
    };
    for mishap in MISHAPS {
        let outcome = replace(ExpectedToken::Absent, Some(&one)).await;
        assert_matches!(outcome, Ok(TokenOutcome::Stored));
        for (expected, next) in [(&one, Some(&two)), (&two, None)] {
            proxy.once(mishap);
            let outcome = replace(ExpectedToken::Exactly(expected), next).await;
            assert!(
                matches!(outcome, Ok(TokenOutcome::Stored)),
                "{mishap:?}: {outcome:?}"
            );
            assert_eq!(token(&store).await.as_ref(), next, "{mishap:?}");
        }
    }
}

#[tokio::test]
async fn a_late_reply_goes_to_no_other_caller() {
    let (_server, proxy, store) = unreliable().await;
    let one = write(&store, r#"{"n":1}"#).await;
    for _ in 0..10 {
        proxy.once(Mishap::ReplyLate(Duration::from_millis(60)));
        let deadline = within(Duration::from_millis(20));
        let late = store.resolve(&user(), &one.id, deadline).await;
        assert!(late.is_err());
        assert_eq!(data(&store).await.as_deref(), Some(r#"{"n":1}"#));
    }
}

#[tokio::test]
async fn short_deadlines_do_not_close_the_connection() {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    let attempt = write(&store, r#"{"n":1}"#).await;
    proxy.once(Mishap::ReplyLate(Duration::from_millis(300)));
    for _ in 0..4 {
        let deadline = within(Duration::from_millis(10));
        let late = store.resolve(&user(), &attempt.id, deadline).await;
        assert_matches!(late, Err(StoreError::Unavailable { .. }));
    }
    assert_eq!(data(&store).await.as_deref(), Some(r#"{"n":1}"#));
    assert_eq!(proxy.connections(), 0, "since the reply was late");
}

#[tokio::test]
async fn an_idle_connection_is_used_again() {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let timeout = Duration::from_secs(1);
    let store = RedisStore::builder()
        .retention(timeout * 3600)
        .response_timeout(timeout)
        .connect(proxy.url())
        .await
        .unwrap();
    assert_eq!(store.retention(), timeout * 3600);
    sleep(timeout * 3).await;
    proxy.once(Mishap::ReplyLate(timeout / 10));
    assert_eq!(data(&store).await, None);
    assert_eq!(proxy.connections(), 0, "since it was idle");
}

/// While the server answers other callers, asking again would only add to its work.
#[tokio::test]
async fn a_server_that_is_slow_and_answers_is_asked_once() {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::builder()
        .response_timeout(Duration::from_millis(2500))
        .connect(proxy.url())
        .await
        .unwrap();
    let mut redis = server.raw().await;
    // A request waits for the one before it, and then for itself: up to 3 s.
    proxy.always(Mishap::RequestLate(Duration::from_millis(1500)));
    let before = loads(&mut redis).await;
    let mut callers = JoinSet::new();
    for n in 0..6 {
        let store = store.clone();
        callers.spawn(async move {
            sleep(Duration::from_millis(500) * n).await;
            let deadline = within(Duration::from_secs(30));
            store.load(&user(), None, deadline).await
        });
    }
    while let Some(loaded) = callers.join_next().await {
        assert!(loaded.unwrap().is_ok());
    }
    assert_eq!(loads(&mut redis).await - before, 6);
    assert_eq!(proxy.connections(), 0);
}

/// How many transactions the server has executed.
async fn loads(redis: &mut MultiplexedConnection) -> u64 {
    executions(redis, "exec").await
}

#[tokio::test]
async fn a_dropped_commit_is_applied_or_fenced() {
    let (_server, proxy, store) = unreliable().await;
    for n in 0..40_u64 {
        let attempt = prepare(&store, &format!(r#"{{"n":{n}}}"#)).await;
        if n % 4 == 0 {
            proxy.once(Mishap::ReplyCut);
        }
        let time = Duration::from_micros(n * 25);
        let _ = timeout(time, attempt.send(&store, soon())).await;
        proxy.heal();
        let status = store.resolve(&user(), &attempt.id, soon()).await.unwrap();
        let version = attempt.record.version;
        let is_there = load(&store).await.session.version() == Some(version);
        let expected = if is_there {
            CommitStatus::Applied {
                version,
                reply: None,
            }
        } else {
            CommitStatus::Fenced
        };
        assert_eq!(status, expected);
    }
}
