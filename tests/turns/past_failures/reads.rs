//! Reads that wrote, took an error for an empty session, or showed what they must not.

use std::path::Path;
use std::time::Duration;

use harness::desk::{Desk, Manager, State, begin, deliver, message, user};
use serde_json::json;
use tokio::time::{Instant, advance};
use vimbiso_state::store::Session;
use vimbiso_state::{Error, JwtToken, MemoryStore, StateStore, Step, Turn};

use super::{manager, rename};

#[tokio::test(start_paused = true)]
async fn n12_absent_live_and_expired_are_told_apart() {
    let store = MemoryStore::new();
    let load = async || {
        let deadline = Instant::now() + Duration::from_secs(1);
        let loaded = store.load(&user(1), None, deadline).await;
        loaded.unwrap().session
    };
    assert!(matches!(load().await, Session::New));
    let _ = deliver(&Manager::new(store.clone()), &user(1), "a").await;
    assert!(matches!(load().await, Session::Live(_)));
    advance(Duration::from_secs(301)).await;
    assert!(matches!(load().await, Session::Expired(_)));
}

#[tokio::test(start_paused = true)]
async fn n18_a_read_changes_nothing() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let _ = manager.load(&user(1)).await.unwrap();
    let _ = manager.stored_reply(&user(1), &message("a")).await.unwrap();
    drop(begin(&manager, &user(1), "a").await);
    assert!(store.is_empty());
}

#[test]
fn n19_data_of_another_shape_is_not_half_read() {
    // Recovery, migration and formats: tests/turns/recovery.rs.
    let drifted = serde_json::from_value::<State>(json!({"applied": "not a list"}));
    assert!(drifted.is_err());
}

#[tokio::test(start_paused = true)]
async fn n21_silent_api_does_not_unregister_the_user() {
    let manager = manager();
    let _ = rename(&manager, "T").await;
    let unreachable = |_: &mut Turn<Desk>| -> Result<Step<()>, Error> { Err(Error::host("502")) };
    let failed = manager.handle(&user(1), &message("a"), unreachable).await;
    assert!(failed.is_err());
    let found = manager.load(&user(1)).await.unwrap();
    assert!(found.registration_complete());
}

#[test]
fn n25_neither_token_nor_data_is_shown() {
    // The whole suite of canaries: tests/logs/nothing_leaks.rs.
    let token = JwtToken::new("a.canary.token").unwrap();
    assert!(!format!("{token:?}").contains("canary"));
}

#[test]
fn n27_no_switch_turns_a_check_off() {
    // Features only add: none of them turns a check off, and no environment variable is read.
    let mut read = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Up to the unit tests, which may read it.
            let library = text.split("#[cfg(all(test").next().unwrap();
            let reads = library.contains("std::env") || library.contains("env::var");
            assert!(!reads, "{} reads the environment", path.display());
            read += 1;
        }
    }
    assert!(read > 20, "{read} files");
}
