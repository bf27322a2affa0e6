//! The users that a host makes for its tests are those that a store leads to.

use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, SHORT, Stage, State, message, user};
use harness::records::{holding, record};
use tokio::time::advance;
use vimbiso_state::session::Corruption;
use vimbiso_state::{CachedUser, MemoryStore, SessionStatus, Step, Turn};

fn named() -> State {
    State {
        name: Some("Tariro".to_owned()),
        ..State::default()
    }
}

/// Goes to Weigh with a menu open.
fn go(turn: &mut Turn<Desk>) -> Result<Step<()>, vimbiso_state::Error> {
    *turn.data_mut() = named();
    turn.transition_to(Stage::Weigh, Choice::Asking)?;
    turn.show(&SHORT);
    Ok(Step::Commit(()))
}

/// All that a decision can see of its turn, but for ids that are random.
#[track_caller]
fn assert_same(made: CachedUser<Desk>, found: CachedUser<Desk>) {
    assert_eq!(made.version().is_some(), found.version().is_some());
    let [made, found] = [made, found].map(Turn::of);
    match (made.status(), found.status()) {
        (
            SessionStatus::Expired { stage, option, .. },
            SessionStatus::Expired {
                stage: found_stage,
                option: found_option,
                ..
            },
        ) => assert_eq!((stage, option), (found_stage, found_option)),
        (made, found) => assert_eq!(made, found),
    }
    assert_eq!(made.user_id(), found.user_id());
    assert_eq!(made.stage(), found.stage());
    assert_eq!(made.option(), found.option());
    assert_eq!(made.direction(), found.direction());
    assert_eq!(made.data(), found.data());
    assert_eq!(made.user().menu_shown(), found.user().menu_shown());
    assert_eq!(made.pick("1"), found.pick("1"));
    assert_eq!(made.user().jwt_token(), None);
}

#[tokio::test(start_paused = true)]
async fn users_for_tests_are_as_a_store_finds_them() {
    let manager = Manager::new(MemoryStore::new());
    let load = async || manager.load(&user(1)).await.unwrap();
    assert_same(CachedUser::visitor(user(1)), load().await);

    let handled = manager.handle(&user(1), &message("a"), go).await;
    let resumed = || {
        CachedUser::resumed(user(1), Stage::Weigh, named())
            .with_option(Choice::Asking)
            .with_menu(&SHORT)
    };
    assert_same(resumed(), load().await);
    assert_eq!(*handled.unwrap().user().status(), SessionStatus::New);

    advance(Duration::from_secs(301)).await;
    let expired = CachedUser::expired(user(1), Stage::Weigh, Choice::Asking);
    assert_same(expired, load().await);
    let without_option = CachedUser::<Desk>::expired(user(1), Stage::Menu, None);
    assert!(matches!(
        without_option.status(),
        SessionStatus::Expired {
            stage: Some(Stage::Menu),
            option: None,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn recovered_users_are_as_a_store_finds_them() {
    for (stage, text, why, data) in [
        ("gone", r#"{"name":"Tariro"}"#, Corruption::Stage, named()),
        (
            "weigh",
            r#"{"name":7}"#,
            Corruption::State,
            State::default(),
        ),
    ] {
        let manager = Manager::new(holding(record(stage, None, 1, text)).await);
        let looked = manager
            .handle(&user(1), &message("a"), |turn| {
                assert_eq!(*turn.status(), SessionStatus::Recovered { why });
                Ok(Step::Stop(()))
            })
            .await;
        let found = looked.unwrap().user().clone();
        assert_same(CachedUser::recovered(user(1), why, data), found);
    }
}
