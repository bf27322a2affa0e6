//! The memory store is bounded: full, it refuses what is new and keeps what is there.

use std::time::Duration;

use harness::desk::{Manager, applied, apply, message, user};
use harness::records;
use vimbiso_state::Step;
use vimbiso_state::session::Record;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, JwtToken, MemoryStore, StateStore, StoreError};

fn is_full<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Store(StoreError::OverCapacity { .. })))
}

#[tokio::test(start_paused = true)]
async fn refused_user_finds_room_when_another_is_gone() {
    let store = MemoryStore::builder().max_users(3).build().unwrap();
    let manager = Manager::new(store.clone());
    for n in 0..3 {
        let _ = manager
            .handle(&user(n), &message("a"), apply("a"))
            .await
            .unwrap();
    }
    assert!(is_full(
        manager.handle(&user(3), &message("a"), apply("a")).await
    ));
    assert!(
        manager
            .handle(&user(0), &message("b"), apply("b"))
            .await
            .is_ok(),
        "who is in stays in"
    );
    assert_eq!(applied(&manager, &user(2)).await, ["a"]);
    manager.delete(&user(1)).await.unwrap();
    assert!(
        manager
            .handle(&user(3), &message("a"), apply("a"))
            .await
            .is_ok()
    );
    assert!(store.len() == 3 && !store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded_and_counted_back_to_nothing() {
    let store = MemoryStore::builder().max_bytes(100_000).build().unwrap();
    let manager = Manager::new(store.clone());
    let mut stored = 0;
    while manager
        .handle(&user(stored), &message("a"), apply(&"x".repeat(10_000)))
        .await
        .is_ok()
    {
        stored += 1;
    }
    assert!((5..10).contains(&stored), "{stored}");
    assert!(store.bytes() <= 100_000);
    assert!(is_full(
        manager
            .handle(&user(0), &message("b"), apply(&"x".repeat(30_000)))
            .await
    ));
    assert_eq!(
        applied(&manager, &user(0)).await.len(),
        1,
        "what was refused has changed nothing"
    );
    for n in 0..=stored {
        manager.delete(&user(n)).await.unwrap();
    }
    assert_eq!((store.len(), store.bytes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_fits_is_taken_and_what_does_not_is_refused() {
    let store = || MemoryStore::builder().max_bytes(12_000).build().unwrap();
    for (state, reply, fits) in [
        (10_000, 0, true),
        (12_000, 0, false),
        (5000, 5000, true),
        (5000, 7000, false),
        (100, 10_000, true),
        (100, 12_000, false),
    ] {
        let stored = Manager::new(store())
            .handle(&user(1), &message("a"), |turn| {
                turn.data_mut().name = Some("x".repeat(state));
                turn.remember_reply(&"x".repeat(reply))
            })
            .await;
        assert_eq!(
            is_full(stored),
            !fits,
            "a state of {state} bytes and a reply of {reply}"
        );
    }
    for (length, fits) in [(10_000, true), (12_000, false)] {
        let token = JwtToken::new("x".repeat(length)).unwrap();
        assert_eq!(
            is_full(Manager::new(store()).set_jwt_token(&user(1), &token).await),
            !fits,
            "a token of {length} bytes"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn it_never_counts_more_than_it_may_hold() {
    let mut taken = 0;
    for most in (0..2000).step_by(20) {
        let store = MemoryStore::builder().max_bytes(most).build().unwrap();
        let record = Record {
            menu: Some("x".repeat(Record::MAX_MENU).into()),
            ..records::record("weigh", None, 1, "{}")
        };
        taken += usize::from(records::try_put(&store, &user(1), record).await.is_ok());
        assert!(store.bytes() <= most, "{} of {most} bytes", store.bytes());
    }
    assert!((20..100).contains(&taken), "{taken} of 100");
}

#[tokio::test(start_paused = true)]
async fn user_of_many_messages_finds_room_for_all_of_them() {
    for most in (4000..20_000).step_by(500) {
        let store = MemoryStore::builder().max_bytes(most).build().unwrap();
        let mut taken = 0;
        while records::try_put(&store, &user(1), records::record("weigh", None, 1, "{}"))
            .await
            .is_ok()
        {
            taken += 1;
            assert!(
                store.bytes() <= most,
                "{} of {most} bytes after {taken}",
                store.bytes()
            );
        }
        // Besides the session, a row of ids, which doubles, and an index, which does so too.
        assert!(taken > (most - 1000) / 300, "{taken} of {most} bytes");
    }
}

/// A store that one user's session and token fill to the last byte.
async fn full() -> (MemoryStore, Manager, JwtToken) {
    let store = MemoryStore::builder()
        .max_bytes(2000)
        .max_users(1)
        .build()
        .unwrap();
    let manager = Manager::new(store.clone());
    for id in ["a", "b"] {
        let _ = manager
            .handle(&user(1), &message(id), apply("a"))
            .await
            .unwrap();
    }
    let mut length = 1;
    loop {
        let token = JwtToken::new("x".repeat(length)).unwrap();
        manager.set_jwt_token(&user(1), &token).await.unwrap();
        match 2000 - store.bytes() {
            0 => return (store, manager, token),
            room => length += room,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_store_takes_what_adds_nothing() {
    let (store, manager, token) = full().await;
    assert!(
        is_full(manager.handle(&user(2), &message("a"), apply("a")).await),
        "a user more"
    );
    assert!(
        is_full(
            manager
                .handle(&user(1), &message("c"), apply(&"x".repeat(1000)))
                .await
        ),
        "a longer state"
    );
    assert!(
        is_full(
            manager
                .set_jwt_token(
                    &user(1),
                    &JwtToken::new(format!("{}x", token.expose())).unwrap()
                )
                .await
        ),
        "a longer token"
    );

    for guessing in [manager.clone(), Manager::new(store.clone())] {
        assert!(
            guessing
                .handle(&user(1), &message("b"), apply("b"))
                .await
                .unwrap()
                .is_duplicate()
        );
    }
    let known = CommitId::of(&user(1), &message("b"));
    assert!(matches!(
        manager.resolve(&user(1), &known).await.unwrap(),
        CommitStatus::Applied { .. }
    ));
    manager.set_jwt_token(&user(1), &token).await.unwrap();
    manager
        .set_jwt_token(&user(1), &JwtToken::new("x".repeat(50)).unwrap())
        .await
        .unwrap();
    manager.clear_jwt_token(&user(2)).await.unwrap();
    manager.clear_jwt_token(&user(1)).await.unwrap();
    assert!(manager.load(&user(1)).await.unwrap().jwt_token().is_none());
    assert_eq!(applied(&manager, &user(1)).await, ["a", "a"]);
    manager.delete(&user(1)).await.unwrap();
    assert_eq!((store.len(), store.bytes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn full_store_takes_a_shorter_state_for_a_longer_one() {
    let long = records::record("weigh", None, 1, &"x".repeat(2000));
    let measure = MemoryStore::new();
    records::put(&measure, &user(1), long.clone()).await;
    let store = MemoryStore::builder()
        .max_bytes(measure.bytes())
        .build()
        .unwrap();
    records::put(&store, &user(1), long).await;
    assert_eq!(store.bytes(), measure.bytes());
    records::put(
        &store,
        &user(1),
        records::record("weigh", None, 1, &"x".repeat(1000)),
    )
    .await;
    assert!(store.bytes() < measure.bytes());
}

#[tokio::test(start_paused = true)]
async fn one_sweeper_runs_while_something_can_expire() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for round in 0..2 {
        for n in 0..10 {
            let _ = manager
                .handle(&user(n), &message(format!("{round}")), |_| {
                    Ok(Step::Commit(()))
                })
                .await
                .unwrap();
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(tasks(), 1);
        for n in 0..10 {
            manager.delete(&user(n)).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!((store.len(), tasks()), (0, 0));
    }
    let _ = manager
        .handle(&user(0), &message("dropped"), |_| Ok(Step::Commit(())))
        .await
        .unwrap();
    assert_eq!(tasks(), 1);
    drop((manager, store));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn full_store_frees_expired_entries_before_refusing() {
    let store = MemoryStore::builder().max_bytes(60_000).build().unwrap();
    let manager = Manager::new(store.clone());
    for n in 0..5 {
        let _ = manager
            .handle(&user(n), &message("a"), apply(&"x".repeat(10_000)))
            .await
            .unwrap();
    }
    assert!(is_full(
        manager
            .handle(&user(5), &message("a"), apply(&"x".repeat(10_000)))
            .await
    ));
    // The clock jumps, and no sweeper has had its chance yet.
    tokio::time::advance(Duration::from_secs(301)).await;
    assert!(
        manager
            .handle(&user(5), &message("b"), apply(&"x".repeat(10_000)))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn write_frees_as_much_as_it_needs_and_not_all() {
    let store = MemoryStore::builder()
        .max_users(5000)
        .retention(Duration::from_secs(600))
        .build()
        .unwrap();
    for n in 0..5000 {
        records::put(&store, &user(n), records::record("weigh", None, 1, "{}")).await;
    }
    tokio::time::advance(Duration::from_secs(601)).await;
    records::put(&store, &user(5000), records::record("weigh", None, 1, "{}")).await;
    assert!((1000..5000).contains(&store.len()), "{}", store.len());
}

#[tokio::test(start_paused = true)]
async fn write_that_needs_much_room_frees_until_it_fits() {
    let store = MemoryStore::builder().max_bytes(1_000_000).build().unwrap();
    let put = async |n, length| {
        let state = format!(r#"{{"note":"{}"}}"#, "x".repeat(length));
        records::try_put(&store, &user(n), records::record("weigh", None, 1, &state))
            .await
            .is_ok()
    };
    let mut users = 0;
    while put(users, 0).await {
        users += 1;
    }
    assert!(!put(users, 40_000).await);
    // Of each session a trace stays, so that many must go for one that is long.
    tokio::time::advance(Duration::from_secs(301)).await;
    assert!(put(users, 40_000).await, "of {users} sessions");
}

#[tokio::test(start_paused = true)]
async fn a_read_of_a_stranger_takes_no_room() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in 0..100 {
        assert_eq!(manager.load(&user(n)).await.unwrap().status().name(), "new");
    }
    manager.delete(&user(1)).await.unwrap();
    assert!(store.is_empty());
}

#[test]
fn retention_is_as_set_and_the_namespace_is_empty() {
    let hour = Duration::from_secs(3600);
    let store = MemoryStore::builder().retention(hour).build().unwrap();
    assert_eq!((store.retention(), store.namespace()), (hour, ""));
    assert_eq!(MemoryStore::new().retention(), 24 * hour);
}

#[test]
fn it_serves_one_runtime_after_another() {
    let store = MemoryStore::new();
    for id in ["a", "b"] {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let manager = Manager::new(store.clone());
        let _ = runtime
            .block_on(manager.handle(&user(1), &message(id), apply(id)))
            .unwrap();
        let _ = runtime.block_on(manager.delete(&user(2)));
        assert_eq!(
            runtime.metrics().num_alive_tasks(),
            1,
            "whoever frees what expires"
        );
    }
    assert_eq!(store.len(), 1);
}

#[test]
fn session_weighs_as_counted_and_300_bytes_at_most() {
    let (users, state) = (10_000, format!(r#"{{"note":"{}"}}"#, "x".repeat(644)));
    let store = MemoryStore::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let taken = allocation_counter::measure(|| {
        runtime.block_on(async {
            for n in 0..users {
                records::put(&store, &user(n), records::record("weigh", None, 1, &state)).await;
            }
        });
    });
    let (taken, counted) = (taken.bytes_current as usize / users, store.bytes() / users);
    assert!(
        taken <= state.len() + 300,
        "{} bytes beside the state",
        taken - state.len()
    );
    assert!(
        taken.abs_diff(counted) < taken / 10,
        "{taken} bytes are taken, {counted} counted"
    );
}
