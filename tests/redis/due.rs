//! Who is due on one server: the index says nothing that the outbox does not bear out.

use std::time::Duration;

use harness::assert_matches;
use harness::command::{executions, run};
use harness::server::Server;
use harness::sessions::{Attempt, prepare, soon, user, write};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use tokio::time::sleep;
use vimbiso_state::store::{
    CommitOutcome, Delivery, Due, EntryId, Lane, LeaseHolder, LeaseRequest, OutboxChanges,
    OutboxCommit, Retry, Settled, Settlement, Take, Taken, WakeUp, Work,
};
use vimbiso_state::{RedisStore, StateStore, StoreError, UserId};

use crate::half_writes::ID;
use crate::outbox_calls::{commit_with, outboxes, reply};
use crate::stored_bytes::now;

const CLAIM: Duration = Duration::from_secs(30);

pub fn push<'a>() -> OutboxChanges<'a> {
    OutboxChanges {
        reply: reply(b"\"1\"", Delivery::Push),
        ..Default::default()
    }
}

pub fn wake_after<'a>(time: Duration) -> OutboxChanges<'a> {
    OutboxChanges {
        wake_up: WakeUp::After(time),
        ..Default::default()
    }
}

/// Commits these changes for a user who may be new.
pub async fn commit_as(store: &RedisStore, user: &UserId, changes: OutboxChanges<'_>) {
    let loaded = store.load(user, None, soon()).await.unwrap();
    let attempt = Attempt::on(&loaded, "{}");
    let request = attempt.request(soon());
    let answer = outboxes(store).commit_with(user, request, changes).await;
    assert_matches!(
        answer,
        Ok(OutboxCommit::Answered {
            outcome: CommitOutcome::Applied(_),
            ..
        })
    );
}

pub async fn due(store: &RedisStore) -> Vec<Due> {
    outboxes(store).due(64, CLAIM, soon()).await.unwrap()
}

pub fn due_as(user: &UserId, is_reminder: bool) -> Due {
    Due {
        user: user.clone(),
        is_reminder,
    }
}

async fn entries(redis: &mut MultiplexedConnection) -> Vec<(String, f64)> {
    redis.zrange_withscores("_wake", 0, -1).await.unwrap()
}

async fn start() -> (Server, MultiplexedConnection, RedisStore) {
    let server = Server::start();
    let redis = server.raw().await;
    let store = RedisStore::connect(server.url()).await.unwrap();
    (server, redis, store)
}

#[tokio::test]
async fn entry_whose_outbox_is_gone_is_removed() {
    let (_server, mut redis, store) = start().await;
    let changes = OutboxChanges {
        wake_up: WakeUp::After(Duration::ZERO),
        ..push()
    };
    commit_as(&store, &user(), changes).await;
    let () = redis.del(format!("{ID}_outbox")).await.unwrap();
    assert_eq!(entries(&mut redis).await.len(), 2);
    // The wake-up is due a millisecond after the commit.
    sleep(Duration::from_millis(50)).await;
    assert_eq!(due(&store).await, []);
    assert_eq!(entries(&mut redis).await, []);
}

#[tokio::test]
async fn entry_that_says_a_time_too_early_is_moved() {
    let (_server, mut redis, store) = start().await;
    commit_as(&store, &user(), wake_after(Duration::from_secs(60))).await;
    let member = format!("r{ID}");
    let time: f64 = redis.zscore("_wake", &member).await.unwrap();
    let () = redis.zadd("_wake", &member, 1).await.unwrap();
    assert_eq!(due(&store).await, []);
    assert_eq!(entries(&mut redis).await, [(member, time)]);
}

#[tokio::test]
async fn foreign_member_of_the_index_is_removed() {
    let (_server, mut redis, store) = start().await;
    for member in [&b"\xff\xfe"[..], b"stranger", b"w_probe", b""] {
        let () = redis.zadd("_wake", member, 1).await.unwrap();
    }
    commit_as(&store, &user(), push()).await;
    assert_eq!(due(&store).await, [due_as(&user(), false)]);
    assert_eq!(entries(&mut redis).await.len(), 1);
}

#[tokio::test]
async fn claim_is_at_half_a_millisecond() {
    let (_server, mut redis, store) = start().await;
    commit_as(&store, &user(), push()).await;
    let before = now();
    assert_eq!(due(&store).await.len(), 1);
    let (member, score) = entries(&mut redis).await.remove(0);
    assert_eq!(member, format!("w{ID}"));
    assert_eq!(score.fract(), 0.5);
    let length = score - before as f64;
    assert!((30_000.0..32_000.0).contains(&length), "{length}");
}

#[tokio::test]
async fn unreadable_outbox_is_due_and_left_in_the_index() {
    let (_server, mut redis, store) = start().await;
    commit_as(&store, &user(), push()).await;
    let () = redis
        .hset(format!("{ID}_outbox"), "state", "9 later")
        .await
        .unwrap();
    assert_eq!(due(&store).await, [due_as(&user(), false)]);
    assert_eq!(entries(&mut redis).await.len(), 1);
}

#[tokio::test]
async fn fifty_users_are_looked_at_in_one_round_trip() {
    let (_server, mut redis, store) = start().await;
    for n in 0..50 {
        let user = UserId::new(n.to_string()).unwrap();
        commit_as(&store, &user, push()).await;
        // Of every other one the outbox is gone.
        if n % 2 == 0 {
            let () = redis.del(format!("{n}_outbox")).await.unwrap();
        }
    }
    // From then on the server knows the scripts.
    let first = outboxes(&store).due(1, CLAIM, soon()).await.unwrap();
    assert_eq!(first, []);
    let () = run(&mut redis, "CONFIG RESETSTAT").await;
    assert_eq!(due(&store).await.len(), 25);
    // The claim, the looks, and one correction of all that is stale.
    assert_eq!(executions(&mut redis, "evalsha").await, 51);
    let () = run(&mut redis, "CONFIG RESETSTAT").await;
    assert_eq!(due(&store).await, []);
    assert_eq!(executions(&mut redis, "evalsha").await, 1);
}

#[tokio::test]
async fn most_overdue_users_are_claimed_first() {
    let (_server, mut redis, store) = start().await;
    for n in 1..=6 {
        let user = UserId::new(n.to_string()).unwrap();
        commit_as(&store, &user, push()).await;
        let () = redis.zadd("_wake", format!("w{n}"), 10 - n).await.unwrap();
    }
    let found = outboxes(&store).due(3, CLAIM, soon()).await.unwrap();
    let found: Vec<_> = found.iter().map(|due| due.user.expose()).collect();
    assert_eq!(found, ["6", "5", "4"]);
}

/// `maxmemory` with `noeviction`.
#[tokio::test]
async fn full_server_hands_out_and_settles_what_is_there() {
    let (_server, mut redis, store) = start().await;
    commit_as(&store, &user(), push()).await;
    commit_as(&store, &user(), push()).await;
    commit_as(&store, &user(), wake_after(Duration::ZERO)).await;
    let late = prepare(&store, "{}").await;
    let () = run(&mut redis, "CONFIG SET maxmemory 1").await;

    let found = due(&store).await;
    assert!(found.contains(&due_as(&user(), false)), "{found:?}");
    assert!(found.contains(&due_as(&user(), true)), "{found:?}");
    let lease = LeaseRequest {
        holder: LeaseHolder::random(),
        length: CLAIM,
    };
    let take = Take {
        lane: Lane::Replies,
        lease,
        deadline: soon(),
    };
    let taken = outboxes(&store).take(&user(), take).await;
    let Ok(Taken::Work(Work::Reply(first))) = taken else {
        panic!("{taken:?}");
    };
    let settle = |id| Settlement {
        entry: EntryId::Reply(id),
        holder: lease.holder,
        retry: None,
        length: CLAIM,
        deadline: soon(),
    };
    // It is postponed, and taken again.
    let retry = Retry {
        after: Duration::ZERO,
        in_doubt: false,
    };
    let postponed = Settlement {
        retry: Some(retry),
        ..settle(first.id)
    };
    let settled = outboxes(&store).settle(&user(), postponed).await;
    assert_matches!(settled, Ok(Settled::Released));
    let taken = outboxes(&store).take(&user(), take).await;
    assert_matches!(taken, Ok(Taken::Work(Work::Reply(_))));
    let settled = outboxes(&store).settle(&user(), settle(first.id)).await;
    let Ok(Settled::Next(Work::Reply(second))) = settled else {
        panic!("{settled:?}");
    };
    // New work is refused, and what was kept is not lost.
    let refused = commit_with(&store, &late, push()).await;
    assert_matches!(refused, Err(StoreError::OverCapacity { .. }));
    let settled = outboxes(&store).settle(&user(), settle(second.id)).await;
    assert_matches!(settled, Ok(Settled::Released));
    let outbox = outboxes(&store).read(&user(), soon()).await.unwrap();
    assert!(outbox.replies.is_empty() && outbox.reminder.is_some());

    let () = run(&mut redis, "CONFIG SET maxmemory 0").await;
    assert_matches!(
        commit_with(&store, &late, OutboxChanges::default()).await,
        Ok(OutboxCommit::Answered { .. })
    );
    assert_eq!(entries(&mut redis).await, []);
}

/// A stale entry goes although the server is full.
#[tokio::test]
async fn full_server_corrects_its_index() {
    let (_server, mut redis, store) = start().await;
    write(&store, "{}").await;
    commit_as(&store, &user(), wake_after(Duration::from_secs(60))).await;
    let () = redis.zadd("_wake", format!("r{ID}"), 1).await.unwrap();
    let () = redis.zadd("_wake", "w1", 2).await.unwrap();
    let () = run(&mut redis, "CONFIG SET maxmemory 1").await;
    assert_eq!(due(&store).await, []);
    let entries = entries(&mut redis).await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(entries[0].1 > now() as f64, "{entries:?}");
}
