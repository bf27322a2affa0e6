//! The outbox under the schedules that shuttle draws: no reply is left without a holder or a
//! wake-up, and no entry has two holders.

use std::time::Duration;

use shuttle::future::block_on;
use shuttle::thread::spawn;
use tokio::time::Instant;

use super::{TTL, join, load, on_threads, record, request, user};
use crate::id::{CallKey, CommitId, UserId};
use crate::store::memory::MemoryStore;
use crate::store::{
    CommitOutcome, Delivery, EntryId, Lane, LaneState, LeaseHolder, LeaseRequest, NewCall,
    NewReply, OutboxChanges, OutboxCommit, OutboxRefusal, OutboxStore, Retry, SessionWrite,
    Settled, Settlement, StateStore, Take, Taken, Work,
};
use crate::sync::check;

fn lease(holder: LeaseHolder) -> LeaseRequest {
    LeaseRequest {
        holder,
        length: TTL,
    }
}

fn key() -> CallKey {
    "64778c1b58826c048e32c675174c5c3e".parse().unwrap()
}

/// Changes that add a reply, without a lease.
fn adds() -> OutboxChanges<'static> {
    OutboxChanges {
        reply: Some(NewReply {
            body: b"1",
            to: None,
            is_outcome: false,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    }
}

/// Commits these changes under an id of its own, and writes no session, so that the outbox alone
/// decides.
fn send(
    store: &MemoryStore,
    user: &UserId,
    changes: OutboxChanges<'_>,
) -> (CommitId, OutboxCommit) {
    let id = CommitId::random();
    let found = load(store, user);
    let record = record(&id, &found);
    let changes = OutboxChanges {
        session: SessionWrite::Nothing,
        ..changes
    };
    let commit = store.commit_with(user, request(&id, &found, &record), changes);
    (id, block_on(commit).unwrap())
}

fn take(store: &MemoryStore, user: &UserId, lane: Lane, holder: LeaseHolder) -> Taken {
    let take = Take {
        lane,
        lease: lease(holder),
        deadline: Instant::now(),
    };
    block_on(store.take(user, take)).unwrap()
}

fn settle(
    store: &MemoryStore,
    user: &UserId,
    entry: EntryId,
    holder: LeaseHolder,
    retry: Option<Retry>,
) -> Settled {
    let settlement = Settlement {
        entry,
        holder,
        retry,
        length: TTL,
        deadline: Instant::now(),
    };
    block_on(store.settle(user, settlement)).unwrap()
}

/// Settles this reply of the holder's and those that follow. Returns them.
fn settle_all(
    store: &MemoryStore,
    user: &UserId,
    holder: LeaseHolder,
    first: CommitId,
) -> Vec<CommitId> {
    let mut done = vec![first];
    loop {
        let last = EntryId::Reply(done[done.len() - 1]);
        match settle(store, user, last, holder, None) {
            Settled::Next(Work::Reply(reply)) => done.push(reply.id),
            Settled::Released => return done,
            other => panic!("{other:?}"),
        }
    }
}

fn due(store: &MemoryStore, claim: Duration) -> Vec<UserId> {
    let due = block_on(store.due(8, claim, Instant::now())).unwrap();
    due.into_iter().map(|due| due.user).collect()
}

/// Claims those who are due, and takes and settles their replies until none is left. Returns them.
fn work(store: &MemoryStore) -> Vec<CommitId> {
    let holder = LeaseHolder::random();
    let due = due(store, Duration::ZERO).into_iter();
    due.flat_map(|user| match take(store, &user, Lane::Replies, holder) {
        Taken::Work(Work::Reply(reply)) => settle_all(store, &user, holder, reply.id),
        _ => Vec::new(),
    })
    .collect()
}

fn assert_same(mut done: Vec<CommitId>, mut added: Vec<CommitId>) {
    done.sort();
    added.sort();
    assert_eq!(done, added);
}

#[test]
fn reply_is_taken_once_and_never_left() {
    check(|| {
        let store = MemoryStore::new();
        let (first, _) = send(&store, &user(0), adds());
        let takers = (0..2).map(|_| {
            let store = store.clone();
            spawn(move || work(&store))
        });
        let takers = takers.collect();
        let (second, _) = send(&store, &user(0), adds());
        let mut done = join(takers).concat();
        // What no taker saw any more is due.
        done.extend(work(&store));
        assert_same(done, vec![first, second]);
        assert!(work(&store).is_empty());
    });
}

#[test]
fn reply_of_a_commit_meanwhile_has_a_holder() {
    check(|| {
        let store = MemoryStore::new();
        let answers = on_threads(3, &store, |_, store| {
            let holder = LeaseHolder::random();
            let changes = OutboxChanges {
                lease: Some(lease(holder)),
                ..adds()
            };
            let (id, answer) = send(store, &user(0), changes);
            let done = match answer {
                OutboxCommit::Answered {
                    replies: LaneState::Acquired,
                    ..
                } => settle_all(store, &user(0), holder, id),
                OutboxCommit::Answered {
                    replies: LaneState::Held,
                    ..
                } => Vec::new(),
                other => panic!("{other:?}"),
            };
            (id, done)
        });
        let (added, done): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
        assert_same(done.concat(), added);
        assert!(due(&store, TTL).is_empty());
    });
}

#[test]
fn postponed_reply_stays_due() {
    check(|| {
        let store = MemoryStore::new();
        let (first, _) = send(&store, &user(0), adds());
        let at_once = Retry {
            after: Duration::ZERO,
            in_doubt: false,
        };
        let postponing = {
            let store = store.clone();
            spawn(move || {
                let holder = LeaseHolder::random();
                let taken = take(&store, &user(0), Lane::Replies, holder);
                if let Taken::Work(Work::Reply(reply)) = taken {
                    let entry = EntryId::Reply(reply.id);
                    let settled = settle(&store, &user(0), entry, holder, Some(at_once));
                    assert_eq!(settled, Settled::Released);
                }
            })
        };
        let working = {
            let store = store.clone();
            spawn(move || work(&store))
        };
        let (second, _) = send(&store, &user(0), adds());
        let mut done = join(vec![working]).concat();
        join(vec![postponing]);
        done.extend(work(&store));
        assert_same(done, vec![first, second]);
    });
}

#[test]
fn call_has_one_holder_and_one_conclusion() {
    check(|| {
        let store = MemoryStore::new();
        let changes = OutboxChanges {
            call: Some(NewCall {
                key: key(),
                body: b"{}",
            }),
            ..Default::default()
        };
        let _ = send(&store, &user(0), changes);
        let workers = on_threads(2, &store, |_, store| {
            let taken = take(store, &user(0), Lane::Call, LeaseHolder::random());
            // Both conclude, as if both knew the outcome: the second may have asked for it.
            let changes = OutboxChanges {
                concludes: Some(key()),
                ..adds()
            };
            let concluded = match send(store, &user(0), changes).1 {
                OutboxCommit::Answered {
                    outcome: CommitOutcome::Applied(_),
                    ..
                } => 1,
                OutboxCommit::Refused(OutboxRefusal::NoSuchCall) => 0,
                other => panic!("{other:?}"),
            };
            (usize::from(matches!(taken, Taken::Work(_))), concluded)
        });
        let (taken, concluded): (Vec<_>, Vec<_>) = workers.into_iter().unzip();
        assert_eq!(taken.iter().sum::<usize>(), 1, "holders");
        assert_eq!(concluded.iter().sum::<usize>(), 1, "conclusions");
        let outbox = block_on(store.read(&user(0), Instant::now())).unwrap();
        assert_eq!((outbox.replies.len(), outbox.call), (1, None));
    });
}

#[test]
fn user_is_claimed_once_and_again_after_a_commit() {
    check(|| {
        let store = MemoryStore::new();
        let _ = send(&store, &user(0), adds());
        let claims = on_threads(3, &store, |n, store| match n {
            0 => {
                let _ = send(store, &user(1), adds());
                Vec::new()
            }
            _ => due(store, TTL),
        });
        let mut claimed = claims.concat();
        // The other user may have been added after both claims.
        claimed.extend(due(&store, TTL));
        claimed.sort();
        assert_eq!(claimed, [user(0), user(1)]);
    });
}

#[test]
fn deleted_user_is_never_due() {
    check(|| {
        let store = MemoryStore::new();
        let _ = send(&store, &user(0), adds());
        on_threads(2, &store, |n, store| match n {
            0 => block_on(store.delete(&user(0), Instant::now())).unwrap(),
            _ => {
                let holder = LeaseHolder::random();
                if let Taken::Work(Work::Reply(reply)) =
                    take(store, &user(0), Lane::Replies, holder)
                {
                    let entry = EntryId::Reply(reply.id);
                    let settled = settle(store, &user(0), entry, holder, None);
                    assert!(matches!(settled, Settled::Released | Settled::NotHolder));
                }
            }
        });
        assert!(due(&store, TTL).is_empty());
        assert_eq!((store.len(), store.bytes()), (0, 0));
    });
}
