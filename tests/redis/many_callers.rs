//! A server that is gone or refuses, while many callers ask for it: how often it is asked.
//!
//! What a single caller gets is tested by the fault matrix.

use std::time::Duration;

use harness::assert_matches;
use harness::command::{run, statistic, try_run};
use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{Attempt, TTL, prepare, tokens, user, within};
use redis::aio::MultiplexedConnection;
use tokio::task::JoinSet;
use tokio::time::sleep;
use vimbiso_state::store::LeaseHolder;
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError};

const SECOND: Duration = Duration::from_secs(1);

/// Makes the server a replica of a master that does not exist.
async fn demote(redis: &mut MultiplexedConnection) {
    let () = run(redis, "REPLICAOF 127.0.0.1 1").await;
}

#[tokio::test]
async fn a_dead_server_gets_few_connections() {
    let mut server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    server.kill();
    sleep(Duration::from_millis(50)).await;
    let before = proxy.connections();
    let mut calls = JoinSet::new();
    for _ in 0..64 {
        let store = store.clone();
        calls.spawn(async move { store.load(&user(), None, within(SECOND)).await });
    }
    while let Some(loaded) = calls.join_next().await {
        assert!(loaded.unwrap().is_err());
    }
    let attempts = proxy.connections() - before;
    assert!(
        (1..=16).contains(&attempts),
        "{attempts} connections in one second"
    );
}

#[tokio::test]
async fn a_demoted_master_gets_few_connections() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    demote(&mut redis).await;
    let before = statistic(&mut redis, "total_connections_received").await;
    let mut calls = JoinSet::new();
    for _ in 0..32 {
        let store = store.clone();
        let id = CommitId::random();
        calls.spawn(async move { store.resolve(&user(), &id, within(SECOND)).await });
    }
    while let Some(resolved) = calls.join_next().await {
        assert!(resolved.unwrap().is_err());
    }
    let attempts = statistic(&mut redis, "total_connections_received").await - before;
    assert!(
        (1..=12).contains(&attempts),
        "{attempts} connections in one second"
    );
}

/// The server is far away and refuses. If a call were sent once more just before its deadline, the
/// outcome would be unknown instead.
#[tokio::test]
async fn refusal_is_returned_if_no_time_is_left_to_retry() {
    let server = Server::with(&["--replica-serve-stale-data", "no"]);
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    let next = prepare(&store, "{}").await;
    demote(&mut server.raw().await).await;
    proxy.always(Mishap::ReplyLate(Duration::from_millis(60)));
    let mut calls = JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        let next = Attempt {
            id: CommitId::random(),
            ..next.clone()
        };
        let deadline = within(Duration::from_millis(400 + 7 * n));
        calls.spawn(async move { next.send(&store, deadline).await });
    }
    while let Some(refused) = calls.join_next().await {
        assert_matches!(refused.unwrap(), Err(StoreError::Unavailable { .. }));
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_less_and_less_often() {
    let server = Server::with(&["--lua-time-limit", "1"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let mut busy = server.raw().await;
    let script = tokio::spawn(async move {
        let endless = ["EVAL", "while true do end", "0"];
        try_run::<()>(&mut busy, &endless).await
    });
    while try_run::<String>(&mut redis, &["PING"]).await.is_ok() {
        sleep(Duration::from_millis(1)).await;
    }
    let lease = tokens(&store)
        .acquire_refresh_lease(&user(), &LeaseHolder::random(), TTL, within(SECOND))
        .await;
    assert_matches!(lease, Err(StoreError::Unavailable { .. }));
    let () = run(&mut redis, "SCRIPT KILL").await;
    assert!(script.await.unwrap().is_err(), "the script was killed");
    let refusals = statistic(&mut redis, "total_error_replies").await;
    assert!(
        (2..=40).contains(&refusals),
        "{refusals} refusals in one second"
    );
}
