//! The memory store under the schedules that shuttle draws.

use std::sync::Arc;
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::thread::{JoinHandle, spawn};
use tokio::time::Instant;

use super::{MemoryStore, MemoryStoreBuilder};
use crate::id::{CommitId, Direction, UserId};
use crate::session::{Record, Version};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Delivery, EntryId, Lane, LeaseHolder, LeaseRequest,
    Loaded, NewReply, OutboxChanges, OutboxStore, Session, SessionWrite, Settled, Settlement,
    StateStore, StoreError, Take, Taken, Work,
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

/// Commits a reply, without a lease and without a session.
fn add_reply(store: &MemoryStore, user: &UserId) -> CommitId {
    let id = CommitId::random();
    let found = load(store, user);
    let changes = OutboxChanges {
        session: SessionWrite::Nothing,
        reply: Some(NewReply {
            body: b"1",
            to: None,
            is_outcome: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    };
    let record = record(&id, &found);
    let commit = store.commit_with(user, request(&id, &found, &record), changes);
    let _ = block_on(commit).unwrap();
    id
}

/// Claims those who are due, and takes and settles their replies until none is left. Returns them.
fn work(store: &MemoryStore) -> Vec<CommitId> {
    let holder = LeaseHolder::random();
    let mut done = Vec::new();
    let due = block_on(store.due(8, Duration::ZERO, Instant::now())).unwrap();
    for user in due.into_iter().map(|due| due.user) {
        let take = Take {
            lane: Lane::Replies,
            lease: LeaseRequest {
                holder,
                length: TTL,
            },
            deadline: Instant::now(),
        };
        let mut next = match block_on(store.take(&user, take)).unwrap() {
            Taken::Work(Work::Reply(reply)) => Some(reply),
            _ => None,
        };
        while let Some(reply) = next {
            assert_eq!(reply.attempt, 1);
            done.push(reply.id);
            let settlement = Settlement {
                entry: EntryId::Reply(reply.id),
                holder,
                retry: None,
                length: TTL,
                deadline: Instant::now(),
            };
            next = match block_on(store.settle(&user, settlement)).unwrap() {
                Settled::Next(Work::Reply(reply)) => Some(reply),
                Settled::Released => None,
                other => panic!("{other:?}"),
            };
        }
    }
    done
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

#[test]
fn reply_is_taken_once_and_never_left() {
    check(|| {
        let store = MemoryStore::new();
        let first = add_reply(&store, &user(0));
        let takers = (0..2).map(|_| {
            let store = store.clone();
            spawn(move || work(&store))
        });
        let takers = takers.collect();
        let second = add_reply(&store, &user(0));
        let mut done = join(takers).concat();
        // What no taker saw any more is due.
        done.extend(work(&store));
        done.sort();
        let mut added = [first, second];
        added.sort();
        assert_eq!(done, added);
        assert!(work(&store).is_empty());
    });
}
