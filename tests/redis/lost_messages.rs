//! Requests and replies that are lost, torn, late or garbled on their way.

use std::time::Duration;

use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{TTL, begin, calls, load, soon, state, user, within, write};
use redis::aio::MultiplexedConnection;
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
    let (one, two) = (StoredToken::new("one"), StoredToken::new("two"));
    let put = |token, expected| TokenPut {
        token,
        expected,
        ttl: TTL,
        release: None,
        deadline: soon(),
    };
    for mishap in MISHAPS {
        assert_eq!(
            store
                .put_token(&user(), put(Some(&one), ExpectedToken::Absent))
                .await
                .unwrap(),
            TokenOutcome::Stored
        );
        for (token, expected) in [(Some(&two), &one), (None, &two)] {
            proxy.once(mishap);
            let outcome = store
                .put_token(&user(), put(token, ExpectedToken::Exactly(expected)))
                .await
                .unwrap();
            assert_eq!(outcome, TokenOutcome::Stored, "{mishap:?} {expected:?}");
            assert_eq!(load(&store).await.token.as_ref(), token, "{mishap:?}");
        }
    }
}

#[tokio::test]
async fn a_late_reply_is_handed_to_nobody_else() {
    let (_server, proxy, store) = unreliable().await;
    let one = write(&store, r#"{"n":1}"#).await;
    for _ in 0..10 {
        proxy.once(Mishap::ReplyLate(Duration::from_millis(60)));
        let dropped = store
            .resolve(&user(), &one.id, within(Duration::from_millis(20)))
            .await;
        assert!(dropped.is_err());
        assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":1}"#));
    }
}

#[tokio::test]
async fn a_caller_in_a_hurry_costs_nobody_a_connection() {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    let attempt = write(&store, r#"{"n":1}"#).await;
    proxy.once(Mishap::ReplyLate(Duration::from_millis(300)));
    for _ in 0..4 {
        let late = store
            .resolve(&user(), &attempt.id, within(Duration::from_millis(10)))
            .await;
        assert!(
            matches!(late, Err(StoreError::Unavailable { .. })),
            "{late:?}"
        );
    }
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":1}"#));
    assert_eq!(proxy.connections(), 0, "made since the reply was late");
}

#[tokio::test]
async fn idle_connection_is_as_good_as_any() {
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
    tokio::time::sleep(timeout * 3).await;
    proxy.once(Mishap::ReplyLate(timeout / 10));
    assert_eq!(state(&store).await, None);
    assert_eq!(proxy.connections(), 0, "made since it was used again");
}

/// While it answers others, whoever waits has only to wait: to ask again would add to its work.
#[tokio::test]
async fn a_server_that_is_slow_and_answers_is_asked_once() {
    let server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::builder()
        .response_timeout(Duration::from_millis(2500))
        .connect(proxy.url())
        .await
        .unwrap();
    let mut raw = server.raw().await;
    // What is asked meanwhile waits for what is on its way, and then for its own: up to 3 s.
    proxy.always(Mishap::RequestLate(Duration::from_millis(1500)));
    let before = loads(&mut raw).await;
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..6 {
        let store = store.clone();
        callers.spawn(async move {
            tokio::time::sleep(Duration::from_millis(500) * n).await;
            store
                .load(&user(), None, within(Duration::from_secs(30)))
                .await
        });
    }
    while let Some(loaded) = callers.join_next().await {
        assert!(loaded.unwrap().is_ok());
    }
    assert_eq!(
        (loads(&mut raw).await - before, proxy.connections()),
        (6, 0),
        "loads and connections, for six callers"
    );
}

/// How many transactions the server has carried out.
async fn loads(server: &mut MultiplexedConnection) -> u64 {
    calls(server, "exec").await
}

#[tokio::test]
async fn a_caller_who_leaves_does_no_harm() {
    let (_server, proxy, store) = unreliable().await;
    for n in 0..40_u64 {
        let attempt = begin(&store, &format!(r#"{{"n":{n}}}"#)).await;
        if n % 4 == 0 {
            proxy.once(Mishap::ReplyCut);
        }
        let _ =
            tokio::time::timeout(Duration::from_micros(n * 25), attempt.send(&store, soon())).await;
        proxy.heal();
        let resolved = store.resolve(&user(), &attempt.id, soon()).await.unwrap();
        let applied = load(&store).await.session.version() == Some(attempt.record.version);
        assert_eq!(
            resolved == CommitStatus::Applied(attempt.record.version),
            applied
        );
    }
}
