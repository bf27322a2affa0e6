//! A turn is decided first on what this process remembers; right when that is stale, and never the source of an answer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, applied, apply, message, user};
use tokio::time::advance;
use vimbiso_state::Step;
use vimbiso_state::manager::CacheStats;
use vimbiso_state::{Error, MemoryStore, SessionStatus, StateManager};

fn counts(manager: &Manager) -> (u64, u64, u64) {
    let CacheStats {
        hits,
        stale,
        misses,
        ..
    } = manager.cache_stats();
    (hits, stale, misses)
}

#[tokio::test(start_paused = true)]
async fn a_warm_turn_is_decided_on_the_guess() {
    let manager = Manager::new(MemoryStore::new());
    for n in 0..5 {
        let id = n.to_string();
        let handled = manager
            .handle(&user(1), &message(&id), apply(&id))
            .await
            .unwrap();
        assert_eq!(handled.user().data().applied.len(), n + 1);
    }
    assert_eq!(counts(&manager), (4, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn other_writes_and_expiry_are_seen_despite_the_cache() {
    let store = MemoryStore::new();
    let (ours, other) = (Manager::new(store.clone()), Manager::new(store));
    let user = user(1);
    let _ = ours.handle(&user, &message("1"), apply("1")).await.unwrap();
    let _ = other
        .handle(&user, &message("2"), apply("2"))
        .await
        .unwrap();
    let _ = ours.handle(&user, &message("3"), apply("3")).await.unwrap();
    assert_eq!(applied(&ours, &user).await, ["1", "2", "3"]);

    let _ = other.reset_state(&user).await.unwrap();
    let _ = ours.handle(&user, &message("4"), apply("4")).await.unwrap();
    assert_eq!(applied(&ours, &user).await, ["4"]);

    other.delete(&user).await.unwrap();
    let handled = ours.handle(&user, &message("5"), apply("5")).await.unwrap();
    assert_eq!(
        (
            handled.user().status(),
            handled.user().version().unwrap().revision
        ),
        (&SessionStatus::New, 1)
    );

    advance(Duration::from_secs(301)).await;
    let handled = ours.handle(&user, &message("6"), apply("6")).await.unwrap();
    assert!(matches!(
        handled.user().status(),
        SessionStatus::Expired { .. }
    ));
    assert_eq!(applied(&ours, &user).await, ["6"]);
    assert_eq!(counts(&ours), (0, 4, 1));
}

#[tokio::test(start_paused = true)]
async fn error_on_a_stale_session_is_decided_again() {
    let store = MemoryStore::new();
    let (ours, other) = (Manager::new(store.clone()), Manager::new(store));
    let user = user(1);
    let _ = ours
        .handle(&user, &message("1"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    let _ = other
        .handle(&user, &message("2"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?))
        })
        .await
        .unwrap();
    // From the menu, where the guess stands, sending is refused; from weighing, where the session stands, it is not.
    let _ = ours
        .handle(&user, &message("3"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await
        .unwrap();
    assert_eq!(ours.load(&user).await.unwrap().state().stage(), Stage::Send);
}

#[tokio::test(start_paused = true)]
async fn error_on_the_newest_session_changes_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("1"), apply("1"))
        .await
        .unwrap();
    let runs = AtomicU32::new(0);
    let failed = manager
        .handle(&user(1), &message("2"), |turn| -> Result<(), Error> {
            runs.fetch_add(1, Ordering::Relaxed);
            turn.data_mut().applied.clear();
            Err(Error::host("no"))
        })
        .await;
    assert!(matches!(failed, Err(Error::Host(_))));
    assert_eq!(
        runs.into_inner(),
        2,
        "once on the guess, once on the session"
    );
    let handled = manager
        .handle(&user(1), &message("3"), apply("3"))
        .await
        .unwrap();
    assert_eq!(
        handled.user().data().applied,
        ["1", "3"],
        "the guess was not changed either"
    );
}

#[tokio::test(start_paused = true)]
async fn duplicate_met_on_a_cached_session_gets_its_reply() {
    let store = MemoryStore::new();
    let (ours, other) = (Manager::new(store.clone()), Manager::new(store));
    let _ = ours
        .handle(&user(1), &message("1"), apply("1"))
        .await
        .unwrap();
    let _ = ours
        .handle(&user(1), &message("2"), apply("2"))
        .await
        .unwrap();
    for manager in [&ours, &other, &ours, &ours] {
        let again = manager
            .handle(&user(1), &message("1"), apply("1"))
            .await
            .unwrap();
        assert!(again.is_duplicate());
        assert_eq!(again.into_output().unwrap(), Some(1));
    }
    assert_eq!(applied(&ours, &user(1)).await, ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_copied_from_a_guess_is_the_whole_session() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("1"), |turn| {
            turn.show(&SHORT);
            turn.data_mut().name = Some("Tariro".into());
            Ok(Step::Commit(
                turn.transition_to(Stage::Weigh, Choice::Asking)?,
            ))
        })
        .await
        .unwrap();
    let warm = manager
        .handle(&user(1), &message("2"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    let read = manager.load(&user(1)).await.unwrap();
    for user in [warm.user(), &read] {
        assert_eq!(
            (user.status(), user.first_name(), user.state().menu_shown()),
            (&SessionStatus::Active, "Tariro", Some("short"))
        );
        assert_eq!(
            (user.state().stage(), user.state().option()),
            (Stage::Weigh, Some(Choice::Asking))
        );
    }
    assert_eq!(warm.user().version(), read.version());
}

#[tokio::test(start_paused = true)]
async fn it_is_bounded_and_can_be_turned_off() {
    let off = StateManager::<Desk>::builder(MemoryStore::new())
        .session_cache(0)
        .build()
        .unwrap();
    let few = StateManager::<Desk>::builder(MemoryStore::new())
        .session_cache(10)
        .build()
        .unwrap();
    for round in 0..3 {
        for n in 0..100 {
            for manager in [&off, &few] {
                let _ = manager
                    .handle(&user(n), &message(round.to_string()), apply("a"))
                    .await
                    .unwrap();
            }
        }
    }
    assert_eq!(counts(&off), (0, 0, 0));
    let (hits, stale, misses) = counts(&few);
    assert_eq!((hits + misses, stale), (300, 0));
    assert!(hits <= 20, "{hits}");
    for n in 0..100 {
        assert_eq!(applied(&few, &user(n)).await, ["a", "a", "a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn entering_commit_is_kept_through_warm_turns() {
    let manager = Manager::new(MemoryStore::new());
    let pay = |turn: &mut vimbiso_state::Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        Ok(turn.commit_id())
    };
    let pending = manager
        .handle(&user(1), &message("0"), |_| Ok(Step::Commit(())))
        .await
        .and(manager.handle(&user(1), &message("1"), pay).await)
        .unwrap();
    let pending = pending.into_output().unwrap().unwrap();
    for n in 2..5 {
        let _ = manager
            .handle(&user(1), &message(n.to_string()), |_| Ok(Step::Commit(())))
            .await
            .unwrap();
    }
    advance(Duration::from_secs(301)).await;
    let found = manager.load(&user(1)).await.unwrap();
    assert!(
        matches!(found.status(), SessionStatus::Expired { commit_id, .. } if *commit_id == pending)
    );
}
