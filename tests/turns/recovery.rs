//! A session that cannot be read as it was written opens as recovered, and one of a later release is left alone.

use harness::desk::{Desk, Manager, Stage, apply, message, user};
use harness::records::{holding, record};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vimbiso_state::Step;
use vimbiso_state::session::Corruption;
use vimbiso_state::{Error, Flow, Member, SessionStatus, StateManager};

#[tokio::test(start_paused = true)]
async fn unreadable_session_restarts_with_a_readable_state() {
    let good = r#"{"name":"Tariro","later":1}"#;
    for (record, damage, name) in [
        (record("gone", None, 1, good), Corruption::Stage, "Tariro"),
        (
            record("weigh", Some("gone"), 1, good),
            Corruption::Option,
            "Tariro",
        ),
        (
            record("weigh", None, 1, r#"{"name":7}"#),
            Corruption::State,
            "Welcome",
        ),
        (
            record("weigh", None, 1, "not json"),
            Corruption::State,
            "Welcome",
        ),
        (record("weigh", None, 0, good), Corruption::State, "Welcome"),
    ] {
        let store = holding(record).await;
        let manager = Manager::new(store);
        let found = manager.load(&user(1)).await.unwrap();
        assert_eq!(*found.status(), SessionStatus::Recovered { why: damage });
        assert_eq!(
            (
                found.state().stage(),
                found.state().option(),
                found.state().menu_shown()
            ),
            (Stage::Menu, None, None)
        );
        assert_eq!(found.first_name(), name, "{damage}");

        let handled = manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap();
        assert_eq!(
            *handled.user().status(),
            SessionStatus::Recovered { why: damage }
        );
        let after = manager.load(&user(1)).await.unwrap();
        assert_eq!(
            (after.status(), after.first_name()),
            (&SessionStatus::Active, name)
        );
        assert_eq!(after.jwt_token(), None, "a recovery drops the token");
        assert_eq!(after.version().unwrap().revision, 2, "the version goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_turn_on_a_damaged_session_writes_nothing() {
    let store = holding(record("gone", None, 1, "{}")).await;
    let manager = Manager::new(store);
    let refused = manager
        .handle(&user(1), &message("a"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert!(matches!(refused, Err(Error::InvalidTransition(_))));
    assert_eq!(
        *manager.load(&user(1)).await.unwrap().status(),
        SessionStatus::Recovered {
            why: Corruption::Stage
        }
    );
    assert!(manager.load(&user(1)).await.unwrap().jwt_token().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_session_of_a_later_release_is_not_touched() {
    let store = holding(record("weigh", None, 2, r#"{"name":"Tariro"}"#)).await;
    let manager = Manager::new(store.clone());
    let before = store.bytes();
    for result in [
        manager.load(&user(1)).await.map(drop),
        manager
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .map(drop),
        manager.reset_state(&user(1)).await.map(drop),
        manager.begin(&user(1)).await.map(drop),
    ] {
        assert!(
            matches!(result, Err(Error::NewerFormat { found: 2, known: 1 })),
            "{result:?}"
        );
    }
    assert_eq!(store.bytes(), before);
}

/// The desk, one release later: `name` has become `who`.
#[derive(Debug)]
struct NewDesk;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct NewState {
    who: Option<String>,
}

impl Flow for NewDesk {
    type Stage = Stage;
    type Choice = harness::desk::Choice;
    type Data = NewState;
    const DATA_FORMAT: u32 = 2;

    fn member(state: &NewState) -> Option<Member<'_>> {
        state.who.as_deref().map(|first_name| Member {
            first_name,
            last_name: "",
        })
    }

    fn migrate(from: u32, mut state: Value) -> Option<Value> {
        let fields = state.as_object_mut().filter(|_| from == 1)?;
        if let Some(name) = fields.remove("name") {
            fields.insert("who".into(), name);
        }
        Some(state)
    }
}

#[tokio::test(start_paused = true)]
async fn migrated_state_is_left_alone_by_an_older_worker() {
    let store = holding(record("weigh", None, 1, r#"{"name":"Tariro"}"#)).await;
    let (new, old) = (
        StateManager::<NewDesk>::new(store.clone()),
        StateManager::<Desk>::new(store),
    );
    let found = new.load(&user(1)).await.unwrap();
    assert_eq!(
        (found.status(), found.first_name(), found.state().stage()),
        (&SessionStatus::Active, "Tariro", Stage::Weigh)
    );
    assert_eq!(
        old.load(&user(1)).await.unwrap().first_name(),
        "Tariro",
        "a load changes nothing"
    );

    let _ = new
        .handle(&user(1), &message("a"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    assert!(matches!(
        old.handle(&user(1), &message("b"), apply("b")).await,
        Err(Error::NewerFormat { found: 2, known: 1 })
    ));
    assert_eq!(new.load(&user(1)).await.unwrap().first_name(), "Tariro");
}

#[tokio::test(start_paused = true)]
async fn a_format_that_nobody_migrates_is_recovered() {
    let store = holding(record("weigh", None, 0, r#"{"name":"Tariro"}"#)).await;
    let found = StateManager::<NewDesk>::new(store)
        .user(&user(1))
        .await
        .unwrap();
    assert_eq!(
        *found.status(),
        SessionStatus::Recovered {
            why: Corruption::State
        }
    );
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_survive_a_turn() {
    let store = holding(record(
        "weigh",
        None,
        1,
        r#"{"name":"T","amount":0.1,"big":12345678901234567,"later":{"a":[1]}}"#,
    ))
    .await;
    let manager = Manager::new(store);
    let handled = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let state = serde_json::to_value(handled.user().data()).unwrap();
    assert_eq!(
        state,
        serde_json::json!({"name": "T", "applied": ["a"], "amount": 0.1, "big": 12_345_678_901_234_567_u64, "later": {"a": [1]}})
    );
}

#[test]
fn older_format_without_a_migration_is_not_migrated() {
    assert_eq!(Desk::migrate(0, serde_json::json!({})), None);
}
