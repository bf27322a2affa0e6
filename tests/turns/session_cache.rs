//! A turn is decided first on the session that this process committed last. If that is out of date,
//! the store's session decides.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, applied, deliver, message, user};
use tokio::time::advance;
use vimbiso_state::{Error, MemoryStore, SessionStatus, StateManager, Step, Turn};

/// Hits, stale sessions and misses.
fn counts(manager: &Manager) -> (u64, u64, u64) {
    let stats = manager.cache_stats();
    (stats.hits, stats.stale, stats.misses)
}

fn with_cache(bytes: usize) -> Manager {
    StateManager::<Desk>::builder(MemoryStore::new())
        .session_cache_bytes(bytes)
        .build()
        .unwrap()
}

fn nothing(_: &mut Turn<Desk>) -> Result<Step<()>, Error> {
    Ok(Step::Commit(()))
}

#[tokio::test(start_paused = true)]
async fn warm_turn_is_decided_on_the_cached_session() {
    let manager = Manager::new(MemoryStore::new());
    for n in 0..5 {
        let handled = deliver(&manager, &user(1), &n.to_string()).await;
        assert_eq!(handled.user().data().applied.len(), n + 1);
    }
    assert_eq!(counts(&manager), (4, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn other_writes_and_expiry_are_seen_despite_the_cache() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let user = user(1);
    let _ = deliver(&ours, &user, "1").await;
    let _ = deliver(&other, &user, "2").await;
    let _ = deliver(&ours, &user, "3").await;
    assert_eq!(applied(&ours, &user).await, ["1", "2", "3"]);

    let _ = other.reset_state(&user).await.unwrap();
    let _ = deliver(&ours, &user, "4").await;
    assert_eq!(applied(&ours, &user).await, ["4"]);

    other.delete(&user).await.unwrap();
    let handled = deliver(&ours, &user, "5").await;
    assert_eq!(*handled.user().status(), SessionStatus::New);
    assert_eq!(handled.user().version().unwrap().revision, 1);

    advance(Duration::from_secs(301)).await;
    let handled = deliver(&ours, &user, "6").await;
    assert_eq!(handled.user().status().name(), "expired");
    assert_eq!(applied(&ours, &user).await, ["6"]);
    assert_eq!(counts(&ours), (0, 4, 1));
}

#[tokio::test(start_paused = true)]
async fn error_on_a_stale_session_is_decided_again() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let go =
        |stage| move |turn: &mut Turn<Desk>| Ok(Step::Commit(turn.transition_to(stage, None)?));
    let _ = ours.handle(&user(1), &message("1"), nothing).await.unwrap();
    let _ = other
        .handle(&user(1), &message("2"), go(Stage::Weigh))
        .await
        .unwrap();
    // From the menu, where the cached session is, the table does not lead to Send; from Weigh,
    // where the stored session is, it does.
    let _ = ours
        .handle(&user(1), &message("3"), go(Stage::Send))
        .await
        .unwrap();
    let found = ours.load(&user(1)).await.unwrap();
    assert_eq!(found.state().stage(), Stage::Send);
}

#[tokio::test(start_paused = true)]
async fn error_on_the_newest_session_changes_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "1").await;
    let runs = AtomicU32::new(0);
    let fails = |turn: &mut Turn<Desk>| -> Result<Step<()>, Error> {
        runs.fetch_add(1, Ordering::Relaxed);
        turn.data_mut().applied.clear();
        Err(Error::host("no"))
    };
    let failed = manager.handle(&user(1), &message("2"), fails).await;
    assert!(matches!(failed, Err(Error::Host(_))));
    assert_eq!(runs.into_inner(), 2, "on the cached session, then loaded");
    let handled = deliver(&manager, &user(1), "3").await;
    let applied = &handled.user().data().applied;
    assert_eq!(applied, &["1", "3"], "the cached session did not change");
}

#[tokio::test(start_paused = true)]
async fn duplicate_met_on_a_cached_session_gets_its_reply() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let _ = deliver(&ours, &user(1), "1").await;
    let _ = deliver(&ours, &user(1), "2").await;
    for manager in [&ours, &other, &ours, &ours] {
        let again = deliver(manager, &user(1), "1").await;
        assert!(again.is_duplicate());
        assert_eq!(again.into_output().unwrap(), Some(1));
    }
    assert_eq!(applied(&ours, &user(1)).await, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn cached_session_is_the_whole_session() {
    let manager = Manager::new(MemoryStore::new());
    let all = |turn: &mut Turn<Desk>| {
        turn.show(&SHORT);
        turn.data_mut().name = Some("Tariro".into());
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        Ok(Step::Commit(()))
    };
    let _ = manager.handle(&user(1), &message("1"), all).await.unwrap();
    let warm = manager.handle(&user(1), &message("2"), nothing).await;
    let warm = warm.unwrap();
    let read = manager.load(&user(1)).await.unwrap();
    for user in [warm.user(), &read] {
        assert_eq!(*user.status(), SessionStatus::Active);
        assert_eq!(user.first_name(), Some("Tariro"));
        assert_eq!(user.state().menu_shown(), Some("short"));
        assert_eq!(user.state().stage(), Stage::Weigh);
        assert_eq!(user.state().option(), Some(Choice::Asking));
    }
    assert_eq!(warm.user().version(), read.version());
}

#[tokio::test(start_paused = true)]
async fn cache_is_bounded_and_can_be_turned_off() {
    let off = with_cache(0);
    let few = with_cache(10 * 1024);
    for round in 0..3 {
        for n in 0..100 {
            for manager in [&off, &few] {
                let _ = deliver(manager, &user(n), &round.to_string()).await;
            }
        }
    }
    assert_eq!(counts(&off), (0, 0, 0));
    let (hits, stale, misses) = counts(&few);
    assert_eq!(hits + misses, 300);
    assert_eq!(stale, 0);
    assert!((1..=20).contains(&hits), "{hits}");
    for n in 0..100 {
        assert_eq!(applied(&few, &user(n)).await, ["0", "1", "2"]);
    }
    assert_eq!(off.cache_stats().sessions, 0);
    assert!(few.cache_stats().bytes <= 10 * 1024);
}

#[tokio::test(start_paused = true)]
async fn large_sessions_stay_within_the_bound() {
    const BOUND: usize = 8 * 1024 * 1024;
    let manager = with_cache(BOUND);
    for n in 0..600 {
        let note = "x".repeat(if n % 2 == 0 { 62 * 1024 } else { 200 });
        let write = |turn: &mut Turn<Desk>| {
            turn.data_mut().name = Some(note.clone());
            Ok(Step::Commit(()))
        };
        let _ = manager
            .handle(&user(n), &message("a"), write)
            .await
            .unwrap();
        let stats = manager.cache_stats();
        assert!(stats.bytes <= BOUND as u64, "{stats:?}");
    }
    let stats = manager.cache_stats();
    assert!(stats.bytes > BOUND as u64 / 2, "{stats:?}");
    assert!((60..450).contains(&stats.sessions), "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn entering_commit_is_kept_through_warm_turns() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("0"), nothing)
        .await
        .unwrap();
    let pay = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        Ok(Step::Commit(turn.commit_id()))
    };
    let paid = manager.handle(&user(1), &message("1"), pay).await;
    let paid = paid.unwrap().into_output().unwrap().unwrap();
    for n in 2..5 {
        let id = message(n.to_string());
        let _ = manager.handle(&user(1), &id, nothing).await.unwrap();
    }
    advance(Duration::from_secs(301)).await;
    match manager.load(&user(1)).await.unwrap().status() {
        SessionStatus::Expired { entered_by, .. } => assert_eq!(*entered_by, paid),
        other => panic!("{other:?}"),
    }
}
