//! The memory store under every schedule that the checker draws.

use std::sync::Arc;
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::thread::{JoinHandle, spawn};
use tokio::time::Instant;

use super::{MemoryStore, MemoryStoreBuilder};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{Record, Version};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, Session, StateStore, StoreError,
};
use crate::sync::atomic::Ordering;
use crate::sync::check;

const TTL: Duration = Duration::from_secs(300);

fn user(n: usize) -> UserId {
    UserId::new(format!("user-{n}")).unwrap()
}

fn load(store: &MemoryStore, user: &UserId) -> Loaded {
    block_on(store.load(user, None, Instant::now())).unwrap()
}

fn commit(
    store: &MemoryStore,
    user: &UserId,
    id: &CommitId,
    found: &Loaded,
) -> Result<CommitOutcome, StoreError> {
    let record = Arc::new(Record {
        version: Version::after(found.session.version()),
        commit_id: *id,
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        state: "{}".into(),
    });
    let (precondition, deadline) = (&found.precondition, Instant::now());
    let commit = CommitRequest {
        id,
        basis,
        record: &record,
        reply: None,
        drop_token: false,
        ttl: TTL,
        max_lifetime: TTL,
        deadline,
    };
    block_on(store.commit(user, commit))
}

fn join<T>(threads: Vec<JoinHandle<T>>) -> Vec<T> {
    threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect()
}

fn on_threads<T: Send + 'static>(
    number: usize,
    store: &MemoryStore,
    work: fn(usize, &MemoryStore) -> T,
) -> Vec<T> {
    let start = |n| {
        let store = store.clone();
        spawn(move || work(n, &store))
    };
    join((0..number).map(start).collect())
}

fn bounded(set: impl FnOnce(MemoryStoreBuilder) -> MemoryStoreBuilder) -> MemoryStore {
    set(MemoryStore::builder()).build().unwrap()
}

#[test]
fn of_many_deliveries_at_once_one_applies_and_one_resolve_agrees() {
    check(|| {
        let (store, id) = (MemoryStore::new(), CommitId::random());
        let start = |_| {
            let store = store.clone();
            spawn(move || {
                loop {
                    let found = load(&store, &user(0));
                    match commit(&store, &user(0), &id, &found).unwrap() {
                        CommitOutcome::Conflict(_) => {}
                        other => return matches!(other, CommitOutcome::Applied(_)),
                    }
                }
            })
        };
        let deliveries = (0..3).map(start).collect();
        let resolved = block_on(store.resolve(&user(0), &id, Instant::now())).unwrap();
        let applied = join(deliveries)
            .into_iter()
            .filter(|applied| *applied)
            .count();
        let live = matches!(load(&store, &user(0)).session, Session::Live(_));
        assert_eq!(
            (applied, live),
            if resolved == CommitStatus::Fenced {
                (0, false)
            } else {
                (1, true)
            }
        );
    });
}

#[test]
fn what_is_counted_is_what_there_is() {
    check(|| {
        let store = MemoryStore::new();
        on_threads(3, &store, |n, store| {
            let user = user(n % 2);
            let _ = commit(store, &user, &CommitId::random(), &load(store, &user)).unwrap();
            block_on(store.delete(&user, Instant::now())).unwrap();
        });
        for n in 0..2 {
            block_on(store.delete(&user(n), Instant::now())).unwrap();
        }
        assert_eq!((store.len(), store.bytes()), (0, 0));
    });
}

#[test]
fn no_more_users_are_taken_than_there_is_room_for() {
    check(|| {
        let store = bounded(|store| store.max_users(2));
        let taken = on_threads(4, &store, |n, store| {
            let taken = commit(store, &user(n), &CommitId::random(), &load(store, &user(n)));
            assert!(store.len() <= 2, "{} users are counted", store.len());
            taken.is_ok()
        });
        assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 2);
    });
}

#[test]
fn no_more_bytes_are_taken_than_there_is_room_for() {
    check(|| {
        let store = bounded(|store| store.max_bytes(1300));
        on_threads(3, &store, |n, store| {
            for _ in 0..3 {
                let _ = commit(store, &user(n), &CommitId::random(), &load(store, &user(n)));
                assert!(store.bytes() <= 1300, "{} bytes are counted", store.bytes());
            }
        });
        let taken = store.bytes();
        assert!(taken > 900, "{taken} bytes are taken");
        for n in 0..3 {
            block_on(store.delete(&user(n), Instant::now())).unwrap();
        }
        assert_eq!((store.len(), store.bytes()), (0, 0));
    });
}

#[test]
fn a_store_that_is_not_empty_has_a_sweeper() {
    check(|| {
        let store = MemoryStore::new();
        on_threads(2, &store, |n, store| {
            let _ = commit(store, &user(n), &CommitId::random(), &load(store, &user(n))).unwrap();
            if n == 0 {
                block_on(store.delete(&user(n), Instant::now())).unwrap();
            }
        });
        let sweeping = |_| {
            shuttle::thread::yield_now();
            store.inner.sweeping.load(Ordering::SeqCst)
        };
        // One who is about to end gets the time for it, and then the time to think better of it.
        let _ = (0..40).map(sweeping).count();
        assert!((0..40).any(sweeping), "nobody will free what expires");
    });
}
