//! A change outside any message: what it does not touch stays, and it obeys the same table.

use harness::desk::{
    Choice, Desk, Manager, SHORT, Stage, State, apply, deliver, message, shows, user,
};
use vimbiso_state::{CachedUser, Error, JwtToken, MemoryStore, Turn};

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
