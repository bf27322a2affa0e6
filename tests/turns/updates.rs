//! A change outside any message: what it does not touch stays, and it obeys the same table.

use std::time::Duration;

use harness::desk::{
    Choice, Desk, Manager, SHORT, Stage, State, apply, deliver, message, shows, user,
};
use harness::records::{holding, record};
use tokio::time::advance;
use vimbiso_state::{
    CachedUser, CommitId, Direction, Error, Handled, JwtToken, MemoryStore, SessionStatus, Step,
    Turn,
};

async fn update(
    manager: &Manager,
    change: impl Fn(&mut Turn<Desk>) -> Result<(), Error> + Send,
) -> Result<CachedUser<Desk>, Error> {
    manager.update_state(&user(1), "test", change).await
}

async fn weigh_for_tariro(manager: &Manager) {
    let change = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        turn.data_mut().name = Some("Tariro".into());
        Ok(())
    };
    let _ = update(manager, change).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn keep_set_and_clear_are_three_different_things() {
    let manager = Manager::new(MemoryStore::new());
    weigh_for_tariro(&manager).await;
    let kept = update(&manager, |_| Ok(())).await.unwrap();
    assert_eq!(kept.state().stage(), Stage::Weigh);
    assert_eq!(kept.state().option(), Some(Choice::Asking));
    assert_eq!(kept.first_name(), Some("Tariro"));
    assert_eq!(kept.last_name(), Some("Moyo"));
    assert!(kept.registration_complete());

    let push = |turn: &mut Turn<Desk>| {
        turn.data_mut().applied.push("x".into());
        Ok(())
    };
    let changed = update(&manager, push).await.unwrap();
    assert_eq!(changed.first_name(), Some("Tariro"), "no field is lost");
    assert_eq!(changed.data().applied, ["x"]);

    let clear_option = |turn: &mut Turn<Desk>| Ok(turn.transition_to(turn.stage(), None)?);
    let cleared = update(&manager, clear_option).await.unwrap();
    assert_eq!(cleared.state().option(), None);
    assert_eq!(cleared.first_name(), Some("Tariro"));

    let clear_data = |turn: &mut Turn<Desk>| {
        *turn.data_mut() = State::default();
        Ok(())
    };
    let emptied = update(&manager, clear_data).await.unwrap();
    assert_eq!(emptied.state().stage(), Stage::Weigh);
    assert_eq!(emptied.first_name_or_default(), "Welcome");
    assert_eq!(emptied.last_name_or_default(), "Visitor");
    assert!(!emptied.registration_complete());
}

#[tokio::test(start_paused = true)]
async fn forbidden_update_changes_nothing() {
    let manager = Manager::new(MemoryStore::new());
    let rename = |name: &'static str, stage| {
        move |turn: &mut Turn<Desk>| {
            turn.data_mut().name = Some(name.into());
            Ok(turn.transition_to(stage, None)?)
        }
    };
    let _ = update(&manager, rename("T", Stage::Menu)).await.unwrap();
    let refused = update(&manager, rename("X", Stage::Send)).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "no transition from menu to send; allowed: weigh"
    );
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.state().stage(), Stage::Menu);
    assert_eq!(found.first_name(), Some("T"));
    assert_eq!(found.version().unwrap().revision, 1);
}

#[tokio::test(start_paused = true)]
async fn two_updates_are_two_commits() {
    let manager = Manager::new(MemoryStore::new());
    let push = |turn: &mut Turn<Desk>| {
        turn.data_mut().applied.push("x".into());
        Ok(())
    };
    for revision in 1..=2 {
        let updated = update(&manager, push).await.unwrap();
        assert_eq!(updated.version().unwrap().revision, revision);
        assert_eq!(updated.data().applied.len() as u64, revision);
    }
}

#[tokio::test(start_paused = true)]
async fn reset_clears_all_but_the_token_and_delete_all() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let token = JwtToken::new("opaque").unwrap();
    weigh_for_tariro(&manager).await;
    let _ = manager
        .handle(&user(1), &message("shown"), shows(&SHORT))
        .await
        .unwrap();
    manager.set_jwt_token(&user(1), &token).await.unwrap();

    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(reset.state().stage(), Stage::Menu);
    assert_eq!(reset.state().option(), None);
    assert_eq!(reset.state().menu_shown(), None);
    assert_eq!(reset.data(), &State::default());
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), Some(&token));
    let again = manager
        .handle(&user(1), &message("shown"), apply("a"))
        .await;
    assert!(again.unwrap().is_duplicate(), "messages stay known");

    manager.delete(&user(1)).await.unwrap();
    let gone = manager.load(&user(1)).await.unwrap();
    assert_eq!(gone.status().name(), "new");
    assert_eq!(gone.jwt_token(), None);
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
    let shown = deliver(&manager, &user(1), "shown").await;
    assert!(!shown.is_duplicate(), "a deleted message is new");
}

type Change = fn(&mut Turn<Desk>) -> Result<(), Error>;

/// Waits for a payment until the session has expired. Returns the status that says so.
async fn expire_while_paying(manager: &Manager) -> SessionStatus<Desk> {
    let pay = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        turn.data_mut().name = Some("Tariro".into());
        turn.ask();
        Ok(Step::Commit(()))
    };
    let paid = manager.handle(&user(1), &message("pay"), pay).await;
    assert!(!paid.unwrap().is_duplicate());
    advance(Duration::from_secs(301)).await;
    SessionStatus::Expired {
        stage: Some(Stage::Weigh),
        option: Some(Choice::Asking),
        entered_by: CommitId::of(&user(1), &message("pay")),
    }
}

/// How the next message finds the session.
async fn status_found(manager: &Manager) -> SessionStatus<Desk> {
    let look = |turn: &mut Turn<Desk>| Ok(Step::Commit(*turn.status()));
    match manager.handle(&user(1), &message("next"), look).await {
        Ok(Handled::Committed { output, .. }) => output,
        other => panic!("{other:?}"),
    }
}

/// Managers with and without a session cache: a cached session is found active at first.
fn managers() -> [Manager; 2] {
    let uncached = Manager::builder(MemoryStore::new()).session_cache_bytes(0);
    [Manager::new(MemoryStore::new()), uncached.build().unwrap()]
}

#[tokio::test(start_paused = true)]
async fn update_without_a_change_keeps_the_expiry_known() {
    let unchanged: [Change; 5] = [
        |_| Ok(()),
        |turn| {
            turn.data_mut().applied.push("a".into());
            turn.data_mut().applied.clear();
            Ok(())
        },
        |turn| {
            turn.transition_to(Stage::Weigh, Choice::Asking)?;
            Ok(turn.transition_to(Stage::Menu, None)?)
        },
        |turn| {
            turn.show(&SHORT);
            turn.close_question();
            Ok(())
        },
        |turn| {
            turn.reset();
            Ok(())
        },
    ];
    for change in unchanged {
        for manager in managers() {
            let expired = expire_while_paying(&manager).await;
            let before = manager.load(&user(1)).await.unwrap();
            let updated = update(&manager, change).await.unwrap();
            assert_eq!(*updated.status(), expired);
            assert_eq!(updated.version(), before.version());
            let reset = manager.reset_state(&user(1)).await.unwrap();
            assert_eq!(reset.version(), before.version());
            assert_eq!(status_found(&manager).await, expired);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn update_with_a_change_begins_a_session() {
    let changes: [Change; 5] = [
        |turn| {
            turn.data_mut().applied.push("a".into());
            Ok(())
        },
        |turn| Ok(turn.transition_to(Stage::Weigh, None)?),
        |turn| Ok(turn.transition_to(Stage::Menu, Choice::Asking)?),
        |turn| {
            turn.set_direction(Direction::In);
            Ok(())
        },
        |turn| {
            turn.ask();
            Ok(())
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for manager in managers() {
            let _ = expire_while_paying(&manager).await;
            let _ = update(&manager, change).await.unwrap();
            let found = status_found(&manager).await;
            assert_eq!(found, SessionStatus::Active, "change {n}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn new_user_without_a_change_leaves_no_trace() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let updated = update(&manager, |_| Ok(())).await.unwrap();
    assert_eq!(updated.version(), None);
    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(reset.version(), None);
    assert_eq!(store.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn corrupt_session_is_replaced_by_a_reset_alone() {
    let manager = Manager::new(holding(record("gone", None, 1, "{}")).await);
    let updated = update(&manager, |_| Ok(())).await.unwrap();
    assert_eq!(updated.status().name(), "recovered");
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.status().name(), "recovered");
    assert!(found.jwt_token().is_some());
    let _ = manager.reset_state(&user(1)).await.unwrap();
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.status().name(), "active");
}
