//! A session lives for its TTL from its last message, and for its lifetime at most; then it is known to have expired.

use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, Stage, apply, message, user};
use tokio::time::advance;
use vimbiso_state::Step;
use vimbiso_state::{Error, MemoryStore, SessionStatus, StateManager};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test(start_paused = true)]
async fn a_session_is_alive_at_299_s_and_gone_at_301_s() {
    for (after, alive) in [(299, true), (301, false)] {
        let manager = Manager::new(MemoryStore::new());
        let _ = manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap();
        advance(seconds(after)).await;
        let found = manager.load(&user(1)).await.unwrap();
        assert_eq!(
            matches!(found.status(), SessionStatus::Active),
            alive,
            "{after} s"
        );
        assert_eq!(found.data().applied.is_empty(), !alive, "{after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_at_its_very_instant_and_not_before() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    advance(seconds(300) - Duration::from_millis(1)).await;
    assert_eq!(
        *manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Active
    );
    advance(Duration::from_millis(1)).await;
    assert!(matches!(
        manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Expired { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn every_turn_extends_the_session_and_a_read_does_not() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    for n in 0..5 {
        advance(seconds(299)).await;
        let handled = manager
            .handle(&user(1), &message(format!("idle {n}")), |_| {
                Ok(Step::Commit(()))
            })
            .await
            .unwrap();
        assert_eq!(*handled.user().status(), SessionStatus::Active);
    }
    advance(seconds(200)).await;
    let _ = manager.load(&user(1)).await.unwrap();
    advance(seconds(101)).await;
    assert!(matches!(
        manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Expired { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_and_a_refused_turn_do_not_slide_it() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    advance(seconds(200)).await;
    assert!(
        manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap()
            .is_duplicate()
    );
    let refused = manager
        .handle(&user(1), &message("b"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert!(matches!(refused, Err(Error::InvalidTransition(_))));
    advance(seconds(101)).await;
    assert!(matches!(
        manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Expired { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn however_busy_it_ends_twelve_hours_after_it_began() {
    let manager = Manager::new(MemoryStore::new());
    let mut openings = Vec::new();
    for n in 0..200 {
        let handled = manager
            .handle(&user(1), &message(format!("{n}")), |_| Ok(Step::Commit(())))
            .await
            .unwrap();
        openings.push(handled.user().status().name());
        advance(seconds(250)).await;
    }
    // 12 h = 43,200 s = 172.8 × 250 s: message 173 is the first one after the end, and begins a new session.
    assert_eq!(
        openings.iter().position(|name| *name == "expired"),
        Some(173)
    );
    assert_eq!(
        openings.iter().filter(|name| **name == "active").count(),
        198
    );
}

#[tokio::test(start_paused = true)]
async fn expired_session_names_its_stage_and_last_commit() {
    let manager = Manager::new(MemoryStore::new());
    let pending = manager
        .handle(&user(1), &message("pay"), |turn| {
            turn.transition_to(Stage::Weigh, Choice::Asking)?;
            Ok(Step::Commit(turn.commit_id()))
        })
        .await
        .unwrap()
        .into_output()
        .unwrap()
        .unwrap();
    // A further message that stays does not hide the commit that the API knows.
    let _ = manager
        .handle(&user(1), &message("hello?"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    advance(seconds(301)).await;
    let handled = manager
        .handle(&user(1), &message("back"), |turn| {
            Ok(Step::Commit((turn.stage(), *turn.status())))
        })
        .await
        .unwrap();
    let expired = SessionStatus::<Desk>::Expired {
        stage: Some(Stage::Weigh),
        option: Some(Choice::Asking),
        commit_id: pending,
    };
    let vimbiso_state::Handled::Committed { output, .. } = handled else {
        panic!("a new message")
    };
    assert_eq!(output, (Stage::Menu, expired));
}

#[tokio::test(start_paused = true)]
async fn after_the_retention_an_old_user_is_new_again() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    advance(seconds(24 * 3600 - 1)).await;
    assert!(matches!(
        manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Expired { .. }
    ));
    advance(seconds(2)).await;
    assert_eq!(
        *manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::New
    );
}

#[tokio::test(start_paused = true)]
async fn session_that_began_anew_has_its_own_lifetime() {
    let manager = StateManager::<Desk>::builder(MemoryStore::new())
        .max_lifetime(seconds(600))
        .build()
        .unwrap();
    for (after, opening) in [
        (0, "new"),
        (250, "active"),
        (250, "active"),
        (250, "expired"),
        (250, "active"),
        (250, "active"),
    ] {
        advance(seconds(after)).await;
        let handled = manager
            .handle(
                &user(1),
                &message(format!("{:?}", tokio::time::Instant::now())),
                |_| Ok(Step::Commit(())),
            )
            .await
            .unwrap();
        assert_eq!(handled.user().status().name(), opening);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_expired_is_freed_without_being_asked() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in 0..500 {
        let _ = manager
            .handle(&user(n), &message("a"), apply(&"x".repeat(1000)))
            .await
            .unwrap();
    }
    let full = store.bytes();
    assert_eq!(store.len(), 500);
    assert!(full > 500_000);
    tokio::time::sleep(seconds(302)).await;
    // The states are gone; who was here, and what they sent, is not.
    assert_eq!(store.len(), 500);
    assert!(
        store.bytes() < full - 450_000,
        "{} of {full}",
        store.bytes()
    );
    tokio::time::sleep(seconds(24 * 3600)).await;
    assert_eq!((store.len(), store.bytes()), (0, 0));
}

#[test]
fn settings_outside_their_limits_are_refused() {
    let build = |ttl, lifetime, deadline| {
        let builder = StateManager::<Desk>::builder(MemoryStore::new());
        builder
            .ttl(seconds(ttl))
            .max_lifetime(seconds(lifetime))
            .deadline(Duration::from_millis(deadline))
            .build()
            .map(|_| ())
    };
    assert!(build(300, 43_200, 2000).is_ok());
    for (ttl, lifetime, deadline, what) in [
        (0, 43_200, 2000, "ttl"),
        (12 * 3600 + 1, 50_000, 2000, "ttl"),
        (300, 299, 2000, "lifetime"),
        (300, 43_200, 0, "deadline"),
    ] {
        match build(ttl, lifetime, deadline) {
            Err(Error::Setting { what: named, .. }) => assert_eq!(named, what),
            other => panic!("{other:?}"),
        }
    }
    for (retention, allowed) in [
        (599, false),
        (600, true),
        (7 * 86_400, true),
        (7 * 86_400 + 1, false),
    ] {
        assert_eq!(
            MemoryStore::builder()
                .retention(seconds(retention))
                .build()
                .is_ok(),
            allowed,
            "{retention} s"
        );
    }
}
