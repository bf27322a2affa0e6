//! What to answer the channel after each error.

use std::collections::HashMap;
use std::time::Duration;

use harness::desk::{Choice, Desk, Manager, apply, begin, deliver, message, user};
use vimbiso_state::flow::InvalidMenu;
use vimbiso_state::id::InvalidSentAt;
use vimbiso_state::session::InvalidState;
use vimbiso_state::store::StoreError;
use vimbiso_state::{
    Answer, CachedUser, CommitId, Error, JwtToken, MemoryStore, MessageId, Redelivery, Turn, UserId,
};

/// The variant's name, as `Debug` begins.
fn name(error: &Error) -> String {
    let shown = format!("{error:?}");
    let word = |text: &str| text.split([' ', '(', '{']).next().unwrap().to_owned();
    match shown.strip_prefix("Store(") {
        Some(inner) => word(inner),
        None => word(&shown),
    }
}

fn turn() -> Turn<Desk> {
    Turn::of(CachedUser::visitor(user(1)))
}

/// Every error that can be retried without a person.
fn retried() -> Vec<Error> {
    vec![
        Error::Contended {
            attempts: 3,
            waited: Duration::from_secs(2),
        },
        Error::OutboxFull,
        Error::Conflict,
        Error::NewerFormat { found: 2, known: 1 },
        Error::host("502"),
        StoreError::unavailable("no connection").into(),
        StoreError::unknown(CommitId::random()).into(),
    ]
}

/// Every error after which a person must act.
fn alerted() -> Vec<Error> {
    vec![
        StoreError::over_capacity("full").into(),
        StoreError::denied("no rights").into(),
        StoreError::misconfigured("no such database").into(),
        StoreError::corrupt("a list").into(),
        StoreError::too_large("64 MiB").into(),
        Error::Setting {
            what: "ttl",
            allowed: "1 s",
        },
        InvalidSentAt::Past.into(),
    ]
}

/// Every error that another delivery would meet again.
fn answered() -> Vec<Error> {
    vec![
        turn().select(Choice::Send).unwrap_err().into(),
        turn().pick("1").unwrap_err().into(),
        Answer::Older(()).open().unwrap_err().into(),
        InvalidMenu::Empty.into(),
        InvalidState::TooLarge { bytes: 70_000 }.into(),
        Error::Call(InvalidState::NotAnObject),
        Error::CallTooLarge { bytes: 20_000 },
        UserId::new("").unwrap_err().into(),
        MessageId::new("").unwrap_err().into(),
        JwtToken::new("").unwrap_err().into(),
        turn().remember_reply(&"x".repeat(20_000)).unwrap_err(),
        turn().remember_reply(&f64::NAN).unwrap_err(),
        turn()
            .remember_reply(&HashMap::from([((1_u8, 2_u8), 3_u8)]))
            .unwrap_err(),
        Error::Reply,
        Error::Stale {
            age: Duration::from_secs(90_000),
            retention: Duration::from_secs(86_400),
        },
        Error::Fenced {
            commit_id: CommitId::random(),
        },
    ]
}

#[test]
fn every_error_says_what_to_answer_the_channel() {
    let mut names = Vec::new();
    for (errors, expected) in [
        (retried(), Redelivery::Retry),
        (alerted(), Redelivery::Alert),
        (answered(), Redelivery::Answered),
    ] {
        for error in errors {
            assert_eq!(error.redeliver(), expected, "{error:?}");
            if let Error::Store(store) = &error {
                assert_eq!(store.redeliver(), expected, "{error:?}");
            }
            names.push(name(&error));
        }
    }
    // Each variant is above once. They are read from the sources, so a new one is missed here.
    names.sort();
    assert_eq!(names, variants());
}

/// The variants of both enums, but for the one that holds the other.
fn variants() -> Vec<String> {
    let mut found = Vec::new();
    for (file, name) in [
        ("src/error/mod.rs", "pub enum Error {"),
        ("src/error/store.rs", "pub enum StoreError {"),
    ] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let (_, body) = text.split_once(name).unwrap();
        let (body, _) = body.split_once("\n}").unwrap();
        for line in body.lines() {
            let line = line.strip_prefix("    ").unwrap_or_default();
            if line.starts_with(char::is_uppercase) {
                found.push(line.split(['(', ' ', ',']).next().unwrap().to_owned());
            }
        }
    }
    found.retain(|name| name != "Store");
    found.sort();
    found
}

#[tokio::test(start_paused = true)]
async fn retried_message_succeeds_after_the_conflict() {
    let manager = Manager::new(MemoryStore::new());
    let late = begin(&manager, &user(1), "a").await;
    let _ = deliver(&manager, &user(1), "b").await;
    let conflict = late.commit().await.unwrap_err();
    assert_eq!(conflict.redeliver(), Redelivery::Retry);
    let again = manager.handle(&user(1), &message("a"), apply("a")).await;
    assert!(!again.unwrap().is_duplicate());
}
