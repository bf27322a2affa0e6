//! Workers that overwrote each other, and a store that lost what it had been given.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Manager, SHORT, applied, apply, deliver, message, shows, user};
use harness::hooks::Meddler;
use tokio::time::{Instant, advance};
use vimbiso_state::{JwtToken, MemoryStore, SessionStatus};

use super::manager;

#[tokio::test(start_paused = true)]
async fn n10_a_change_between_reading_and_writing_is_seen() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let commits = AtomicU32::new(0);
    let manager = Manager::new(Meddler::new(store, move |user| {
        let other = other.clone();
        let is_first = commits.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                let _ = deliver(&other, &user, "other").await;
            }
        }
    }));
    let _ = deliver(&manager, &user(1), "a").await;
    assert_eq!(applied(&manager, &user(1)).await, ["other", "a"]);
}

#[tokio::test(start_paused = true)]
async fn n11_crash_leaves_no_lock_behind() {
    let store = MemoryStore::new();
    let crashing = Manager::new(Meddler::new(store.clone(), |_| std::future::pending()));
    let task =
        tokio::spawn(async move { crashing.handle(&user(1), &message("a"), apply("a")).await });
    tokio::task::yield_now().await;
    task.abort();
    let other = Manager::new(store);
    let started = Instant::now();
    assert!(!deliver(&other, &user(1), "b").await.is_duplicate());
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn n15_every_reader_sees_the_newest_token() {
    let store = MemoryStore::new();
    let one = Manager::new(store.clone());
    let other = Manager::new(store);
    let old = JwtToken::new("old").unwrap();
    let new = JwtToken::new("new").unwrap();
    one.set_jwt_token(&user(1), &old).await.unwrap();
    let handled = deliver(&one, &user(1), "a").await;
    let copy = handled.user().jwt_token();
    assert_eq!(copy, None, "a turn carries no copy that could grow stale");

    other.set_jwt_token(&user(1), &new).await.unwrap();
    let found = one.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), Some(&new));
    advance(Duration::from_secs(301)).await;
    let found = one.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), None);
}

#[tokio::test(start_paused = true)]
async fn n23_a_full_store_refuses_rather_than_evict() {
    // What an eviction by Redis leaves behind is torn, and recovered: tests/redis/strange_bytes.rs.
    let manager = Manager::new(MemoryStore::builder().max_users(1).build().unwrap());
    let _ = deliver(&manager, &user(1), "a").await;
    let refused = manager.handle(&user(2), &message("a"), apply("a")).await;
    assert!(refused.is_err());
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn n24_a_worker_sees_what_another_has_written() {
    let store = MemoryStore::new();
    let workers = [Manager::new(store.clone()), Manager::new(store)];
    for n in 0..10 {
        let handled = deliver(&workers[n % 2], &user(1), &n.to_string()).await;
        assert_eq!(handled.user().data().applied.len(), n + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn n26_a_webhook_delivered_twice_takes_effect_once() {
    let manager = manager();
    for duplicate in [false, true, true] {
        let handled = deliver(&manager, &user(1), "a").await;
        assert_eq!(handled.is_duplicate(), duplicate);
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn n29_delete_leaves_nothing_behind() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let shown = manager
        .handle(&user(1), &message("a"), shows(&SHORT))
        .await
        .unwrap();
    assert_eq!(shown.user().state().menu_shown(), Some("short"));
    let token = JwtToken::new("opaque").unwrap();
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(found.status(), &SessionStatus::New);
    assert_eq!(found.jwt_token(), None);
}
