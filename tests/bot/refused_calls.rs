//! A call is stored until its outcome is known, so it is checked as session data is.

use harness::phone::Talk;
use serde_json::{Value, json};
use vimbiso_state::session::{InvalidState, ReadBackError};
use vimbiso_state::store::Outbox;
use vimbiso_state::{Error, Redelivery};

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

/// Handles a message that leads to a call with this note. If it fails, nothing is stored.
async fn handle(note: Value, rounds: u32) -> Result<(), Error> {
    let talk = Talk::new();
    let call = json!({ "cents": 5, "note": note, "rounds": rounds });
    let handled = talk.try_say("m1", &format!("call {call}")).await;
    if handled.is_err() {
        assert_eq!(talk.outbox().await, Outbox::default());
        let user = talk.bot.manager().load(&talk.user).await.unwrap();
        assert_eq!(user.version(), None);
    }
    handled.map(drop)
}

#[tokio::test(start_paused = true)]
async fn call_with_a_token_is_refused() {
    let error = handle(json!({ "memo": format!("Bearer {JWT}") }), 0).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, Error::Call(InvalidState::Token { path }) if path == "call.note.*"),
        "{error:?}"
    );
    assert_eq!(error.redeliver(), Redelivery::Answered);
    assert!(!error.to_string().contains("eyJ"));
}

#[tokio::test(start_paused = true)]
async fn call_with_the_name_of_a_secret_is_refused() {
    let error = handle(json!({ "password": "x" }), 0).await.unwrap_err();
    assert!(
        matches!(&error, Error::Call(InvalidState::SecretName { .. })),
        "{error:?}"
    );
    assert!(handle(json!({ "pin": "1" }), 0).await.is_ok(), "allowed");
}

#[tokio::test(start_paused = true)]
async fn call_that_does_not_read_back_is_refused() {
    let error = handle(json!("pay"), 1).await.unwrap_err();
    let changed = InvalidState::NotReadable(ReadBackError::Changed {
        path: "call.rounds".to_owned(),
    });
    assert!(
        matches!(&error, Error::Call(why) if why.to_string() == changed.to_string()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn call_that_is_too_long_is_refused() {
    let error = handle(json!("x".repeat(20_000)), 0).await.unwrap_err();
    assert!(
        matches!(error, Error::CallTooLarge { bytes } if bytes > 20_000),
        "{error:?}"
    );
    assert!(handle(json!("x".repeat(16_000)), 0).await.is_ok());
}
