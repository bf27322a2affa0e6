//! The memory store under the schedules that shuttle draws.

mod outbox;

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
    let record = record(id, found);
    block_on(store.commit(user, request(id, found, &record)))
}

fn record(id: &CommitId, found: &Loaded) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(found.session.version()),
        flow: "cafe".into(),
        entered_by: *id,
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: None,
        pending_call: None,
        data: "{}".into(),
    })
}

fn request<'a>(id: &'a CommitId, found: &'a Loaded, record: &'a Arc<Record>) -> CommitRequest<'a> {
    CommitRequest {
        id,
        precondition: &found.precondition,
        record,
        reply: None,
        drop_token: false,
        ttl: TTL,
        max_lifetime: TTL,
        deadline: Instant::now(),
    }
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
fn one_delivery_applies_and_resolve_agrees() {
    check(|| {
        let store = MemoryStore::new();
        let id = CommitId::random();
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
        let fenced = resolved == CommitStatus::Fenced;
        assert_eq!(applied, usize::from(!fenced));
        assert_eq!(live, !fenced);
    });
}

#[test]
fn counts_match_the_entries() {
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
        assert_eq!(store.len(), 0);
        assert_eq!(store.bytes(), 0);
    });
}

#[test]
fn limits_are_exceeded_by_one_entry_a_writer() {
    check(|| {
        let store = bounded(|store| store.max_users(2));
        let taken = on_threads(4, &store, |n, store| {
            commit(store, &user(n), &CommitId::random(), &load(store, &user(n))).is_ok()
        });
        let taken = taken.into_iter().filter(|taken| *taken).count();
        assert_eq!(store.len(), taken);
        // The two that fit, and one for each of the two shards that checked at the same time.
        assert!((2..=3).contains(&taken), "{taken} users");
    });
}

#[test]
fn store_with_users_has_a_sweeper() {
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
            store.users.next_sweep.load(Ordering::SeqCst) != 0
        };
        // A sweeper that is about to end gets the time for it, and then the time to go on.
        let _ = (0..40).map(sweeping).count();
        assert!((0..40).any(sweeping), "no sweeper runs");
    });
}
