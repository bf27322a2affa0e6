//! A full store refuses what is new. It keeps what it has, and takes what adds nothing.

use std::time::Duration;

use harness::desk::{Manager, applied, apply, deliver, message, user};
use harness::records;
use tokio::time::Instant;
use vimbiso_state::store::{CommitStatus, Lease, LeaseHolder, TokenStore};
use vimbiso_state::{CommitId, JwtToken, MemoryStore, Step};

use crate::is_full;

#[tokio::test(start_paused = true)]
async fn refused_user_finds_room_when_another_is_gone() {
    let store = MemoryStore::builder().max_users(3).build().unwrap();
    let manager = Manager::new(store.clone());
    for n in 0..3 {
        let _ = deliver(&manager, &user(n), "a").await;
    }
    let refused = manager.handle(&user(3), &message("a"), apply("a")).await;
    assert!(is_full(refused));
    let known = manager.handle(&user(0), &message("b"), apply("b")).await;
    assert!(known.is_ok(), "a known user is no new one");
    assert_eq!(applied(&manager, &user(2)).await, ["a"]);

    manager.delete(&user(1)).await.unwrap();
    let _ = deliver(&manager, &user(3), "a").await;
    assert_eq!(store.len(), 3);
    assert!(!store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn refused_write_changes_nothing() {
    let store = MemoryStore::builder().max_bytes(20_000).build().unwrap();
    let manager = Manager::new(store.clone());
    let _ = deliver(&manager, &user(0), "a").await;
    let bytes = store.bytes();
    let long = "x".repeat(30_000);
    for n in [0, 1] {
        let refused = manager.handle(&user(n), &message("b"), apply(&long)).await;
        assert!(is_full(refused), "user {n}");
        let token = JwtToken::new("x".repeat(16_000)).unwrap();
        manager.set_jwt_token(&user(n), &token).await.unwrap();
        manager.clear_jwt_token(&user(n)).await.unwrap();
    }
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(store.len(), 1);
    assert!(store.bytes() < bytes + 300, "{} of {bytes}", store.bytes());
    assert_eq!(applied(&manager, &user(0)).await, ["a"]);
    assert!(!deliver(&manager, &user(0), "b").await.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn what_fits_is_taken_and_what_does_not_is_refused() {
    let store = || MemoryStore::builder().max_bytes(12_000).build().unwrap();
    for (data, reply, fits) in [
        (10_000, 0, true),
        (12_000, 0, false),
        (5000, 5000, true),
        (5000, 7000, false),
        (100, 10_000, true),
        (100, 12_000, false),
    ] {
        let stored = Manager::new(store())
            .handle(&user(1), &message("a"), |turn| {
                turn.data_mut().name = Some("x".repeat(data));
                turn.remember_reply(&"x".repeat(reply))?;
                Ok(Step::Commit(()))
            })
            .await;
        assert_eq!(is_full(stored), !fits, "{data} and {reply} bytes");
    }
    for (length, fits) in [(10_000, true), (12_000, false)] {
        let token = JwtToken::new("x".repeat(length)).unwrap();
        let stored = Manager::new(store()).set_jwt_token(&user(1), &token).await;
        assert_eq!(is_full(stored), !fits, "a token of {length} bytes");
    }
}

/// A store that one user's session and token fill to the last byte.
async fn full() -> (MemoryStore, Manager, JwtToken) {
    let limit = 3000;
    let store = MemoryStore::builder()
        .max_bytes(limit)
        .max_users(1)
        .build()
        .unwrap();
    let manager = Manager::new(store.clone());
    for id in ["a", "b"] {
        let _ = deliver(&manager, &user(1), id).await;
    }
    let mut length = 1;
    loop {
        let token = JwtToken::new("x".repeat(length)).unwrap();
        manager.set_jwt_token(&user(1), &token).await.unwrap();
        match limit - store.bytes() {
            0 => return (store, manager, token),
            room => length += room,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn full_store_refuses_each_kind_of_growth() {
    let (store, manager, token) = full().await;
    let before = store.bytes();
    let user_more = manager.handle(&user(2), &message("a"), apply("a")).await;
    assert!(is_full(user_more), "one more user");
    let long = "x".repeat(1000);
    let longer = manager.handle(&user(1), &message("c"), apply(&long)).await;
    assert!(is_full(longer), "longer data");
    let longer = JwtToken::new(format!("{}x", token.expose())).unwrap();
    let longer = manager.set_jwt_token(&user(1), &longer).await;
    assert!(is_full(longer), "a longer token");
    let fence = CommitId::of(&user(1), &message("d"));
    let fence = manager.resolve(&user(1), &fence).await;
    assert!(is_full(fence), "one more commit id");
    assert_eq!(store.bytes(), before);
}

#[tokio::test(start_paused = true)]
async fn full_store_takes_what_adds_nothing() {
    let (store, manager, token) = full().await;
    // One manager has the session in its cache, the other loads it.
    for manager in [manager.clone(), Manager::new(store.clone())] {
        assert!(deliver(&manager, &user(1), "b").await.is_duplicate());
    }
    let known = CommitId::of(&user(1), &message("b"));
    let status = manager.resolve(&user(1), &known).await.unwrap();
    assert!(matches!(status, CommitStatus::Applied { .. }));
    let deadline = Instant::now() + Duration::from_secs(1);
    let lease = store
        .acquire_refresh_lease(
            &user(1),
            &LeaseHolder::random(),
            deadline - Instant::now(),
            deadline,
        )
        .await
        .unwrap();
    assert_eq!(lease, Lease::Acquired);

    manager.set_jwt_token(&user(1), &token).await.unwrap();
    let shorter = JwtToken::new("x".repeat(50)).unwrap();
    manager.set_jwt_token(&user(1), &shorter).await.unwrap();
    manager.clear_jwt_token(&user(2)).await.unwrap();
    manager.clear_jwt_token(&user(1)).await.unwrap();
    assert!(manager.load(&user(1)).await.unwrap().jwt_token().is_none());
    assert_eq!(applied(&manager, &user(1)).await, ["a", "b"]);
    manager.delete(&user(1)).await.unwrap();
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn full_store_takes_shorter_data_for_longer() {
    let long = records::record("weigh", None, 1, &"x".repeat(2000));
    let short = records::record("weigh", None, 1, &"x".repeat(1000));
    let unbounded = MemoryStore::new();
    records::put(&unbounded, &user(1), long.clone()).await;
    let limit = unbounded.bytes();

    // Room for the commit id, which a first commit is given before it is known to be needed.
    let store = MemoryStore::builder()
        .max_bytes(limit + 200)
        .build()
        .unwrap();
    records::put(&store, &user(1), long.clone()).await;
    assert_eq!(store.bytes(), limit);
    let same = records::record("weigh", None, 1, &"y".repeat(2000));
    assert!(records::try_put(&store, &user(1), same).await.is_ok());
    let another = records::record("weigh", None, 1, &"z".repeat(2000));
    let refused = records::try_put(&store, &user(1), another).await;
    assert!(is_full(refused.map_err(Into::into)));
    records::put(&store, &user(1), short).await;
    assert!(store.bytes() < limit, "{} of {limit}", store.bytes());
}
