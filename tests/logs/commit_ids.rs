//! A commit id is a hash of a user and a message: from its text, the user is found by trying all
//! numbers. No log line, `Debug` or error shows it.

use std::fmt::Debug;
use std::time::Duration;

use harness::desk::{Manager, apply, begin, deliver, message};
use harness::log::Log;
use tokio::time::advance;
use vimbiso_state::store::StoreError;
use vimbiso_state::{CommitId, Error, MemoryStore, UserId};

use crate::{PHONE, paused_runtime};

fn phone() -> UserId {
    UserId::new(PHONE).unwrap()
}

/// What finds the user of a text: each number is tried until its hash is in the text, or enough of
/// the hash to leave one number of a million.
fn is_found_in(text: &str, message_id: &str) -> bool {
    let commit_id = CommitId::of(&phone(), &message(message_id)).to_string();
    let parts = commit_id.as_bytes().windows(8);
    let mut parts = parts.map(|part| std::str::from_utf8(part).unwrap());
    parts.any(|part| text.contains(part))
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

async fn handled_in_every_way() -> Vec<String> {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let other = Manager::new(store);
    let user = phone();
    let mut open = begin(&manager, &user, "m1").await;
    let mut texts = vec![shown(&open.ask()), shown(&open)];
    texts.push(shown(&deliver(&manager, &user, "m1").await));
    texts.push(shown(&deliver(&manager, &user, "m1").await));
    texts.push(shown(&deliver(&other, &user, "m1").await));

    let fenced = CommitId::of(&user, &message("m2"));
    texts.push(shown(&manager.resolve(&user, &fenced).await.unwrap()));
    let refused = manager.handle(&user, &message("m2"), apply("m2")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::Fenced { .. }), "{error:?}");
    texts.push(format!("{error} {}", shown(&error)));
    let unknown = StoreError::unknown(CommitId::of(&user, &message("m3")));
    tracing::warn!(error = %unknown, debug = ?unknown, "as a host logs it");
    texts.push(format!("{unknown} {}", shown(&unknown)));

    advance(Duration::from_secs(301)).await;
    texts.push(shown(&manager.load(&user).await.unwrap()));
    texts.push(shown(&begin(&manager, &user, "m3").await));
    texts
}

#[test]
fn user_is_not_found_by_trying_all_numbers() {
    // The search finds what it looks for, whole and in part.
    let whole = CommitId::of(&phone(), &message("m1")).to_string();
    for text in [
        format!("commit_id={whole} "),
        format!("({})", &whole[12..20]),
    ] {
        assert!(is_found_in(&text, "m1"), "{text}");
        assert!(!is_found_in(&text, "m2"), "{text}");
    }
    let log = Log::default();
    let mut texts = log.capture_spans(|| paused_runtime().block_on(handled_in_every_way()));
    texts.push(log.text());
    // Commit ids are logged, in another form.
    assert!(log.text().contains("commit_id=CommitId("), "{}", log.text());
    for text in texts {
        for message_id in ["m1", "m2", "m3"] {
            assert!(!is_found_in(&text, message_id), "{message_id}: {text}");
        }
    }
}

#[test]
fn lines_of_one_message_are_joined() {
    let log = Log::default();
    log.capture_spans(|| {
        paused_runtime().block_on(async {
            let store = MemoryStore::new();
            for _ in 0..2 {
                let manager = Manager::new(store.clone());
                let _ = deliver(&manager, &phone(), "m1").await;
                let _ = deliver(&manager, &phone(), "m2").await;
            }
        });
    });
    let text = log.text();
    let closed: Vec<_> = text
        .lines()
        .filter(|line| line.contains(": close "))
        .collect();
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=")).unwrap();
        rest.split([' ', '}']).next().unwrap().to_owned()
    };
    for name in ["commit_id", "version"] {
        let values: Vec<_> = closed.iter().map(|line| field(line, name)).collect();
        let [first, second, first_again, second_again] = values.as_slice() else {
            panic!("{text}")
        };
        assert_eq!(first, first_again, "{name}");
        assert_eq!(second, second_again, "{name}");
        assert_ne!(first, second, "{name}");
    }
}
