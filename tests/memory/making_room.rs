//! A full store drops what has expired before it refuses, and does not spend its time on that.

use std::time::Duration;

use harness::desk::{Manager, apply, message, user};
use harness::records;
use tokio::time::sleep;
use vimbiso_state::MemoryStore;

use crate::is_full;

/// The sweeper runs every 5 s from the first write. So what is written 1 s later and expires after
/// minutes is first found by a write that needs room.
async fn start_the_sweeper(store: &MemoryStore) {
    records::put(store, &user(0), records::record("weigh", None, 1, "{}")).await;
    sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn full_store_frees_expired_data_before_refusing() {
    let store = MemoryStore::builder().max_bytes(60_000).build().unwrap();
    start_the_sweeper(&store).await;
    let manager = Manager::new(store.clone());
    let long = "x".repeat(10_000);
    for n in 0..5 {
        let handled = manager.handle(&user(n), &message("a"), apply(&long)).await;
        assert!(handled.is_ok());
    }
    let refused = manager.handle(&user(5), &message("a"), apply(&long)).await;
    assert!(is_full(refused));
    // At 1 + 301 s the sessions have expired; the sweeper ran at 300 s and runs at 305 s.
    sleep(Duration::from_secs(301)).await;
    let handled = manager.handle(&user(5), &message("b"), apply(&long)).await;
    assert!(handled.is_ok());
    assert!(store.bytes() < 20_000, "{} bytes", store.bytes());
    assert_eq!(store.len(), 6, "tombstones stay");
}

#[tokio::test(start_paused = true)]
async fn full_store_frees_users_past_the_retention() {
    let store = MemoryStore::builder()
        .max_users(5000)
        .retention(Duration::from_secs(600))
        .build()
        .unwrap();
    start_the_sweeper(&store).await;
    let put = async |n| {
        let record = records::record("weigh", None, 1, "{}");
        let put = records::try_put(&store, &user(n), record).await;
        !is_full(put.map_err(Into::into))
    };
    for n in 0..5000 {
        assert!(put(n).await);
    }
    assert!(!put(5000).await);
    sleep(Duration::from_secs(601)).await;
    assert!(put(5000).await);
    assert_eq!(store.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn long_write_finds_the_room_of_many_short_sessions() {
    let store = MemoryStore::builder().max_bytes(1_000_000).build().unwrap();
    start_the_sweeper(&store).await;
    let put = async |n, length| {
        let data = format!(r#"{{"note":"{}"}}"#, "x".repeat(length));
        let record = records::record("weigh", None, 1, &data);
        let put = records::try_put(&store, &user(n), record).await;
        !is_full(put.map_err(Into::into))
    };
    let mut users = 0;
    while put(users, 200).await {
        users += 1;
    }
    assert!(!put(users, 40_000).await);
    // A tombstone of each session stays, so that many must shrink to make room for one long one.
    sleep(Duration::from_secs(301)).await;
    assert!(put(users, 40_000).await, "{users} sessions");
}

#[tokio::test(start_paused = true)]
async fn full_store_looks_for_room_once_a_second() {
    let store = MemoryStore::builder()
        .max_users(3)
        .retention(Duration::from_secs(600))
        .build()
        .unwrap();
    let put = async |n| {
        let record = records::record("weigh", None, 1, "{}");
        let put = records::try_put(&store, &user(n), record).await;
        !is_full(put.map_err(Into::into))
    };
    let milliseconds = |n| sleep(Duration::from_millis(n));
    assert!(put(0).await);
    milliseconds(1000).await;
    assert!(put(1).await);
    milliseconds(500).await;
    assert!(put(2).await);
    milliseconds(298_500).await;
    assert!(put(0).await);
    milliseconds(301_200).await;
    // At 601.2 s: user 1 is past the retention since 601 s, and the first search frees it.
    assert!(put(3).await);
    milliseconds(400).await;
    // At 601.6 s: user 2 is past it too, but the last search was 0.4 s ago.
    assert!(!put(4).await);
    assert_eq!(store.len(), 3);
    milliseconds(700).await;
    // At 602.3 s.
    assert!(put(4).await);
}
