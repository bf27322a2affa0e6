//! A session that cannot be read as it was written is recovered, and one of a later release is left
//! alone.

use harness::desk::{Choice, Desk, Manager, Stage, apply, deliver, message, user};
use harness::records::{holding, record};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vimbiso_state::session::Corruption;
use vimbiso_state::{Error, Flow, Member, SessionStatus, StateManager, Step};

#[tokio::test(start_paused = true)]
async fn corrupt_session_restarts_with_its_data_if_readable() {
    let good = r#"{"name":"Tariro","later":1}"#;
    let bad = r#"{"name":7}"#;
    for (record, why, name) in [
        (
            record("gone", None, 1, good),
            Corruption::Stage,
            Some("Tariro"),
        ),
        (
            record("weigh", Some("gone"), 1, good),
            Corruption::Option,
            Some("Tariro"),
        ),
        (record("weigh", None, 1, bad), Corruption::State, None),
        (
            record("weigh", None, 1, "not json"),
            Corruption::State,
            None,
        ),
        (record("weigh", None, 0, good), Corruption::State, None),
    ] {
        let recovered = SessionStatus::Recovered { why };
        let manager = Manager::new(holding(record).await);
        let found = manager.load(&user(1)).await.unwrap();
        assert_eq!(*found.status(), recovered);
        assert_eq!(found.state().stage(), Stage::Menu);
        assert_eq!(found.state().option(), None);
        assert_eq!(found.state().menu_shown(), None);
        assert_eq!(found.first_name(), name, "{why}");

        let handled = deliver(&manager, &user(1), "a").await;
        assert_eq!(*handled.user().status(), recovered);
        let after = manager.load(&user(1)).await.unwrap();
        assert_eq!(*after.status(), SessionStatus::Active);
        assert_eq!(after.first_name(), name);
        assert_eq!(after.jwt_token(), None, "a recovery drops the token");
        assert_eq!(after.version().unwrap().revision, 2, "the version goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_turn_on_a_corrupt_session_writes_nothing() {
    let manager = Manager::new(holding(record("gone", None, 1, "{}")).await);
    let refused = manager
        .handle(&user(1), &message("a"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Send, None)?))
        })
        .await;
    assert!(matches!(refused, Err(Error::InvalidTransition(_))));
    let found = manager.load(&user(1)).await.unwrap();
    let why = Corruption::Stage;
    assert_eq!(*found.status(), SessionStatus::Recovered { why });
    assert!(found.jwt_token().is_some());
}

#[tokio::test(start_paused = true)]
async fn session_of_a_later_release_is_not_touched() {
    let store = holding(record("weigh", None, 2, r#"{"name":"Tariro"}"#)).await;
    let manager = Manager::new(store.clone());
    let before = store.bytes();
    let id = message("a");
    for result in [
        manager.load(&user(1)).await.map(drop),
        manager.handle(&user(1), &id, apply("a")).await.map(drop),
        manager.reset_state(&user(1)).await.map(drop),
        manager.begin(&user(1), &id).await.map(drop),
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
    const NAME: &'static str = "desk";

    type Stage = Stage;
    type Choice = Choice;
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
async fn migrated_data_is_left_alone_by_an_older_worker() {
    let store = holding(record("weigh", None, 1, r#"{"name":"Tariro"}"#)).await;
    let new = StateManager::<NewDesk>::new(store.clone());
    let old = StateManager::<Desk>::new(store);
    let found = new.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::Active);
    assert_eq!(found.first_name(), Some("Tariro"));
    assert_eq!(found.state().stage(), Stage::Weigh);
    let unchanged = old.load(&user(1)).await.unwrap();
    assert_eq!(
        unchanged.first_name(),
        Some("Tariro"),
        "a load changes nothing"
    );

    let nothing = |_: &mut _| Ok(Step::Commit(()));
    let _ = new.handle(&user(1), &message("a"), nothing).await.unwrap();
    let older = old.handle(&user(1), &message("b"), apply("b")).await;
    assert!(
        matches!(older, Err(Error::NewerFormat { found: 2, known: 1 })),
        "{older:?}"
    );
    let found = new.load(&user(1)).await.unwrap();
    assert_eq!(found.first_name(), Some("Tariro"));
}

#[tokio::test(start_paused = true)]
async fn format_without_a_migration_is_recovered() {
    let store = holding(record("weigh", None, 0, r#"{"name":"Tariro"}"#)).await;
    let manager = StateManager::<NewDesk>::new(store);
    let found = manager.load(&user(1)).await.unwrap();
    let why = Corruption::State;
    assert_eq!(*found.status(), SessionStatus::Recovered { why });
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_survive_a_turn() {
    let data = r#"{"name":"T","amount":0.1,"big":12345678901234567,"later":{"a":[1]}}"#;
    let manager = Manager::new(holding(record("weigh", None, 1, data)).await);
    let handled = deliver(&manager, &user(1), "a").await;
    let expected = json!({
        "name": "T",
        "applied": ["a"],
        "amount": 0.1,
        "big": 12_345_678_901_234_567_u64,
        "later": {"a": [1]},
    });
    let data = serde_json::to_value(handled.user().data()).unwrap();
    assert_eq!(data, expected);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(serde_json::to_value(found.data()).unwrap(), expected);
}

#[test]
fn older_format_without_a_migration_is_not_migrated() {
    assert_eq!(Desk::migrate(0, json!({})), None);
}
