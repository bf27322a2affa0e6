//! Another member logs in under the same user id: a new session, and nothing of the old one is
//! left.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Choice, Manager, SHORT, Stage, message, user};
use harness::tokens::{Api, expiring, put, stored};
use vimbiso_state::id::InvalidToken;
use vimbiso_state::manager::Begin;
use vimbiso_state::{Error, Handled, MemoryStore, SessionStatus, Step};

async fn logged_in_and_busy() -> (MemoryStore, Manager) {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    manager
        .set_jwt_token(&user(1), &expiring(3600, 1))
        .await
        .unwrap();
    let _ = manager
        .handle(&user(1), &message("hers"), |turn| {
            turn.data_mut().name = Some("Tariro".into());
            turn.show(&SHORT);
            turn.select(Choice::Weigh)?;
            turn.remember_reply("Tariro, your parcel weighs 7 kg")?;
            Ok(Step::Commit(()))
        })
        .await
        .unwrap();
    (store, manager)
}

#[tokio::test(start_paused = true)]
async fn state_token_and_reply_of_old_session_are_gone() {
    let (store, manager) = logged_in_and_busy().await;
    let token = expiring(3600, 2);
    manager.start_session(&user(1), &token).await.unwrap();

    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(
        (found.status(), found.version(), found.jwt_token()),
        (&SessionStatus::New, None, Some(&token))
    );
    assert_eq!(
        (
            found.state().stage(),
            found.state().option(),
            found.state().menu_shown(),
            found.registration_complete()
        ),
        (Stage::Menu, None, None, false)
    );
    for manager in [manager, Manager::new(store.clone())] {
        let again = manager
            .handle(&user(1), &message("hers"), |turn| {
                Ok(Step::Commit(turn.user().first_name_or_default().to_owned()))
            })
            .await
            .unwrap();
        match again {
            Handled::Committed { output, .. } => assert_eq!(output, "Welcome"),
            Handled::Duplicate { reply, .. } => {
                assert!(reply.is_none(), "the new session stored no reply")
            }
            Handled::Stopped { .. } => panic!("the turn commits"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn new_session_has_a_max_lifetime_of_its_own() {
    let (_, manager) = logged_in_and_busy().await;
    for n in 0..172 {
        tokio::time::advance(Duration::from_secs(250)).await;
        let _ = manager
            .handle(&user(1), &message(n.to_string()), |_| Ok(Step::Commit(())))
            .await
            .unwrap();
    }
    manager
        .start_session(&user(1), &expiring(3600, 2))
        .await
        .unwrap();
    let _ = manager
        .handle(&user(1), &message("a"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    tokio::time::advance(Duration::from_secs(250)).await;
    assert_eq!(
        *manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Active
    );
}

#[tokio::test(start_paused = true)]
async fn turn_under_way_is_decided_again_on_the_new_session() {
    let (_, manager) = logged_in_and_busy().await;
    let message = message("late");
    let Begin::Turn(late) = manager.begin(&user(1), &message).await.unwrap() else {
        panic!("the message is new")
    };
    manager
        .start_session(&user(1), &expiring(3600, 2))
        .await
        .unwrap();
    assert!(matches!(late.commit().await, Err(Error::Conflict)));
}

#[tokio::test(start_paused = true)]
async fn refresh_for_old_member_keeps_new_member_token() {
    let (store, manager) = logged_in_and_busy().await;
    let api = Api::new();
    let new = expiring(3600, 2);
    let id = user(1);
    api.take(&new);
    put(&store, &id, &expiring(-1, 1)).await;
    let start_session = async {
        tokio::time::sleep(Duration::from_millis(10)).await; // the source takes 20
        manager.start_session(&id, &new).await.unwrap();
    };
    let api_ = Arc::clone(&api);
    let (used, ()) = tokio::join!(
        manager.with_token(&id, &api, |token| api_.ask(token)),
        start_session
    );
    used.unwrap();
    assert_eq!(stored(&store, &id).await.as_deref(), Some(new.expose()));
}

#[tokio::test(start_paused = true)]
async fn expired_token_starts_no_session() {
    let (_, manager) = logged_in_and_busy().await;
    let failed = manager.start_session(&user(1), &expiring(-1, 2)).await;
    assert!(matches!(failed, Err(Error::Token(InvalidToken::Expired))));
    assert_eq!(
        manager.load(&user(1)).await.unwrap().first_name(),
        Some("Tariro")
    );
}
