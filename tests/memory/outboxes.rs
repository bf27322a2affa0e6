//! Outboxes are counted, bounded and freed like sessions, and many users are due in order.

use std::time::Duration;

use harness::desk::user;
use harness::sessions::Attempt;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};
use vimbiso_state::id::CallKey;
use vimbiso_state::store::{
    Delivery, EntryId, Lane, LeaseHolder, LeaseRequest, NewCall, NewReply, Outbox, OutboxChanges,
    OutboxCommit, OutboxStore, SessionWrite, Settled, Settlement, Take, Taken, WakeUp, Work,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

pub const HOUR: Duration = Duration::from_secs(3600);
pub const MINUTE: Duration = Duration::from_secs(60);

/// A store whose retention is an hour.
pub fn store() -> MemoryStore {
    MemoryStore::builder().retention(HOUR).build().unwrap()
}

pub fn soon() -> Instant {
    Instant::now() + MINUTE
}

pub fn adds(body: &[u8]) -> OutboxChanges<'_> {
    OutboxChanges {
        session: SessionWrite::Nothing,
        reply: Some(NewReply {
            body,
            to: Some("chat 7"),
            is_outcome: false,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    }
}

pub fn announces<'a>() -> OutboxChanges<'a> {
    OutboxChanges {
        session: SessionWrite::Nothing,
        call: Some(NewCall {
            key: key(),
            body: b"{\"amount\":5}",
        }),
        ..Default::default()
    }
}

pub fn key() -> CallKey {
    format!("{:032x}", 7).parse().unwrap()
}

pub async fn commit(
    store: &MemoryStore,
    user: &UserId,
    changes: OutboxChanges<'_>,
) -> Result<CommitId, StoreError> {
    let attempt = Attempt::on(&store.load(user, None, soon()).await?, "{}");
    let request = attempt.request(soon());
    match store.commit_with(user, request, changes).await? {
        OutboxCommit::Answered { .. } => Ok(attempt.id),
        OutboxCommit::Refused(refusal) => panic!("{refusal:?}"),
    }
}

async fn take(store: &MemoryStore, user: &UserId, holder: LeaseHolder) -> Taken {
    let take = Take {
        lane: Lane::Replies,
        lease: LeaseRequest {
            holder,
            length: MINUTE,
        },
        deadline: soon(),
    };
    store.take(user, take).await.unwrap()
}

/// Sends the one reply of a user.
async fn send_all(store: &MemoryStore, user: &UserId) {
    let holder = LeaseHolder::random();
    let Taken::Work(Work::Reply(reply)) = take(store, user, holder).await else {
        panic!("no reply is due")
    };
    let settlement = Settlement {
        entry: EntryId::Reply(reply.id),
        holder,
        retry: None,
        length: MINUTE,
        deadline: soon(),
    };
    let settled = store.settle(user, settlement).await.unwrap();
    assert_eq!(settled, Settled::Released);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_entry_is_counted_back_to_nothing() {
    let store = store();
    for n in 0..100 {
        let user = user(n);
        let body = vec![b'1'; n * 10];
        commit(&store, &user, adds(&body)).await.unwrap();
        commit(&store, &user, announces()).await.unwrap();
        let wakes = OutboxChanges {
            wake_up: WakeUp::After(MINUTE),
            session: SessionWrite::Prolong,
            ..Default::default()
        };
        commit(&store, &user, wakes).await.unwrap();
        if n % 2 == 0 {
            send_all(&store, &user).await;
        }
        if n % 3 == 0 {
            let concludes = OutboxChanges {
                concludes: Some(key()),
                ..adds(b"1")
            };
            commit(&store, &user, concludes).await.unwrap();
        }
        if n % 4 == 0 {
            store.delete(&user, soon()).await.unwrap();
        }
    }
    assert_eq!(store.len(), 75);
    assert!(store.bytes() > 75 * 800, "{} bytes", store.bytes());
    sleep(HOUR + MINUTE * 2).await;
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
    assert!(store.due(1000, MINUTE, soon()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn empty_outbox_takes_no_room() {
    let store = store();
    let user = user(1);
    // The first commit makes room for recorded ids too.
    commit(&store, &user, OutboxChanges::default())
        .await
        .unwrap();
    commit(&store, &user, OutboxChanges::default())
        .await
        .unwrap();
    let before = store.bytes();
    commit(&store, &user, adds(&[b'1'; 5000])).await.unwrap();
    assert!(store.bytes() > before + 5000);
    send_all(&store, &user).await;
    let after = store.bytes();
    assert!(after < before + 200, "{after} bytes after {before}");
}

#[tokio::test(start_paused = true)]
async fn full_store_refuses_a_reply_and_lets_others_be_sent() {
    let limit = 8000;
    let store = MemoryStore::builder().max_bytes(limit).build().unwrap();
    let user = user(1);
    commit(&store, &user, adds(&[b'1'; 3000])).await.unwrap();
    let before = store.bytes();
    let refused = commit(&store, &user, adds(&[b'1'; 4000])).await;
    assert!(
        matches!(refused, Err(StoreError::OverCapacity { .. })),
        "{refused:?}"
    );
    assert_eq!(store.bytes(), before);
    send_all(&store, &user).await;
    commit(&store, &user, adds(&[b'1'; 4000])).await.unwrap();
    assert!(store.bytes() <= limit, "{} bytes", store.bytes());
}

#[tokio::test(start_paused = true)]
async fn one_writer_of_replies_keeps_within_the_bound() {
    for limit in (2000..6000).step_by(100) {
        let store = MemoryStore::builder().max_bytes(limit).build().unwrap();
        let mut taken = 0;
        while let Ok(_id) = commit(&store, &user(taken), adds(&[b'1'; 100])).await {
            taken += 1;
            // What is made once, with the first commit that needs it, is not counted ahead.
            assert!(store.bytes() <= limit + 200, "{} of {limit}", store.bytes());
        }
        assert!(taken > 0, "{limit} bytes are too few for one user");
    }
}

#[tokio::test(start_paused = true)]
async fn user_is_kept_while_the_outbox_is_worked_on() {
    let store = store();
    let user = user(1);
    commit(&store, &user, adds(b"1")).await.unwrap();
    for attempt in 1..5 {
        sleep(HOUR * 2 / 3).await;
        match take(&store, &user, LeaseHolder::random()).await {
            Taken::Work(Work::Reply(reply)) => assert_eq!(reply.attempt, attempt),
            other => panic!("{other:?}"),
        }
    }
    sleep(HOUR - MINUTE).await;
    assert_eq!(store.len(), 1);
    sleep(MINUTE * 2).await;
    assert_eq!(store.len(), 0);
    assert_eq!(store.bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn wake_up_outlives_the_retention_before_it() {
    let store = store();
    let user = user(1);
    let wakes = OutboxChanges {
        wake_up: WakeUp::After(HOUR),
        ..Default::default()
    };
    commit(&store, &user, wakes).await.unwrap();
    sleep(HOUR + MINUTE).await;
    let due = store.due(1000, MINUTE, soon()).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].is_reminder);
    assert_eq!(due[0].user, user);
}

#[tokio::test(start_paused = true)]
async fn many_users_are_due_in_order_and_once() {
    let store = store();
    // More than there are shards, in an order that is not theirs.
    let users: Vec<_> = (0..500).map(|n| user(n * 7919 % 500)).collect();
    for user in &users {
        commit(&store, user, adds(b"1")).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
    let mut due = Vec::new();
    loop {
        let some = store.due(64, HOUR, soon()).await.unwrap();
        if some.is_empty() {
            break;
        }
        due.extend(some.into_iter().map(|due| due.user));
    }
    assert_eq!(due, users);
}

#[tokio::test(start_paused = true)]
async fn users_who_are_gone_keep_no_others_from_being_due() {
    let store = store();
    commit(&store, &user(1), adds(b"1")).await.unwrap();
    store.delete(&user(1), soon()).await.unwrap();
    commit(&store, &user(2), adds(b"1")).await.unwrap();
    sleep(HOUR + MINUTE).await;
    commit(&store, &user(3), adds(b"1")).await.unwrap();
    let due = store.due(1, MINUTE, soon()).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].user, user(3));
}

#[tokio::test(start_paused = true)]
async fn read_of_an_unknown_outbox_takes_no_room() {
    let store = store();
    let user = user(1);
    assert_eq!(store.read(&user, soon()).await.unwrap(), Outbox::default());
    assert_eq!(
        store.show(&user, &[], soon()).await.unwrap(),
        Outbox::default()
    );
    assert_eq!(
        take(&store, &user, LeaseHolder::random()).await,
        Taken::Idle
    );
    assert!(store.is_empty());
}

#[test]
fn outbox_costs_550_bytes_beside_its_texts() {
    const USERS: usize = 2000;
    let measure = |commits: usize, changes: OutboxChanges<'static>| {
        let store = MemoryStore::new();
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let taken = allocation_counter::measure(|| {
            runtime.block_on(async {
                let first = OutboxChanges::default();
                for n in 0..USERS {
                    commit(&store, &user(n), first).await.unwrap();
                    for _ in 0..commits {
                        commit(&store, &user(n), changes).await.unwrap();
                    }
                }
            });
        });
        let taken = usize::try_from(taken.bytes_current).unwrap();
        (taken / USERS, store.bytes() / USERS)
    };
    for replies in [1, 2, 8] {
        let none = OutboxChanges {
            reply: None,
            ..adds(b"1")
        };
        let (without, _) = measure(replies, none);
        let (taken, counted) = measure(replies, adds(&[b'1'; 500]));
        let outbox = taken - without - replies * 500;
        println!("{replies} replies: {outbox} bytes for the outbox, {counted} counted in all");
        let most = 550 + 250 * (replies - 1);
        assert!(outbox <= most, "{outbox} bytes for {replies} replies");
        let error = taken.abs_diff(counted) * 100 / taken;
        assert!(error <= 20, "{taken} bytes taken, {counted} counted");
    }
}
