//! Data that must not be stored is refused before a store sees it.

use harness::desk::{Desk, Manager, State, message, user};
use serde_json::{Value, json};
use vimbiso_state::session::{InvalidState, check_state};
use vimbiso_state::{Error, MemoryStore, Step};

/// Stores these fields. Returns how long the data is, as JSON.
async fn store(extra: Value) -> Result<usize, Error> {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let Value::Object(extra) = extra else {
        panic!("{extra} is no object")
    };
    let stored = manager
        .handle(&user(1), &message("a"), |turn| {
            turn.data_mut().extra = extra.clone();
            Ok(Step::Commit(()))
        })
        .await;
    let stored = stored.map(drop);
    assert_eq!(store.is_empty(), stored.is_err(), "refused is not stored");
    let checked = check_state::<Desk>(&State {
        extra: extra.clone(),
        ..Default::default()
    });
    assert_eq!(checked.is_ok(), stored.is_ok(), "it can be known before");
    stored?;
    Ok(checked?)
}

async fn refusal(extra: Value) -> InvalidState {
    match store(extra).await {
        Err(Error::State(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn data_of_more_than_64_kib_is_refused() {
    // `{"blob":""}` is 11 bytes.
    let largest = store(json!({"blob": "x".repeat(64 * 1024 - 11)})).await;
    assert_eq!(largest.unwrap(), 64 * 1024);
    let too_large = refusal(json!({"blob": "x".repeat(64 * 1024 - 10)})).await;
    assert!(
        matches!(too_large, InvalidState::TooLarge { bytes: 65_537 }),
        "{too_large:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn data_deeper_than_32_levels_is_refused() {
    let mut deep = json!(1);
    for _ in 0..32 {
        deep = json!([deep]);
    }
    match refusal(json!({ "deep": deep })).await {
        InvalidState::TooDeep { path } => assert!(path.starts_with("*.0.0"), "{path}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn name_of_a_secret_is_refused_without_its_value() {
    match refusal(json!({"accessToken": "x"})).await {
        InvalidState::SecretName { path } => assert_eq!(path, "accesstoken"),
        other => panic!("{other:?}"),
    }
    let text = refusal(json!({"profile": {"password": "hunter2"}})).await;
    let text = text.to_string();
    assert!(text.contains("field *.password has"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");

    // Hyphens and underscores do not count, and anything else does.
    let fine = json!({"jwt.token": 1, "p-n": 2, "list": [1.5, "text", null]});
    assert!(store(fine).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn token_in_the_data_is_refused_and_not_quoted() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjd9.c2ln";
    for (data, place) in [
        (
            json!({"notes": [{"text": format!("Bearer {jwt}")}]}),
            "*.0.*",
        ),
        (json!({"link": format!("https://x/?token={jwt}")}), "*"),
        (json!({"seen": {jwt: true}}), "*.*"),
    ] {
        let refused = refusal(data).await;
        assert!(matches!(refused, InvalidState::Token { .. }), "{refused:?}");
        let text = format!("{refused} {refused:?}");
        assert!(text.contains(&format!("field {place} holds")), "{text}");
        assert!(!text.contains("eyJ"), "{text}");
    }
}
