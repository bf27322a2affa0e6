//! Writes that lost fields, half succeeded, or said nothing.

use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, Stage, apply, begin, deliver, message, user};
use serde_json::json;
use tokio::time::advance;
use vimbiso_state::{Error, JwtToken, MemoryStore, Step, StoreError, Turn};

use super::{manager, rename, update};

#[tokio::test(start_paused = true)]
async fn n01_a_change_to_one_field_keeps_all_others() {
    let manager = manager();
    let _ = rename(&manager, "Tariro").await;
    let _ = deliver(&manager, &user(1), "a").await;
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.first_name(), Some("Tariro"));
    assert_eq!(found.data().applied, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn n02_what_an_update_does_not_name_stays() {
    let manager = manager();
    let set = |turn: &mut Turn<Desk>| {
        turn.transition_to(Stage::Weigh, Choice::Asking)?;
        turn.data_mut().name = Some("T".into());
        Ok(())
    };
    let _ = update(&manager, set).await.unwrap();
    let kept = update(&manager, |_| Ok(())).await.unwrap();
    assert_eq!(kept.state().stage(), Stage::Weigh);
    assert_eq!(kept.state().option(), Some(Choice::Asking));
    assert_eq!(kept.first_name(), Some("T"));
}

#[tokio::test(start_paused = true)]
async fn n03_new_value_is_not_overwritten_by_an_old_one() {
    let manager = manager();
    let mut stale = begin(&manager, &user(1), "a").await;
    stale.data_mut().name = Some("old".into());
    let _ = rename(&manager, "new").await;
    assert!(matches!(stale.commit().await, Err(Error::Conflict)));
    assert_eq!(
        manager.load(&user(1)).await.unwrap().first_name(),
        Some("new")
    );
}

#[tokio::test(start_paused = true)]
async fn n04_an_option_can_be_cleared() {
    let manager = manager();
    let set = |turn: &mut Turn<Desk>| Ok(turn.transition_to(turn.stage(), Choice::Asking)?);
    let user_with = update(&manager, set).await.unwrap();
    assert_eq!(user_with.state().option(), Some(Choice::Asking));
    let clear = |turn: &mut Turn<Desk>| Ok(turn.transition_to(turn.stage(), None)?);
    let user_without = update(&manager, clear).await.unwrap();
    assert_eq!(user_without.state().option(), None);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.state().option(), None);
}

#[tokio::test(start_paused = true)]
async fn n05_all_of_a_session_expires_at_one_instant() {
    let manager = manager();
    let weigh = |turn: &mut Turn<Desk>| Ok(turn.transition_to(Stage::Weigh, Choice::Asking)?);
    let _ = update(&manager, weigh).await.unwrap();
    advance(Duration::from_secs(200)).await;
    let _ = deliver(&manager, &user(1), "a").await;

    advance(Duration::from_millis(299_999)).await;
    let alive = manager.load(&user(1)).await.unwrap();
    assert_eq!(alive.state().stage(), Stage::Weigh);
    assert_eq!(alive.state().option(), Some(Choice::Asking));
    assert_eq!(alive.data().applied.len(), 1);

    advance(Duration::from_millis(1)).await;
    let gone = manager.load(&user(1)).await.unwrap();
    assert_eq!(gone.state().stage(), Stage::Menu);
    assert_eq!(gone.state().option(), None);
    assert!(gone.data().applied.is_empty());
}

#[tokio::test(start_paused = true)]
async fn n08_decision_failing_half_way_writes_nothing() {
    let manager = manager();
    let failed = manager
        .handle(&user(1), &message("a"), |turn| -> Result<Step<()>, Error> {
            turn.transition_to(Stage::Weigh, Choice::Asking)?;
            Err(Error::host("the side effect could not be announced"))
        })
        .await;
    assert!(matches!(failed, Err(Error::Host(_))));
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.state().stage(), Stage::Menu);
    assert_eq!(found.version(), None);
}

#[tokio::test(start_paused = true)]
async fn n09_the_stage_is_stored_once() {
    let manager = manager();
    let handled = manager
        .handle(&user(1), &message("a"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?))
        })
        .await
        .unwrap();
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.state().stage(), Stage::Weigh);
    assert_eq!(handled.user().state().stage(), Stage::Weigh);
    let data = serde_json::to_value(handled.user().data()).unwrap();
    assert_eq!(data, json!({}), "and not in the data as well");
}

#[tokio::test(start_paused = true)]
async fn n13_a_write_that_does_not_happen_is_an_error() {
    let full = Manager::new(MemoryStore::builder().max_users(0).build().unwrap());
    let token = JwtToken::new("opaque").unwrap();
    for refused in [
        full.handle(&user(1), &message("a"), apply("a"))
            .await
            .map(drop),
        full.set_jwt_token(&user(1), &token).await,
    ] {
        assert!(
            matches!(refused, Err(Error::Store(StoreError::OverCapacity { .. }))),
            "{refused:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn n14_refused_update_leaves_the_object_in_memory() {
    let manager = manager();
    let before = rename(&manager, "T").await;
    let refused = update(&manager, |turn| {
        turn.data_mut().name = None;
        Ok(turn.transition_to(Stage::Send, None)?)
    });
    assert!(refused.await.is_err());
    assert_eq!(before.first_name(), Some("T"));
    let mut turn = Turn::of(before);
    assert!(turn.transition_to(Stage::Send, Choice::Send).is_err());
    assert_eq!(turn.stage(), Stage::Menu);
    assert_eq!(turn.option(), None);
}

#[tokio::test(start_paused = true)]
async fn n16_a_reset_clears_all_but_the_token() {
    let manager = manager();
    let token = JwtToken::new("opaque").unwrap();
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    let _ = deliver(&manager, &user(1), "a").await;
    let reset = manager.reset_state(&user(1)).await.unwrap();
    assert_eq!(serde_json::to_value(reset.data()).unwrap(), json!({}));
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), Some(&token));
}

#[tokio::test(start_paused = true)]
async fn n17_zero_empty_and_false_are_values() {
    let manager = manager();
    let falsy =
        json!({"zero": 0, "empty": "", "no": false, "none": null, "list": [], "object": {}});
    let extra = falsy.as_object().unwrap();
    let set = |turn: &mut Turn<Desk>| {
        turn.data_mut().extra = extra.clone();
        Ok(())
    };
    let _ = update(&manager, set).await.unwrap();
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(serde_json::to_value(found.data()).unwrap(), falsy);
}

#[tokio::test(start_paused = true)]
async fn n20_what_a_call_returns_is_what_was_committed() {
    let manager = manager();
    let handled = deliver(&manager, &user(1), "a").await;
    let reset = manager.reset_state(&user(1)).await.unwrap();
    let older = handled.user();
    assert_eq!(older.data().applied.len(), 1, "it keeps its own version");
    assert!(reset.version().unwrap().revision > older.version().unwrap().revision);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(reset.version(), found.version());
}
