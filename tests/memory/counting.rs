//! What the store counts: users and bytes, up to its bounds and back to nothing.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Manager, applied, apply, begin, deliver, message, user};
use harness::records;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use vimbiso_state::session::Record;
use vimbiso_state::{CommitId, JwtToken, MemoryStore, StateStore};

use crate::is_full;

/// More than a user takes beside the data of a first commit.
const ENTRY: usize = 700;
/// More than a user's second commit takes that no later one does, which is not counted ahead.
const SECOND_COMMIT: usize = 200;

/// How many write at once, and so many bytes of data each time.
const WRITERS: usize = 8;
const DATA: usize = 500;

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded_and_counted_back_to_nothing() {
    let store = MemoryStore::builder().max_bytes(100_000).build().unwrap();
    let manager = Manager::new(store.clone());
    let long = "x".repeat(10_000);
    let mut stored = 0;
    loop {
        let handled = manager
            .handle(&user(stored), &message("a"), apply(&long))
            .await;
        if is_full(handled) {
            break;
        }
        stored += 1;
    }
    assert!((5..10).contains(&stored), "{stored} users");
    assert!(store.bytes() <= 100_000, "{} bytes", store.bytes());
    assert_eq!(store.len(), stored);
    for n in 0..=stored {
        manager.delete(&user(n)).await.unwrap();
    }
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_entry_is_counted_back_to_nothing() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in 0..100 {
        let _ = deliver(&manager, &user(n), "a").await;
        let _ = deliver(&manager, &user(n), "b").await;
        let token = JwtToken::new("x".repeat(100 + n)).unwrap();
        manager.set_jwt_token(&user(n), &token).await.unwrap();
        let fence = CommitId::of(&user(n), &message("c"));
        let _ = manager.resolve(&user(n), &fence).await.unwrap();
        if n % 3 == 0 {
            manager.clear_jwt_token(&user(n)).await.unwrap();
        }
        if n % 2 == 0 {
            manager.delete(&user(n)).await.unwrap();
        }
    }
    assert_eq!(store.len(), 50);
    assert!(store.bytes() > 50 * 400, "{} bytes", store.bytes());
    // Half of them are deleted, the others expire, piece by piece.
    sleep(Duration::from_secs(24 * 3600 + 10)).await;
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_writer_keeps_within_the_bound() {
    let mut taken = 0;
    for limit in (0..2000).step_by(20) {
        let store = MemoryStore::builder().max_bytes(limit).build().unwrap();
        let record = Record {
            menu: Some("x".repeat(Record::MAX_MENU).into()),
            pending_call: None,
            ..records::record("weigh", None, 1, "{}")
        };
        let put = records::try_put(&store, &user(1), record).await;
        taken += usize::from(put.is_ok());
        assert!(store.bytes() <= limit, "{} of {limit}", store.bytes());
    }
    assert!((20..100).contains(&taken), "{taken} of 100");
}

#[tokio::test(start_paused = true)]
async fn user_of_many_messages_finds_room_for_all_of_them() {
    for limit in (4000..20_000).step_by(500) {
        let store = MemoryStore::builder().max_bytes(limit).build().unwrap();
        let mut taken = 0;
        loop {
            let record = records::record("weigh", None, 1, "{}");
            if records::try_put(&store, &user(1), record).await.is_err() {
                break;
            }
            taken += 1;
            let bytes = store.bytes();
            assert!(bytes <= limit + SECOND_COMMIT, "{bytes} of {limit}");
        }
        assert!(taken > (limit - 1000) / 200, "{taken} in {limit} bytes");
    }
}

/// Fills a store that has room for about 20 users, from several threads at once.
async fn fill(store: &MemoryStore) {
    let start = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        let start = Arc::clone(&start);
        writers.spawn(async move {
            start.wait().await;
            for n in 0..20 {
                let record = records::record("weigh", None, 1, &"x".repeat(DATA));
                let put = records::try_put(&store, &user(writer * 100 + n), record).await;
                let _full = is_full(put.map_err(Into::into));
            }
        });
    }
    writers.join_all().await;
}

async fn assert_counted_back_to_nothing(store: &MemoryStore) {
    let deadline = Instant::now() + Duration::from_secs(1);
    for n in 0..WRITERS * 100 {
        store.delete(&user(n), deadline).await.unwrap();
    }
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn each_writer_exceeds_max_users_by_one_at_most() {
    for _ in 0..25 {
        let store = MemoryStore::builder().max_users(20).build().unwrap();
        fill(&store).await;
        let users = store.len();
        assert!((20..20 + WRITERS).contains(&users), "{users} users");
        assert_counted_back_to_nothing(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn each_writer_exceeds_max_bytes_by_an_entry_at_most() {
    let limit = 20 * (DATA + ENTRY);
    for _ in 0..25 {
        let store = MemoryStore::builder().max_bytes(limit).build().unwrap();
        fill(&store).await;
        let bytes = store.bytes();
        assert!(bytes > limit - (DATA + ENTRY), "{bytes} of {limit} bytes");
        assert!(bytes <= limit + WRITERS * (DATA + ENTRY), "{bytes} bytes");
        assert_counted_back_to_nothing(&store).await;
    }
}

#[tokio::test(start_paused = true)]
async fn read_of_an_unknown_user_takes_no_room() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in 0..100 {
        assert_eq!(manager.load(&user(n)).await.unwrap().status().name(), "new");
        assert!(applied(&manager, &user(n)).await.is_empty());
        drop(begin(&manager, &user(n), "a").await);
        manager.clear_jwt_token(&user(n)).await.unwrap();
    }
    manager.delete(&user(1)).await.unwrap();
    assert!(store.is_empty());
    assert_eq!(store.bytes(), 0);
}
