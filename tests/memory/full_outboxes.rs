//! A full store records and tells the outcome of a call, and what a login leaves is freed in time.

use harness::desk::user;
use tokio::time::sleep;
use vimbiso_state::store::{OutboxChanges, OutboxStore, Removal};
use vimbiso_state::{MemoryStore, StoreError};

use crate::outboxes::{HOUR, MINUTE, adds, announces, commit, key, soon, store};

#[tokio::test(start_paused = true)]
async fn conclusion_is_never_refused_by_a_full_store() {
    let store = MemoryStore::builder().max_bytes(20_000).build().unwrap();
    commit(&store, &user(1), announces()).await.unwrap();
    let mut n = 2;
    while commit(&store, &user(n), adds(&[b'1'; 2000])).await.is_ok() {
        n += 1;
    }
    let refused = commit(&store, &user(1), adds(&[b'1'; 2000])).await;
    assert!(matches!(refused, Err(StoreError::OverCapacity { .. })));
    let next = OutboxChanges {
        concludes: Some(key()),
        ..adds(&[b'1'; 2000])
    };
    let announcing = OutboxChanges {
        call: announces().call,
        ..next
    };
    let refused = commit(&store, &user(1), announcing).await;
    assert!(matches!(refused, Err(StoreError::OverCapacity { .. })));
    commit(&store, &user(1), next).await.unwrap();
    let outbox = store.read(&user(1), soon()).await.unwrap();
    assert!(outbox.call.is_none() && outbox.replies.len() == 1);
}

#[tokio::test(start_paused = true)]
async fn end_of_a_login_frees_what_it_removes() {
    let store = store();
    let empty = store.bytes();
    commit(&store, &user(1), adds(b"1")).await.unwrap();
    let login = Removal::Login;
    assert!(store.remove(&user(1), login, soon()).await.unwrap());
    assert!(store.is_empty());
    commit(&store, &user(1), announces()).await.unwrap();
    commit(&store, &user(1), adds(b"1")).await.unwrap();
    assert!(store.remove(&user(1), login, soon()).await.unwrap());
    assert_eq!(store.len(), 1);
    // What is left is kept for the retention, and no longer.
    sleep(HOUR - MINUTE).await;
    let outbox = store.read(&user(1), soon()).await.unwrap();
    assert!(outbox.call.is_some());
    sleep(MINUTE * 2).await;
    assert!(store.is_empty());
    assert_eq!(store.bytes(), empty);
}
