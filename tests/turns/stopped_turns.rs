//! A turn that is stopped returns a value and leaves no trace.

use std::sync::Mutex;
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, applied, apply, deliver, message, user};
use harness::hooked::Call;
use harness::hooks::CallLog;
use harness::records::{holding, record};
use tokio::time::advance;
use vimbiso_state::session::Corruption;
use vimbiso_state::{CommitId, Handled, MemoryStore, SessionStatus, StateManager, Step, Turn};

/// Changes all that a turn can change, then stops.
fn changes_and_stops(turn: &mut Turn<Desk>) -> Result<Step<&'static str>, vimbiso_state::Error> {
    turn.data_mut().applied.clear();
    turn.select(Choice::Weigh)?;
    turn.show(&SHORT);
    turn.remember_reply("not stored")?;
    Ok(Step::Stop("nothing to do"))
}

#[tokio::test(start_paused = true)]
async fn stop_writes_nothing_and_returns_user_as_loaded() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let bytes = store.store.clone();
    let manager = Manager::new(store);
    let _ = deliver(&manager, &user(1), "a").await;
    let before = manager.load(&user(1)).await.unwrap();
    let taken = bytes.bytes();
    let _ = calls.take();

    let id = message("b");
    let stopped = manager.handle(&user(1), &id, changes_and_stops).await;
    assert_eq!(calls.take(), [Call::Load], "no commit");
    match stopped.unwrap() {
        Handled::Stopped { user, output } => {
            assert_eq!(output, "nothing to do");
            assert_eq!(user.status(), &SessionStatus::Active);
            assert_eq!(user.version(), before.version());
            assert_eq!(user.data(), before.data());
            assert_eq!(user.state().stage(), Stage::Menu);
            assert_eq!(user.state().option(), None);
            assert_eq!(user.state().menu_shown(), None);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(bytes.bytes(), taken);
    let after = manager.load(&user(1)).await.unwrap();
    assert_eq!(after.version(), before.version());
    assert!(manager.stored_reply(&user(1), &id).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn stopped_message_is_not_recorded() {
    let manager = Manager::new(MemoryStore::new());
    for _ in 0..2 {
        let stopped = manager
            .handle(&user(1), &message("a"), changes_and_stops)
            .await;
        let stopped = stopped.unwrap();
        assert!(!stopped.is_duplicate());
        assert_eq!(stopped.user().version(), None, "a new user stays new");
    }
    assert!(!deliver(&manager, &user(1), "a").await.is_duplicate());

    let applied = manager
        .handle(&user(1), &message("a"), changes_and_stops)
        .await;
    assert!(applied.unwrap().is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn stop_does_not_prolong_the_session() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    advance(Duration::from_secs(200)).await;
    let stopped = manager
        .handle(&user(1), &message("b"), changes_and_stops)
        .await;
    assert_eq!(stopped.unwrap().user().status().name(), "active");
    advance(Duration::from_secs(101)).await;
    let stopped = manager
        .handle(&user(1), &message("c"), changes_and_stops)
        .await;
    let stopped = stopped.unwrap();
    match stopped.user().status() {
        SessionStatus::Expired { entered_by, .. } => {
            assert_eq!(*entered_by, CommitId::of(&user(1), &message("a")));
        }
        other => panic!("{other:?}"),
    }
    // It did not consume the expiry either.
    let handled = deliver(&manager, &user(1), "d").await;
    assert_eq!(handled.user().status().name(), "expired");
}

#[tokio::test(start_paused = true)]
async fn stop_on_a_stale_session_loads_and_decides_again() {
    let store = CallLog::new(MemoryStore::new());
    let calls = store.hook.clone();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let _ = deliver(&ours, &user(1), "1").await;
    let _ = deliver(&other, &user(1), "2").await;
    let _ = calls.take();

    let seen = Mutex::new(Vec::new());
    let look_and_stop = |turn: &mut Turn<Desk>| {
        let count = turn.data().applied.len();
        seen.lock().unwrap().push(count);
        Ok(Step::Stop(count))
    };
    let stopped = ours.handle(&user(1), &message("3"), look_and_stop).await;
    let stopped = stopped.unwrap();
    assert_eq!(stopped.user().data().applied, ["1", "2"]);
    assert_eq!(stopped.into_output().unwrap(), Some(2));
    assert_eq!(seen.into_inner().unwrap(), [1, 2]);
    assert_eq!(calls.take(), [Call::Load]);
    assert_eq!(ours.cache_stats().stale, 1);
}

#[tokio::test(start_paused = true)]
async fn stop_on_a_corrupt_session_leaves_it_corrupt() {
    let manager = Manager::new(holding(record("gone", None, 1, "{}")).await);
    let recovered = SessionStatus::Recovered {
        why: Corruption::Stage,
    };
    let stop = |_: &mut Turn<Desk>| Ok(Step::Stop(()));
    let stopped = manager.handle(&user(1), &message("a"), stop).await;
    assert_eq!(*stopped.unwrap().user().status(), recovered);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), recovered);
    assert!(found.jwt_token().is_some(), "the token was not dropped");
}

#[tokio::test(start_paused = true)]
async fn stop_works_without_a_session_cache() {
    let manager: Manager = StateManager::builder(MemoryStore::new())
        .session_cache_bytes(0)
        .build()
        .unwrap();
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let stopped = manager
        .handle(&user(1), &message("b"), changes_and_stops)
        .await;
    assert_eq!(stopped.unwrap().user().data().applied, ["a"]);
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}
