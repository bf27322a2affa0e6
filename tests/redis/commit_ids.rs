//! Hashes of commit ids that were evicted, or are gone as they should be.

use std::time::Duration;

use harness::assert_matches;
use harness::command::run;
use harness::desk::{Desk, Manager, SHORT, Stage, applied, deliver, message, user};
use harness::server::Server;
use harness::sessions::{self, Attempt, assert_applied, load, prepare, soon, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::session::Corruption;
use vimbiso_state::store::{CommitOutcome, CommitStatus, KeyLayout, Session};
use vimbiso_state::{
    CommitId, Error, RedisStore, SessionStatus, StateManager, StateStore, Step, StoreError, Turn,
};

use crate::contents::contents;

const LAYOUTS: [KeyLayout; 2] = [KeyLayout::FiveKeys, KeyLayout::OneKey];
const HASHES: [&str; 2] = ["_done_0", "_done_1"];
const SESSION: [&str; 4] = ["", "_stage", "_option", "_direction"];
const LOST: SessionStatus<Desk> = SessionStatus::Recovered {
    why: Corruption::CommitIds,
};

async fn connect(server: &Server, layout: KeyLayout) -> RedisStore {
    let builder = RedisStore::builder().layout(layout);
    builder.connect(server.url()).await.unwrap()
}

async fn remove(redis: &mut MultiplexedConnection, id: &str, suffixes: &[&str]) {
    for suffix in suffixes {
        let () = redis.del(format!("{id}{suffix}")).await.unwrap();
    }
}

/// The effect of a message that leaves the first stage, and returns how it found the session.
fn go_on(id: &str) -> impl Fn(&mut Turn<Desk>) -> Result<Step<String>, Error> + Send {
    let id = id.to_owned();
    move |turn| {
        let found = match turn.status() {
            status if *status == LOST => "lost",
            status => status.name(),
        };
        if turn.stage() == Stage::Menu {
            turn.show(&SHORT);
            turn.transition_to(Stage::Weigh, None)?;
        }
        turn.data_mut().applied.push(id.clone());
        Ok(Step::Commit(found.to_owned()))
    }
}

/// Delivers a message that goes on, and returns how it found the session; `None` of a duplicate.
async fn deliver_next(manager: &Manager, id: &str) -> Option<String> {
    let handled = manager.handle(&user(1), &message(id), go_on(id)).await;
    let handled = handled.unwrap();
    if handled.is_duplicate() {
        return None;
    }
    handled.into_output().unwrap()
}

#[tokio::test]
async fn repeated_message_is_told_that_ids_are_lost() {
    for layout in LAYOUTS {
        for is_cached in [true, false] {
            let server = Server::start();
            let store = connect(&server, layout).await;
            let first = Manager::new(store.clone());
            assert_eq!(deliver_next(&first, "a").await.as_deref(), Some("new"));
            assert_eq!(deliver_next(&first, "b").await.as_deref(), Some("active"));
            assert_eq!(deliver_next(&first, "a").await, None);
            remove(&mut server.raw().await, user(1).expose(), &HASHES).await;
            let next = match is_cached {
                true => first,
                false => Manager::new(store),
            };
            // The channel delivers it again: it does not find the session where it left it.
            let expects_a_loss = |turn: &mut Turn<Desk>| {
                assert_eq!(turn.status() == &LOST, turn.stage() == Stage::Menu);
                go_on("a")(turn)
            };
            let again = next.handle(&user(1), &message("a"), expects_a_loss).await;
            let again = again.unwrap();
            assert!(!again.is_duplicate(), "nothing tells that it was");
            assert_eq!(again.user().data().applied, ["a", "b", "a"]);
            let found = again.into_output().unwrap();
            assert_eq!(found.as_deref(), Some("lost"), "{layout:?}");
            // From then on, commit ids are kept again.
            assert_eq!(deliver_next(&next, "a").await, None);
            assert_eq!(deliver_next(&next, "c").await.as_deref(), Some("active"));
            assert_eq!(deliver_next(&next, "b").await.as_deref(), Some("active"));
            assert_eq!(deliver_next(&next, "b").await, None);
        }
    }
}

#[tokio::test]
async fn open_turn_on_lost_commit_ids_conflicts_once() {
    let server = Server::start();
    let manager = Manager::new(connect(&server, KeyLayout::FiveKeys).await);
    let _ = deliver(&manager, &user(1), "a").await;
    let turn = harness::desk::begin(&manager, &user(1), "b").await;
    remove(&mut server.raw().await, user(1).expose(), &HASHES).await;
    assert_matches!(turn.commit().await, Err(Error::Conflict));
    let turn = harness::desk::begin(&manager, &user(1), "b").await;
    assert_eq!(turn.status(), &LOST);
    assert!(turn.commit().await.is_ok());
}

#[tokio::test]
async fn tombstone_without_commit_ids_stays_expired() {
    for layout in LAYOUTS {
        let server = Server::start();
        let manager = Manager::new(connect(&server, layout).await);
        let _ = deliver(&manager, &user(1), "a").await;
        let mut redis = server.raw().await;
        remove(&mut redis, user(1).expose(), &SESSION).await;
        remove(&mut redis, user(1).expose(), &HASHES).await;
        let found = deliver_next(&manager, "b").await;
        assert_eq!(found.as_deref(), Some("expired"));
    }
}

#[tokio::test]
async fn nothing_is_resolved_if_commit_ids_are_lost() {
    for layout in LAYOUTS {
        let server = Server::start();
        let store = connect(&server, layout).await;
        let user = sessions::user();
        let mut redis = server.raw().await;
        // The session and its line are left, or one of them alone.
        for also_lost in [&[][..], &["_version"], &SESSION] {
            store.delete(&user, soon()).await.unwrap();
            let attempt = write(&store, "{}").await;
            remove(&mut redis, user.expose(), &HASHES).await;
            remove(&mut redis, user.expose(), also_lost).await;
            let before = contents(&mut redis).await;
            let status = store.resolve(&user, &attempt.id, soon()).await;
            assert_matches!(status, Err(StoreError::Misconfigured { .. }));
            assert_eq!(contents(&mut redis).await, before);
            // A load says the same.
            let found = with_commit(&store).await;
            assert!(
                !matches!(found, Session::New | Session::Live(_)),
                "{layout:?}, {also_lost:?}: {found:?}"
            );
        }
    }
}

#[tokio::test]
async fn one_hash_of_two_generations_is_enough() {
    for layout in LAYOUTS {
        let server = Server::start();
        let store = connect(&server, layout).await;
        write(&store, "{}").await;
        let mut redis = server.raw().await;
        let [one, other] = HASHES.map(|suffix| format!("263771234567{suffix}"));
        let (from, to) = match redis.exists(&one).await.unwrap() {
            true => (one, other),
            false => (other, one),
        };
        // As if the last commit had been in the generation before this one.
        let () = redis.rename(from, to).await.unwrap();
        assert_matches!(with_commit(&store).await, Session::Live(_));
        let next = prepare(&store, "{}").await;
        assert_applied(&next.send(&store, soon()).await);
        assert_matches!(with_commit(&store).await, Session::Live(_));
    }
}

/// The session, as a load for a message finds it.
async fn with_commit(store: &RedisStore) -> Session {
    let id = CommitId::random();
    let loaded = store.load(&sessions::user(), Some(&id), soon()).await;
    loaded.unwrap().session
}

#[tokio::test]
async fn what_is_not_there_yet_is_not_lost() {
    for layout in LAYOUTS {
        let server = Server::start();
        let store = connect(&server, layout).await;
        assert_matches!(with_commit(&store).await, Session::New);
        // A fence before the first session, and the session in spite of it.
        let id = CommitId::random();
        let fenced = store.resolve(&sessions::user(), &id, soon()).await;
        assert_matches!(fenced, Ok(CommitStatus::Fenced));
        assert_matches!(with_commit(&store).await, Session::New);
        write(&store, "{}").await;
        assert_matches!(with_commit(&store).await, Session::Live(_));
        // Deleted, and started again.
        let () = store.delete(&sessions::user(), soon()).await.unwrap();
        let late = Attempt::on(&load(&store).await, "{}");
        assert_applied(&late.send(&store, soon()).await);
        assert_matches!(with_commit(&store).await, Session::Live(_));
    }
}

/// Whichever retentions a user was committed under: what says that commit ids are kept is there for
/// longer than what asks for them.
#[tokio::test]
async fn commit_ids_outlive_the_session_under_any_retention() {
    let minutes = [10, 10_080, 11, 60, 1_440, 10, 4_321, 7_000, 13, 10_079];
    for layout in LAYOUTS {
        let server = Server::start();
        let mut redis = server.raw().await;
        for first in 0..minutes.len() {
            let () = run(&mut redis, "FLUSHALL").await;
            for minutes in minutes.iter().cycle().skip(first).take(4) {
                let builder = RedisStore::builder().layout(layout);
                let retention = Duration::from_secs(minutes * 60);
                let builder = builder.retention(retention);
                let store = builder.connect(server.url()).await.unwrap();
                write(&store, "{}").await;
                assert_matches!(with_commit(&store).await, Session::Live(_));
                let line: i64 = redis.pttl("263771234567_version").await.unwrap();
                let [one, other]: [i64; 2] = [
                    redis.pttl("263771234567_done_0").await.unwrap(),
                    redis.pttl("263771234567_done_1").await.unwrap(),
                ];
                assert!(one.max(other) > line, "{one}, {other}, {line}");
            }
        }
    }
}

/// Everything expires at its time, in the order in which it does: no load ever says that commit ids
/// are lost.
#[tokio::test]
async fn expiry_at_its_time_is_no_loss() {
    for layout in LAYOUTS {
        let server = Server::start();
        let store = connect(&server, layout).await;
        write(&store, "{}").await;
        let mut redis = server.raw().await;
        for (suffixes, milliseconds) in [(&SESSION[..], 300), (&["_version"], 600), (&HASHES, 900)]
        {
            for suffix in suffixes {
                let key = format!("263771234567{suffix}");
                let () = redis.pexpire(key, milliseconds).await.unwrap();
            }
        }
        let mut seen = Vec::new();
        while redis
            .exists::<_, bool>("263771234567_version")
            .await
            .unwrap()
        {
            let session = with_commit(&store).await;
            let name = match session {
                Session::Live(_) => "live",
                Session::Expired(_) => "expired",
                Session::New => "new",
                // The keys were given their expiries one after the other.
                Session::Corrupt {
                    why: Corruption::Torn,
                    ..
                } => continue,
                other => panic!("{other:?}"),
            };
            if seen.last() != Some(&name) {
                seen.push(name);
            }
        }
        assert!(
            ["live", "expired"].iter().all(|name| seen.contains(name)),
            "{seen:?}"
        );
        assert_matches!(with_commit(&store).await, Session::New);
    }
}

#[tokio::test]
async fn duplicate_is_answered_before_lost_ids_are_missed() {
    let server = Server::start();
    let store = connect(&server, KeyLayout::FiveKeys).await;
    let attempt = write(&store, "{}").await;
    let again = attempt.send(&store, soon()).await;
    assert_matches!(again, Ok(CommitOutcome::Applied(Some(_))));
    let manager = StateManager::<Desk>::new(store);
    let _ = deliver(&manager, &user(2), "a").await;
    assert!(deliver(&manager, &user(2), "a").await.is_duplicate());
    assert_eq!(applied(&manager, &user(2)).await, ["a"]);
}
