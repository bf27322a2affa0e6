//! A server that is gone, or of no use, while many callers ask for it. What one caller meets is the fault matrix's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use harness::sessions::{Attempt, TTL, begin, load, soon, user, within, write};
use vimbiso_state::store::{Commit, CommitOutcome, CommitStatus, LeaseHolder, Session};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

/// How long a test gives a store to work again; the measured time is printed.
const RECOVERY: Duration = Duration::from_secs(5);

async fn recovers(store: &RedisStore) {
    let started = Instant::now();
    store.load(&user(), None, within(RECOVERY)).await.unwrap();
    eprintln!("worked again after {:?}", started.elapsed());
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
            tokio::spawn(async move {
                store
                    .load(&user(), None, within(Duration::from_secs(1)))
                    .await
                    .is_err()
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let attempts = proxy.connections() - before;
    assert!(
        (1..=16).contains(&attempts),
        "{attempts} connections in one second"
    );
}

#[tokio::test]
async fn a_demoted_master_is_not_hammered_with_connections() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let _: () = redis::cmd("REPLICAOF")
        .arg("127.0.0.1")
        .arg(1)
        .query_async(&mut redis)
        .await
        .unwrap();
    let _: () = redis::cmd("CONFIG")
        .arg("RESETSTAT")
        .query_async(&mut redis)
        .await
        .unwrap();
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let (store, id) = (store.clone(), CommitId::random());
            tokio::spawn(async move {
                store
                    .resolve(&user(), &id, within(Duration::from_secs(1)))
                    .await
                    .is_err()
            })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let stats: String = redis::cmd("INFO")
        .arg("stats")
        .query_async(&mut redis)
        .await
        .unwrap();
    let made = stats
        .lines()
        .find_map(|line| line.strip_prefix("total_connections_received:"))
        .unwrap();
    assert!(
        (1..=12).contains(&made.trim().parse::<u32>().unwrap()),
        "{made} connections in one second"
    );
}

/// A server far away that refuses: what it says is not made unknown by asking once more at the very end.
#[tokio::test]
async fn refusal_is_returned_if_no_time_is_left_to_retry() {
    let server = Server::with(&["--replica-serve-stale-data", "no"]);
    let proxy = Proxy::before(server.port()).await;
    let store = RedisStore::connect(proxy.url()).await.unwrap();
    let next = begin(&store, "{}").await;
    let _: () = redis::cmd("REPLICAOF")
        .arg("127.0.0.1")
        .arg(1)
        .query_async(&mut server.raw().await)
        .await
        .unwrap();
    proxy.always(Mishap::ReplyLate(Duration::from_millis(60)));
    let calls: Vec<_> = (0..16)
        .map(|n| {
            let (store, next) = (
                store.clone(),
                Attempt {
                    id: CommitId::random(),
                    ..next.clone()
                },
            );
            tokio::spawn(async move {
                next.send(&store, within(Duration::from_millis(400 + 7 * n)))
                    .await
            })
        })
        .collect();
    for call in calls {
        let refused = call.await.unwrap();
        assert!(
            matches!(refused, Err(StoreError::Unavailable { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_less_and_less_often() {
    let server = Server::with(&["--lua-time-limit", "1"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    let (mut busy, mut redis) = (server.raw().await, server.raw().await);
    let script = tokio::spawn(async move {
        let _: Result<(), _> = redis::cmd("EVAL")
            .arg("while true do end")
            .arg(0)
            .query_async(&mut busy)
            .await;
    });
    while redis::cmd("PING")
        .query_async::<String>(&mut redis)
        .await
        .is_ok()
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let claimed = store
        .acquire_refresh_lease(
            &user(),
            &LeaseHolder::random(),
            TTL,
            within(Duration::from_secs(1)),
        )
        .await;
    assert!(
        matches!(claimed, Err(StoreError::Unavailable { .. })),
        "{claimed:?}"
    );
    let _: () = redis::cmd("SCRIPT")
        .arg("KILL")
        .query_async(&mut redis)
        .await
        .unwrap();
    script.await.unwrap();
    let stats: String = redis::cmd("INFO")
        .arg("stats")
        .query_async(&mut redis)
        .await
        .unwrap();
    let refusals = stats
        .lines()
        .find_map(|line| line.strip_prefix("total_error_replies:"))
        .unwrap();
    assert!(
        (2..=40).contains(&refusals.trim().parse::<u32>().unwrap()),
        "{refusals} refusals in one second"
    );
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
                    let Attempt { id, basis, record } =
                        Attempt::on(&found, &format!(r#"{{"n":{n}}}"#));
                    let (reply, drop_token, deadline) =
                        (None, false, within(Duration::from_millis(300)));
                    let commit = CommitRequest {
                        id: &id,
                        basis: &precondition,
                        record: &record,
                        reply,
                        drop_token,
                        ttl: TTL,
                        max_lifetime: TTL,
                        deadline,
                    };
                    match store.commit(&user, commit).await {
                        Ok(CommitOutcome::Applied(Some(precondition))) => found.basis = basis,
                        Err(StoreError::Unknown { commit_id, .. }) => {
                            return (user, found.session.version(), Some((commit_id, record)));
                        }
                        Err(StoreError::Unavailable { .. }) => {
                            return (user, found.session.version(), None);
                        }
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
            if store.resolve(&user, &id, soon()).await.unwrap()
                == CommitStatus::Applied(record.version)
            {
                applied += 1;
                expected = Some(record.version);
            }
        }
        assert_eq!(
            store
                .load(&user, None, soon())
                .await
                .unwrap()
                .session
                .version(),
            expected
        );
    }
    eprintln!("of 32 commits in flight, {unknown} were unknown and {applied} of these applied");
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
    assert_eq!(
        load(&store)
            .await
            .session
            .version()
            .map(|version| version.revision),
        Some(200)
    );
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = begin(&store, "{}").await;
    let error = attempt
        .send(&store, tokio::time::Instant::now())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(
        store
            .load(&user(), Some(&attempt.id), soon())
            .await
            .unwrap()
            .done
            .is_none()
    );
    assert!(
        store
            .load(
                &user(),
                Some(&CommitId::random()),
                tokio::time::Instant::now()
            )
            .await
            .is_err()
    );
}

#[test]
fn a_store_outlives_the_runtime_that_connected_it() {
    let server = Server::start();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let store = runtime()
        .block_on(RedisStore::connect(server.url()))
        .unwrap();
    for n in 0..3 {
        runtime().block_on(write(&store, &format!(r#"{{"n":{n}}}"#)));
    }
}

#[test]
fn store_outlives_a_runtime_ending_while_it_connects() {
    let mut server = Server::start();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let store = runtime()
        .block_on(RedisStore::connect(server.url()))
        .unwrap();
    server.kill();
    assert!(
        runtime()
            .block_on(store.load(&user(), None, within(Duration::from_millis(50))))
            .is_err()
    );
    server.restart();
    runtime()
        .block_on(store.load(&user(), None, within(RECOVERY)))
        .unwrap();
}
