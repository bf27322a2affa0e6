//! A server that dies, restarts, stands still, forgets or throws its clients out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vimbiso_state::store::{Commit, CommitOutcome, Resolution, Session};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

use crate::sessions::{Attempt, TTL, assert_all_fail, assert_applied, begin, load, soon, state, text, user, within, write};
use crate::support::proxy::Proxy;
use crate::support::server::Server;

/// How long a test gives a store to work again; the measured time is printed.
const RECOVERY: Duration = Duration::from_secs(5);

async fn recovers(store: &RedisStore) {
    let started = Instant::now();
    store.load(&user(), None, within(RECOVERY)).await.unwrap();
    eprintln!("worked again after {:?}", started.elapsed());
}

#[tokio::test]
async fn a_dead_server_is_unavailable_and_a_restarted_one_is_found() {
    let mut server = Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, r#"{"kept":1}"#).await;
    let next = begin(&store, "{}").await;
    server.kill();
    for _ in 0..2 {
        let started = Instant::now();
        assert_all_fail(&store, &next, |error| matches!(error, StoreError::Unavailable { .. })).await;
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    let error = store.load(&user(), None, within(Duration::from_millis(300))).await.unwrap_err();
    assert!(text(&error).contains("connection refused"), "{}", text(&error));
    server.restart();
    recovers(&store).await;
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"kept":1}"#));
    assert_applied(&next.send(&store, soon()).await);
}

#[tokio::test]
async fn a_server_that_lost_everything_begins_anew() {
    let mut server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, "{}").await;
    let next = begin(&store, "{}").await;
    server.kill();
    server.restart();
    recovers(&store).await;
    assert!(matches!(load(&store).await.session, Session::New));
    assert!(matches!(next.send(&store, soon()).await, Ok(CommitOutcome::Conflict(_))));
    write(&store, "{}").await;
}

#[tokio::test]
async fn a_dead_server_is_not_hammered() {
    let mut server = Server::start();
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    server.kill();
    tokio::time::sleep(Duration::from_millis(50)).await;
    proxy.heal();
    let before = proxy.connections();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.load(&user(), None, within(Duration::from_secs(1))).await.is_err() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let attempts = proxy.connections() - before;
    assert!((1..=16).contains(&attempts), "{attempts} connections in one second");
}

#[tokio::test]
async fn killed_with_commits_in_flight_every_answer_holds() {
    let mut server = Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    let conversations: Vec<_> = (0..32)
        .map(|n| {
            let (store, user) = (store.clone(), UserId::new(format!("user-{n}")).unwrap());
            tokio::spawn(async move {
                let mut found = store.load(&user, None, soon()).await.unwrap();
                for n in 0.. {
                    let Attempt { id, basis, record } = Attempt::on(&found, &format!(r#"{{"n":{n}}}"#));
                    let (reply, drop_token, deadline) = (None, false, within(Duration::from_millis(300)));
                    let commit =
                        Commit { id: &id, basis: &basis, record: &record, reply, drop_token, ttl: TTL, lifetime: TTL, deadline };
                    match store.commit(&user, commit).await {
                        Ok(CommitOutcome::Applied(Some(basis))) => found.basis = basis,
                        Err(StoreError::Unknown { commit_id, .. }) => {
                            return (user, found.session.version(), Some((commit_id, record)));
                        }
                        Err(StoreError::Unavailable { .. }) => return (user, found.session.version(), None),
                        other => panic!("{other:?}"),
                    }
                    found.session = Session::Live(record);
                }
                unreachable!()
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.kill();
    let mut ends = Vec::new();
    for conversation in conversations {
        ends.push(conversation.await.unwrap());
    }
    server.restart();
    recovers(&store).await;
    let (mut unknown, mut applied) = (0, 0);
    for (user, acknowledged, open) in ends {
        let mut expected = acknowledged;
        if let Some((id, record)) = open {
            unknown += 1;
            if store.resolve(&user, &id, soon()).await.unwrap() == Resolution::Applied(record.version) {
                applied += 1;
                expected = Some(record.version);
            }
        }
        assert_eq!(store.load(&user, None, soon()).await.unwrap().session.version(), expected);
    }
    eprintln!("of 32 commits in flight, {unknown} were unknown and {applied} of these applied");
}

#[tokio::test]
async fn killed_and_back_within_the_deadline_is_not_seen_by_the_caller() {
    let mut server = Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, "{}").await;
    let attempt = begin(&store, r#"{"n":1}"#).await;
    server.kill();
    let sending = tokio::spawn({
        let store = store.clone();
        async move { attempt.send(&store, within(RECOVERY)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.restart();
    assert_applied(&sending.await.unwrap());
    assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":1}"#));
}

#[tokio::test]
async fn frozen_past_the_deadline_and_thawed_a_commit_still_counts_once() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, "{}").await;
    let attempt = begin(&store, r#"{"n":1}"#).await;
    let user = user();
    server.freeze();
    let (started, patience) = (Instant::now(), Duration::from_millis(800));
    let error = attempt.send(&store, within(patience)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unknown { .. }), "{error:?}");
    let error = store.load(&user, None, within(patience)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(started.elapsed() < patience * 2 + Duration::from_secs(1), "{:?}", started.elapsed());
    server.thaw();
    recovers(&store).await;
    let resolved = store.resolve(&user, &attempt.id, soon()).await.unwrap();
    let outcome = attempt.send(&store, soon()).await;
    match resolved {
        Resolution::Applied(version) => {
            assert_eq!(version, attempt.record.version);
            assert_applied(&outcome);
            assert_eq!(state(&store).await.as_deref(), Some(r#"{"n":1}"#));
        }
        Resolution::Fenced => assert!(matches!(outcome, Ok(CommitOutcome::Fenced)), "{outcome:?}"),
    }
    let again = Attempt { id: attempt.id, ..begin(&store, "{}").await };
    let outcome = again.send(&store, soon()).await;
    assert!(matches!(outcome, Ok(CommitOutcome::Duplicate { .. } | CommitOutcome::Fenced)), "{outcome:?}");
}

#[tokio::test]
async fn a_first_connection_to_a_frozen_server_fails_in_time() {
    let server = Server::start();
    server.freeze();
    let started = Instant::now();
    let error = RedisStore::connect(server.url()).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(text(&error).contains("unavailable"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_told_them_again() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    for n in 0..5 {
        let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut redis).await.unwrap();
        let attempt = write(&store, &format!(r#"{{"n":{n}}}"#)).await;
        let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut redis).await.unwrap();
        assert_eq!(store.resolve(&user(), &attempt.id, soon()).await.unwrap(), Resolution::Applied(attempt.record.version));
    }
}

#[tokio::test]
async fn clients_that_are_thrown_out_come_back() {
    let server = Server::start();
    let store = Arc::new(RedisStore::connect(server.url()).await.unwrap());
    let mut redis = server.raw().await;
    let writing = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for n in 0..200 {
                write(&store, &format!(r#"{{"n":{n}}}"#)).await;
            }
        }
    });
    while !writing.is_finished() {
        let _: u64 = redis::cmd("CLIENT")
            .arg("KILL")
            .arg("TYPE")
            .arg("normal")
            .arg("SKIPME")
            .arg("yes")
            .query_async(&mut redis)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    writing.await.unwrap();
    assert_eq!(load(&store).await.session.version().map(|version| version.revision), Some(200));
}

#[tokio::test]
async fn paused_writes_are_late_or_unknown_and_reads_go_on() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    write(&store, "{}").await;
    let attempt = begin(&store, r#"{"n":1}"#).await;
    let mut redis = server.raw().await;
    let _: () = redis::cmd("CLIENT").arg("PAUSE").arg(700).arg("WRITE").query_async(&mut redis).await.unwrap();
    let error = attempt.send(&store, within(Duration::from_millis(200))).await.unwrap_err();
    assert!(matches!(error, StoreError::Unknown { .. }), "{error:?}");
    assert_applied(&attempt.send(&store, soon()).await);
    assert_eq!(load(&store).await.session.version(), Some(attempt.record.version));
}

#[tokio::test]
async fn a_full_server_is_unavailable_until_it_has_room() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = write(&store, "{}").await;
    let mut redis = server.raw().await;
    let _: () = redis::cmd("CONFIG").arg("SET").arg("maxclients").arg(1).query_async(&mut redis).await.unwrap();
    let _: u64 = redis::cmd("CLIENT")
        .arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .arg("SKIPME")
        .arg("yes")
        .query_async(&mut redis)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_all_fail(&store, &attempt, |error| matches!(error, StoreError::Unavailable { .. })).await;
    let _: () = redis::cmd("CONFIG").arg("SET").arg("maxclients").arg(100).query_async(&mut redis).await.unwrap();
    recovers(&store).await;
    assert_eq!(load(&store).await.session.version(), Some(attempt.record.version));
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = begin(&store, "{}").await;
    let error = attempt.send(&store, tokio::time::Instant::now()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(store.load(&user(), Some(&attempt.id), soon()).await.unwrap().done.is_none());
    assert!(store.load(&user(), Some(&CommitId::random()), tokio::time::Instant::now()).await.is_err());
}

#[test]
fn a_store_outlives_the_runtime_that_connected_it() {
    let server = Server::start();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime().block_on(RedisStore::connect(server.url())).unwrap();
    for n in 0..3 {
        runtime().block_on(write(&store, &format!(r#"{{"n":{n}}}"#)));
    }
}
