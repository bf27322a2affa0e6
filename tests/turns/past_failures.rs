//! The 29 ways in which the original bot lost or corrupted its state, one test each, in their order. Where the type system
//! leaves nothing to run, the test shows what takes the failure's place.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, applied, apply, message, shows, user};
use harness::meddler::Meddler;
use serde_json::json;
use tokio::time::{Instant, advance};
use vimbiso_state::Step;
use vimbiso_state::store::Session;
use vimbiso_state::{
    CachedUser, Change, Error, JwtToken, MemoryStore, SessionStatus, Stage as _, StateStore,
    StateUpdate, StoreError, Turn, vimbisopay,
};

fn manager() -> Manager {
    Manager::new(MemoryStore::new())
}

fn update() -> StateUpdate<Desk> {
    StateUpdate::new("a handler")
}

#[tokio::test(start_paused = true)]
async fn n01_a_change_to_one_field_keeps_all_others() {
    let manager = manager();
    let _ = manager
        .update_state(
            &user(1),
            update().change(|state| state.name = Some("Tariro".into())),
        )
        .await
        .unwrap();
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (found.first_name(), &found.data().applied),
        ("Tariro", &vec!["a".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn n02_what_an_update_does_not_name_stays() {
    let manager = manager();
    let set = update()
        .stage(Stage::Weigh)
        .option(Change::Set(Choice::Asking))
        .change(|state| state.name = Some("T".into()));
    let _ = manager.update_state(&user(1), set).await.unwrap();
    let kept = manager.update_state(&user(1), update()).await.unwrap();
    assert_eq!(
        (
            kept.state().stage(),
            kept.state().option(),
            kept.first_name()
        ),
        (Stage::Weigh, Some(Choice::Asking), "T")
    );
}

#[tokio::test(start_paused = true)]
async fn n03_new_value_is_not_overwritten_by_an_old_one() {
    let manager = manager();
    let mut stale = manager.begin(&user(1)).await.unwrap();
    stale.data_mut().name = Some("old".into());
    let _ = manager
        .update_state(
            &user(1),
            update().change(|state| state.name = Some("new".into())),
        )
        .await
        .unwrap();
    assert!(matches!(stale.commit().await, Err(Error::Conflict)));
    assert_eq!(manager.load(&user(1)).await.unwrap().first_name(), "new");
}

#[tokio::test(start_paused = true)]
async fn n04_an_option_can_be_cleared() {
    let manager = manager();
    let _ = manager
        .update_state(&user(1), update().option(Change::Set(Choice::Asking)))
        .await
        .unwrap();
    assert_eq!(
        manager
            .update_state(&user(1), update().option(Change::Clear))
            .await
            .unwrap()
            .state()
            .option(),
        None
    );
    assert_eq!(manager.load(&user(1)).await.unwrap().state().option(), None);
}

#[tokio::test(start_paused = true)]
async fn n05_all_of_a_session_expires_at_one_instant() {
    let manager = manager();
    let _ = manager
        .update_state(
            &user(1),
            update()
                .stage(Stage::Weigh)
                .option(Change::Set(Choice::Asking)),
        )
        .await
        .unwrap();
    advance(Duration::from_secs(200)).await;
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    advance(Duration::from_millis(299_999)).await;
    let alive = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (
            alive.state().stage(),
            alive.state().option(),
            alive.data().applied.len()
        ),
        (Stage::Weigh, Some(Choice::Asking), 1)
    );
    advance(Duration::from_millis(1)).await;
    let gone = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (
            gone.state().stage(),
            gone.state().option(),
            gone.data().applied.len()
        ),
        (Stage::Menu, None, 0)
    );
}

#[test]
fn n06_stages_and_names_correspond_one_to_one() {
    for row in vimbisopay::Stage::TABLE {
        assert_eq!(vimbisopay::Stage::from_name(row.name()), Some(row.stage()));
        assert!(row.name().starts_with("handle_action_"), "{}", row.name());
    }
    assert_eq!(vimbisopay::Stage::from_name("handle"), None);
    assert_eq!(vimbisopay::Stage::TABLE.len(), 17);
}

#[test]
fn n07_step_is_checked_against_a_checked_table() {
    let mut turn = Turn::<Desk>::of(CachedUser::visitor(user(1)));
    assert!(turn.transition_to(Stage::Send, None).is_err());
    assert!(turn.transition_to(Stage::Weigh, None).is_ok());
}

#[tokio::test(start_paused = true)]
async fn n08_decision_failing_half_way_writes_nothing() {
    let manager = manager();
    let failed = manager
        .handle(&user(1), &message("a"), |turn| -> Result<(), Error> {
            turn.transition_to(Stage::Weigh, Choice::Asking)?;
            Err(Error::host("the side effect could not be announced"))
        })
        .await;
    assert!(matches!(failed, Err(Error::Host(_))));
    assert_eq!(
        manager.load(&user(1)).await.unwrap().state().stage(),
        Stage::Menu
    );
}

#[tokio::test(start_paused = true)]
async fn n09_the_stage_is_in_one_place() {
    let manager = manager();
    let handled = manager
        .handle(&user(1), &message("a"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?))
        })
        .await
        .unwrap();
    assert_eq!(
        handled.user().state().stage(),
        manager.load(&user(1)).await.unwrap().state().stage()
    );
    let state = serde_json::to_value(handled.user().data()).unwrap();
    assert_eq!(state, json!({}), "and not in the state as well");
}

#[tokio::test(start_paused = true)]
async fn n10_a_change_between_reading_and_writing_is_seen() {
    let store = MemoryStore::new();
    let (other, first) = (Manager::new(store.clone()), AtomicU32::new(0));
    let manager = Manager::new(Meddler::new(store, move |user| {
        let (other, meddles) = (other.clone(), first.fetch_add(1, Ordering::Relaxed) == 0);
        async move {
            if meddles {
                let _ = other
                    .handle(&user, &message("other"), apply("other"))
                    .await
                    .unwrap();
            }
        }
    }));
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert_eq!(applied(&manager, &user(1)).await, ["other", "a"]);
}

#[tokio::test(start_paused = true)]
async fn n11_crash_leaves_no_lock_behind() {
    let store = MemoryStore::new();
    let crashing = Manager::new(Meddler::new(store.clone(), |_| std::future::pending()));
    let task =
        tokio::spawn(async move { crashing.handle(&user(1), &message("a"), apply("a")).await });
    tokio::task::yield_now().await;
    task.abort();
    let other = Manager::new(store);
    let started = Instant::now();
    assert!(
        other
            .handle(&user(1), &message("b"), apply("b"))
            .await
            .is_ok()
    );
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn n12_unreadable_session_is_not_an_empty_one() {
    let store = MemoryStore::new();
    let deadline = Instant::now() + Duration::from_secs(1);
    assert!(matches!(
        store.load(&user(1), None, deadline).await.unwrap().session,
        Session::New
    ));
    let manager = Manager::new(store.clone());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert!(matches!(
        store.load(&user(1), None, deadline).await.unwrap().session,
        Session::Live(_)
    ));
    advance(Duration::from_secs(301)).await;
    assert!(matches!(
        store.load(&user(1), None, deadline).await.unwrap().session,
        Session::Expired(_)
    ));
}

#[tokio::test(start_paused = true)]
async fn n13_a_write_that_does_not_happen_is_an_error() {
    let full = Manager::new(MemoryStore::builder().max_users(0).build().unwrap());
    let refused = full.handle(&user(1), &message("a"), apply("a")).await;
    assert!(matches!(
        refused,
        Err(Error::Store(StoreError::OverCapacity { .. }))
    ));
    let refused = full
        .set_jwt_token(&user(1), &JwtToken::new("opaque").unwrap())
        .await;
    assert!(matches!(
        refused,
        Err(Error::Store(StoreError::OverCapacity { .. }))
    ));
}

#[tokio::test(start_paused = true)]
async fn n14_refused_update_leaves_the_object_in_memory() {
    let manager = manager();
    let before = manager
        .update_state(
            &user(1),
            update().change(|state| state.name = Some("T".into())),
        )
        .await
        .unwrap();
    assert!(
        manager
            .update_state(
                &user(1),
                update()
                    .stage(Stage::Send)
                    .change(|state| state.name = None)
            )
            .await
            .is_err()
    );
    assert_eq!(before.first_name(), "T");
    let mut turn = Turn::of(before);
    assert!(turn.transition_to(Stage::Send, Choice::Send).is_err());
    assert_eq!((turn.stage(), turn.option()), (Stage::Menu, None));
}

#[tokio::test(start_paused = true)]
async fn n15_every_reader_sees_the_newest_token() {
    let store = MemoryStore::new();
    let (one, two) = (Manager::new(store.clone()), Manager::new(store));
    let (old, new) = (JwtToken::new("old").unwrap(), JwtToken::new("new").unwrap());
    one.set_jwt_token(&user(1), &old).await.unwrap();
    let handled = one
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert_eq!(
        handled.user().jwt_token(),
        None,
        "a turn carries no copy that could grow stale"
    );
    two.set_jwt_token(&user(1), &new).await.unwrap();
    assert_eq!(one.load(&user(1)).await.unwrap().jwt_token(), Some(&new));
    advance(Duration::from_secs(301)).await;
    assert_eq!(one.load(&user(1)).await.unwrap().jwt_token(), None);
}

#[tokio::test(start_paused = true)]
async fn n16_a_reset_clears_all_but_the_token() {
    let manager = manager();
    let token = JwtToken::new("opaque").unwrap();
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(serde_json::to_value(reset.data()).unwrap(), json!({}));
    assert_eq!(
        manager.load(&user(1)).await.unwrap().jwt_token(),
        Some(&token)
    );
}

#[tokio::test(start_paused = true)]
async fn n17_zero_empty_and_false_are_values() {
    let manager = manager();
    let falsy =
        json!({"zero": 0, "empty": "", "no": false, "none": null, "list": [], "object": {}});
    let extra = falsy.as_object().unwrap().clone();
    let _ = manager
        .update_state(
            &user(1),
            update().change(move |state| state.extra = extra.clone()),
        )
        .await
        .unwrap();
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(serde_json::to_value(found.data()).unwrap(), falsy);
}

#[tokio::test(start_paused = true)]
async fn n18_a_read_changes_nothing() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let _ = manager.load(&user(1)).await.unwrap();
    drop(manager.begin(&user(1)).await.unwrap());
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn n19_state_of_another_shape_is_not_half_read() {
    // Recovery, migration and formats: tests/recovery.rs.
    let drifted = serde_json::from_value::<harness::desk::State>(json!({"applied": "not a list"}));
    assert!(drifted.is_err());
}

#[tokio::test(start_paused = true)]
async fn n20_what_a_call_returns_is_what_was_committed() {
    let manager = manager();
    let handled = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(
        handled.user().data().applied.len(),
        1,
        "the older copy is of the older version"
    );
    assert!(reset.version().unwrap().revision > handled.user().version().unwrap().revision);
    assert_eq!(
        reset.version(),
        manager.load(&user(1)).await.unwrap().version()
    );
}

#[tokio::test(start_paused = true)]
async fn n21_silent_api_does_not_unregister_the_user() {
    let manager = manager();
    let _ = manager
        .update_state(
            &user(1),
            update().change(|state| state.name = Some("T".into())),
        )
        .await
        .unwrap();
    let failed = manager
        .handle(&user(1), &message("a"), |_| -> Result<(), Error> {
            Err(Error::host("502"))
        })
        .await;
    assert!(failed.is_err());
    assert!(
        manager
            .user(&user(1))
            .await
            .unwrap()
            .registration_complete()
    );
}

#[test]
fn n22_commands_and_input_are_told_apart_in_one_order() {
    use vimbisopay::Incoming;
    assert!(matches!(Incoming::parse("  MENU "), Incoming::Greeting(_)));
    assert!(matches!(
        Incoming::parse("10=>tariro"),
        Incoming::QuickOffer(_)
    ));
    assert!(matches!(Incoming::parse("accept_42"), Incoming::Button(_)));
    assert!(matches!(Incoming::parse("7"), Incoming::Choice(_)));
    assert!(matches!(Incoming::parse("Tariro Moyo"), Incoming::Text(_)));
}

#[tokio::test(start_paused = true)]
async fn n23_a_full_store_refuses_rather_than_evict() {
    // What an eviction by Redis leaves behind is torn, and recovered: tests/redis/strange_bytes.rs.
    let manager = Manager::new(MemoryStore::builder().max_users(1).build().unwrap());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert!(
        manager
            .handle(&user(2), &message("a"), apply("a"))
            .await
            .is_err()
    );
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn n24_a_worker_sees_what_another_has_written() {
    let store = MemoryStore::new();
    let workers = [Manager::new(store.clone()), Manager::new(store)];
    for n in 0..10 {
        let id = n.to_string();
        let handled = workers[n % 2]
            .handle(&user(1), &message(&id), apply(&id))
            .await
            .unwrap();
        assert_eq!(handled.user().data().applied.len(), n + 1);
    }
}

#[test]
fn n25_neither_token_nor_state_is_shown() {
    // The whole suite of canaries: tests/nothing_leaks.rs.
    let token = JwtToken::new("a.canary.token").unwrap();
    assert!(!format!("{token:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn n26_a_webhook_delivered_twice_takes_effect_once() {
    let manager = manager();
    for duplicate in [false, true, true] {
        assert_eq!(
            manager
                .handle(&user(1), &message("a"), apply("a"))
                .await
                .unwrap()
                .is_duplicate(),
            duplicate
        );
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[test]
fn n27_no_switch_turns_a_check_off() {
    // Features only add: none of them turns a check off, and no environment variable is read.
    for (file, text) in sources() {
        let text = text.split("#[cfg(all(test").next().unwrap();
        assert!(
            !text.contains("std::env") && !text.contains("env::var"),
            "{file} reads the environment"
        );
    }
}

fn sources() -> Vec<(String, String)> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((
                    path.display().to_string(),
                    std::fs::read_to_string(&path).unwrap(),
                )),
            }
        }
    }
    assert!(found.len() > 20);
    found
}

#[test]
fn n28_only_an_explicit_yes_confirms() {
    // On the whole conversation: crates/vimbisopay/tests/conversation/reading_order.rs.
    assert_eq!(vimbisopay::Incoming::parse("no").answer(), Some(false));
    assert_eq!(vimbisopay::Incoming::parse("YES").answer(), Some(true));
    for text in ["ok", "1=>x", "sure", "yess", "maybe", "accept_1"] {
        assert_eq!(vimbisopay::Incoming::parse(text).answer(), None, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn n29_forget_leaves_nothing_behind() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let _ = manager
        .handle(&user(1), &message("a"), shows(&SHORT))
        .await
        .unwrap();
    manager
        .set_jwt_token(&user(1), &JwtToken::new("opaque").unwrap())
        .await
        .unwrap();
    manager.delete(&user(1)).await.unwrap();
    assert_eq!((store.len(), store.bytes()), (0, 0));
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (found.status(), found.jwt_token()),
        (&SessionStatus::New, None)
    );
}
