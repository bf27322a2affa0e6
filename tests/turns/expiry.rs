//! A session lives for its TTL from its last message, and for its max lifetime at most; then it is
//! known to have expired.

use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, Stage, apply, deliver, message, user};
use tokio::time::{advance, sleep};
use vimbiso_state::{Error, Handled, MemoryStore, SessionStatus, StateManager, Step, Turn};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

async fn status(manager: &Manager) -> &'static str {
    manager.load(&user(1)).await.unwrap().status().name()
}

/// A message that changes nothing. Returns how its turn found the session.
async fn idle(manager: &Manager, id: &str) -> &'static str {
    let nothing = |_: &mut _| Ok(Step::Commit(()));
    let handled = manager.handle(&user(1), &message(id), nothing).await;
    handled.unwrap().user().status().name()
}

#[tokio::test(start_paused = true)]
async fn session_is_active_at_299_s_and_expired_at_301_s() {
    for (after, expected, messages) in [(299, "active", 1), (301, "expired", 0)] {
        let manager = Manager::new(MemoryStore::new());
        let _ = deliver(&manager, &user(1), "a").await;
        advance(seconds(after)).await;
        let found = manager.load(&user(1)).await.unwrap();
        assert_eq!(found.status().name(), expected, "{after} s");
        assert_eq!(found.data().applied.len(), messages, "{after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn session_ends_at_its_very_instant() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    advance(seconds(300) - Duration::from_millis(1)).await;
    assert_eq!(status(&manager).await, "active");
    advance(Duration::from_millis(1)).await;
    assert_eq!(status(&manager).await, "expired");
}

#[tokio::test(start_paused = true)]
async fn every_turn_extends_the_session_and_a_read_does_not() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    for n in 0..5 {
        advance(seconds(299)).await;
        assert_eq!(idle(&manager, &format!("idle {n}")).await, "active");
    }
    advance(seconds(200)).await;
    assert_eq!(status(&manager).await, "active");
    advance(seconds(101)).await;
    assert_eq!(status(&manager).await, "expired");
}

#[tokio::test(start_paused = true)]
async fn duplicate_and_refused_turn_do_not_extend_it() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    advance(seconds(200)).await;
    assert!(deliver(&manager, &user(1), "a").await.is_duplicate());
    let refused = manager
        .handle(&user(1), &message("b"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert!(matches!(refused, Err(Error::InvalidTransition(_))));
    advance(seconds(101)).await;
    assert_eq!(status(&manager).await, "expired");
}

#[tokio::test(start_paused = true)]
async fn busy_session_ends_twelve_hours_after_it_began() {
    let manager = Manager::new(MemoryStore::new());
    let mut found = Vec::new();
    for n in 0..200 {
        found.push(idle(&manager, &n.to_string()).await);
        advance(seconds(250)).await;
    }
    // 12 h = 43,200 s = 172.8 × 250 s: message 173 is the first one after the end, and begins a
    // new session.
    assert_eq!(found.iter().position(|name| *name == "expired"), Some(173));
    let active = found.iter().filter(|name| **name == "active");
    assert_eq!(active.count(), 198);
}

#[tokio::test(start_paused = true)]
async fn expired_session_names_its_stage_and_last_commit() {
    let manager = Manager::new(MemoryStore::new());
    let pay = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        Ok(Step::Commit(turn.commit_id()))
    };
    let paid = manager.handle(&user(1), &message("pay"), pay).await;
    let entered_by = paid.unwrap().into_output().unwrap().unwrap();
    // A further message that stays does not hide the commit that the API knows.
    assert_eq!(idle(&manager, "hello?").await, "active");
    advance(seconds(301)).await;

    let look = |turn: &mut Turn<Desk>| Ok(Step::Commit((turn.stage(), *turn.status())));
    let back = manager.handle(&user(1), &message("back"), look).await;
    let expired = SessionStatus::Expired {
        stage: Some(Stage::Weigh),
        option: Some(Choice::Asking),
        entered_by,
    };
    match back.unwrap() {
        Handled::Committed { output, user } => {
            assert_eq!(output, (Stage::Menu, expired));
            assert_eq!(*user.status(), expired);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_retention_an_old_user_is_new_again() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    advance(seconds(24 * 3600 - 1)).await;
    assert_eq!(status(&manager).await, "expired");
    advance(seconds(2)).await;
    assert_eq!(status(&manager).await, "new");
}

#[tokio::test(start_paused = true)]
async fn session_that_began_anew_has_its_own_lifetime() {
    let manager = StateManager::<Desk>::builder(MemoryStore::new())
        .max_lifetime(seconds(600))
        .build()
        .unwrap();
    for (n, (after, expected)) in [
        (0, "new"),
        (250, "active"),
        (250, "active"),
        (250, "expired"),
        (250, "active"),
        (250, "active"),
    ]
    .into_iter()
    .enumerate()
    {
        advance(seconds(after)).await;
        assert_eq!(
            idle(&manager, &n.to_string()).await,
            expected,
            "message {n}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn expired_entries_are_freed_without_a_call() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in 0..500 {
        let text = "x".repeat(1000);
        let long = apply(&text);
        let _ = manager.handle(&user(n), &message("a"), long).await.unwrap();
    }
    let full = store.bytes();
    assert_eq!(store.len(), 500);
    assert!(full > 500_000, "{full} bytes");
    sleep(seconds(310)).await;
    // The data is gone; which users there were, and what they sent, is kept.
    assert_eq!(store.len(), 500);
    let left = store.bytes();
    assert!(left < full - 450_000, "{left} of {full} bytes");
    sleep(seconds(24 * 3600)).await;
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[test]
fn settings_outside_their_limits_are_refused() {
    let build = |ttl, lifetime, deadline| {
        let builder = StateManager::<Desk>::builder(MemoryStore::new())
            .ttl(seconds(ttl))
            .max_lifetime(seconds(lifetime))
            .deadline(Duration::from_millis(deadline));
        builder.build().map(|_| ())
    };
    assert!(build(300, 43_200, 2000).is_ok());
    for (ttl, lifetime, deadline, setting) in [
        (0, 43_200, 2000, "ttl"),
        (12 * 3600 + 1, 50_000, 2000, "ttl"),
        (300, 299, 2000, "max_lifetime"),
        (300, 367 * 86_400, 2000, "max_lifetime"),
        (300, 43_200, 0, "deadline"),
        (300, 43_200, 3_600_001, "deadline"),
    ] {
        match build(ttl, lifetime, deadline) {
            Err(Error::Setting { what, .. }) => assert_eq!(what, setting),
            other => panic!("{other:?}"),
        }
    }
    for (retention, allowed) in [
        (599, false),
        (600, true),
        (7 * 86_400, true),
        (7 * 86_400 + 1, false),
    ] {
        let built = MemoryStore::builder().retention(seconds(retention)).build();
        assert_eq!(built.is_ok(), allowed, "{retention} s");
    }
}
