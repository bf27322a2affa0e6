//! Servers that are killed, clients that are disconnected, and runtimes that end.

use std::time::{Duration, Instant};

use harness::assert_matches;
use harness::command::disconnect_others;
use harness::server::Server;
use harness::sessions::{Attempt, TTL, load, prepare, soon, user, within, write};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use vimbiso_state::session::Version;
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Session};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

/// How long a test waits for a store to work again; the measured time is printed.
const RECOVERY: Duration = Duration::from_secs(5);

async fn recovers(store: &RedisStore) {
    let begin = Instant::now();
    store.load(&user(), None, within(RECOVERY)).await.unwrap();
    eprintln!("worked again after {:?}", begin.elapsed());
}

/// How far a conversation came before the server was killed.
struct End {
    user: UserId,
    acknowledged: Option<Version>,
    /// The commit that was in flight, if its outcome is unknown.
    unknown: Option<(CommitId, Version)>,
}

/// Commits again and again until the server is gone.
async fn converse(store: RedisStore, user: UserId) -> End {
    let mut loaded = store.load(&user, None, soon()).await.unwrap();
    for n in 0.. {
        let attempt = Attempt::on(&loaded, &format!(r#"{{"n":{n}}}"#));
        let request = CommitRequest {
            max_lifetime: TTL,
            ..attempt.request(within(Duration::from_millis(300)))
        };
        let unknown = match store.commit(&user, request).await {
            Ok(CommitOutcome::Applied(Some(precondition))) => {
                loaded.precondition = precondition;
                loaded.session = Session::Live(attempt.record);
                continue;
            }
            Err(StoreError::Unknown { commit_id, .. }) => Some((commit_id, attempt.record.version)),
            Err(StoreError::Unavailable { .. }) => None,
            other => panic!("{other:?}"),
        };
        return End {
            user,
            acknowledged: loaded.session.version(),
            unknown,
        };
    }
    unreachable!()
}

#[tokio::test]
async fn killed_with_commits_in_flight_every_answer_holds() {
    let mut server = Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let store = RedisStore::connect(server.url()).await.unwrap();
    let conversations: Vec<_> = (0..32)
        .map(|n| {
            let user = UserId::new(format!("user-{n}")).unwrap();
            tokio::spawn(converse(store.clone(), user))
        })
        .collect();
    sleep(Duration::from_millis(150)).await;
    server.kill();
    let mut ends = Vec::new();
    for conversation in conversations {
        ends.push(conversation.await.unwrap());
    }
    server.restart();
    recovers(&store).await;
    let mut unknown = 0;
    let mut applied = 0;
    for end in ends {
        let mut expected = end.acknowledged;
        if let Some((id, version)) = end.unknown {
            unknown += 1;
            let status = store.resolve(&end.user, &id, soon()).await.unwrap();
            if status
                == (CommitStatus::Applied {
                    version,
                    reply: None,
                })
            {
                applied += 1;
                expected = Some(version);
            }
        }
        let loaded = store.load(&end.user, None, soon()).await.unwrap();
        assert_eq!(loaded.session.version(), expected);
    }
    eprintln!("of 32 commits in flight, {unknown} were unknown and {applied} of these applied");
}

#[tokio::test]
async fn disconnected_clients_come_back() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let mut redis = server.raw().await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for n in 0..200 {
            write(&writer, &format!(r#"{{"n":{n}}}"#)).await;
        }
    });
    while !writing.is_finished() {
        disconnect_others(&mut redis).await;
        sleep(Duration::from_millis(10)).await;
    }
    writing.await.unwrap();
    let version = load(&store).await.session.version();
    assert_eq!(version.map(|version| version.revision), Some(200));
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let server = Server::start();
    let store = RedisStore::connect(server.url()).await.unwrap();
    let attempt = prepare(&store, "{}").await;
    let over = tokio::time::Instant::now();
    let error = attempt.send(&store, over).await;
    assert_matches!(error, Err(StoreError::Unavailable { .. }));
    let loaded = store.load(&user(), Some(&attempt.id), soon()).await;
    assert_eq!(loaded.unwrap().commit_status, None);
    let id = CommitId::random();
    assert!(store.load(&user(), Some(&id), over).await.is_err());
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_store_outlives_the_runtime_that_connected_it() {
    let server = Server::start();
    let connecting = RedisStore::connect(server.url());
    let store = runtime().block_on(connecting).unwrap();
    for n in 0..3 {
        runtime().block_on(write(&store, &format!(r#"{{"n":{n}}}"#)));
    }
}

#[test]
fn store_outlives_a_runtime_ending_while_it_connects() {
    let mut server = Server::start();
    let connecting = RedisStore::connect(server.url());
    let store = runtime().block_on(connecting).unwrap();
    server.kill();
    let failing = async {
        store
            .load(&user(), None, within(Duration::from_millis(50)))
            .await
    };
    assert!(runtime().block_on(failing).is_err());
    server.restart();
    runtime().block_on(recovers(&store));
}
