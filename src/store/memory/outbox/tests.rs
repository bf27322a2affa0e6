//! The outbox of one user, to the nanosecond.

use super::*;
use crate::id::{CallKey, CommitId};
use crate::session::Record;
use crate::store::{LeaseHolder, NewCall, NewReply, OutboxChanges, OutboxRefusal, Retry, WakeUp};

const INSTANT: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const LENGTH: Duration = Duration::from_secs(30);

fn key(n: u32) -> CallKey {
    format!("{n:032x}").parse().unwrap()
}

fn reply(body: &[u8]) -> NewReply<'_> {
    NewReply {
        body,
        to: None,
        is_outcome: false,
        is_replaceable: false,
        delivery: Delivery::Push,
    }
}

fn call<'a>(n: u32) -> NewCall<'a> {
    NewCall {
        key: key(n),
        body: b"{}",
    }
}

fn lease(holder: LeaseHolder) -> LeaseRequest {
    LeaseRequest {
        holder,
        length: LENGTH,
    }
}

/// Applies changes that are allowed, and returns the id of their commit.
fn apply(outbox: &mut UserOutbox, changes: OutboxChanges<'_>, now: Instant) -> CommitId {
    let id = CommitId::random();
    let refusal = outbox.refuse(&changes, now);
    assert!(refusal.is_none(), "{refusal:?}");
    let before = outbox.weight();
    let growth = UserOutbox::growth(&changes);
    let _ = outbox.apply(&id, Version::after(None), &changes, now);
    let added = outbox.weight().saturating_sub(before);
    assert!(added <= growth, "{added} bytes instead of {growth}");
    id
}

fn push(outbox: &mut UserOutbox, now: Instant) -> CommitId {
    let changes = OutboxChanges {
        reply: Some(reply(b"1")),
        wake_up: WakeUp::Keep(None),
        ..Default::default()
    };
    apply(outbox, changes, now)
}

/// Takes a lane, and returns the attempt at its entry.
fn take(outbox: &mut UserOutbox, lane: Lane, holder: LeaseHolder, now: Instant) -> Option<u32> {
    let take = Take {
        lane,
        lease: lease(holder),
        deadline: now,
    };
    if outbox.refuse_take(&take, now).is_some() {
        return None;
    }
    match outbox.take(&take, now) {
        Taken::Work(Work::Reply(reply)) => Some(reply.attempt),
        Taken::Work(Work::Call(call)) => Some(call.attempt),
        other => panic!("{other:?}"),
    }
}

fn settle(
    outbox: &mut UserOutbox,
    entry: EntryId,
    holder: LeaseHolder,
    retry: Option<Retry>,
    now: Instant,
) -> Settled {
    let settlement = Settlement {
        entry,
        holder,
        retry,
        length: LENGTH,
        deadline: now,
    };
    match outbox.may_settle(&settlement) {
        true => outbox.settle(&settlement, now),
        false => Settled::NotHolder,
    }
}

#[test]
fn lease_ends_at_its_very_instant() {
    let start = Instant::now();
    let first = LeaseHolder::random();
    let second = LeaseHolder::random();
    let mut outbox = UserOutbox::new(start);
    push(&mut outbox, start);
    assert_eq!(take(&mut outbox, Lane::Replies, first, start), Some(1));
    assert_eq!(outbox.plan().work, Some(start + LENGTH));
    let end = start + LENGTH;
    assert_eq!(
        take(&mut outbox, Lane::Replies, second, end - INSTANT),
        None
    );
    assert_eq!(outbox.state(Lane::Replies, end - INSTANT), LaneState::Held);
    assert_eq!(outbox.state(Lane::Replies, end), LaneState::Due);
    assert_eq!(take(&mut outbox, Lane::Replies, second, end), Some(2));
}

#[test]
fn entry_is_postponed_to_its_very_instant() {
    let start = Instant::now();
    let holder = LeaseHolder::random();
    let mut outbox = UserOutbox::new(start);
    let entry = EntryId::Reply(push(&mut outbox, start));
    push(&mut outbox, start);
    assert_eq!(take(&mut outbox, Lane::Replies, holder, start), Some(1));
    let retry = Retry {
        after: SECOND,
        in_doubt: false,
    };
    let settled = settle(&mut outbox, entry, holder, Some(retry), start);
    assert_eq!(settled, Settled::Released);
    let due = start + SECOND;
    assert_eq!(outbox.plan().work, Some(due));
    assert_eq!(outbox.state(Lane::Replies, due - INSTANT), LaneState::Later);
    assert_eq!(
        take(&mut outbox, Lane::Replies, holder, due - INSTANT),
        None
    );
    assert_eq!(take(&mut outbox, Lane::Replies, holder, due), Some(2));
}

#[test]
fn holder_of_a_lease_that_is_over_may_settle() {
    let start = Instant::now();
    let first = LeaseHolder::random();
    let second = LeaseHolder::random();
    let mut outbox = UserOutbox::new(start);
    let entry = EntryId::Reply(push(&mut outbox, start));
    let next = EntryId::Reply(push(&mut outbox, start));
    assert_eq!(take(&mut outbox, Lane::Replies, first, start), Some(1));
    let late = start + LENGTH * 2;
    let settled = settle(&mut outbox, entry, first, None, late);
    assert!(matches!(settled, Settled::Next(_)), "{settled:?}");
    assert_eq!(outbox.plan().work, Some(late + LENGTH));
    let later = late + LENGTH;
    assert_eq!(take(&mut outbox, Lane::Replies, second, later), Some(2));
    let settled = settle(&mut outbox, next, first, None, later);
    assert_eq!(settled, Settled::NotHolder);
    assert_eq!(
        settle(&mut outbox, next, second, None, later),
        Settled::Released
    );
    assert_eq!(outbox.plan(), Plan::default());
}

#[test]
fn lanes_are_taken_apart() {
    let start = Instant::now();
    let sender = LeaseHolder::random();
    let caller = LeaseHolder::random();
    let mut outbox = UserOutbox::new(start);
    push(&mut outbox, start);
    let changes = OutboxChanges {
        call: Some(call(1)),
        lease: Some(lease(caller)),
        ..Default::default()
    };
    apply(&mut outbox, changes, start);
    assert_eq!(outbox.state(Lane::Call, start), LaneState::Held);
    assert_eq!(outbox.plan().work, Some(start));
    assert_eq!(take(&mut outbox, Lane::Replies, sender, start), Some(1));
    assert_eq!(outbox.plan().work, Some(start + LENGTH));
    assert_eq!(take(&mut outbox, Lane::Call, sender, start), None);
    let entry = EntryId::Call(key(1));
    assert_eq!(
        settle(&mut outbox, entry, caller, None, start),
        Settled::Released
    );
    assert_eq!(outbox.plan().work, Some(start));
    let concludes = OutboxChanges {
        concludes: Some(key(1)),
        ..Default::default()
    };
    apply(&mut outbox, concludes, start);
    assert_eq!(outbox.plan().work, Some(start + LENGTH));
}

#[test]
fn conclusion_finds_the_room_that_was_reserved() {
    let start = Instant::now();
    let mut outbox = UserOutbox::new(start);
    let full = |outbox: &UserOutbox, changes| {
        matches!(outbox.refuse(&changes, start), Some(OutboxRefusal::Full))
    };
    let body = vec![b'1'; Outbox::MAX_BYTES - Record::MAX_REPLY];
    let one = OutboxChanges {
        reply: Some(reply(&body)),
        call: Some(call(1)),
        ..Default::default()
    };
    let more = OutboxChanges {
        reply: Some(reply(b"1")),
        ..Default::default()
    };
    let outcome = OutboxChanges {
        concludes: Some(key(1)),
        ..more
    };
    let again = OutboxChanges {
        call: Some(call(2)),
        ..outcome
    };
    apply(&mut outbox, one, start);
    assert!(full(&outbox, more));
    assert!(full(&outbox, again));
    assert!(!full(&outbox, OutboxChanges::default()));
    apply(&mut outbox, outcome, start);
    apply(&mut outbox, more, start);
    let announces = OutboxChanges {
        call: Some(call(3)),
        ..Default::default()
    };
    assert!(full(&outbox, announces), "no room for its conclusion");
}

#[test]
fn shown_replies_are_removed_alone() {
    let start = Instant::now();
    let mut outbox = UserOutbox::new(start);
    let pull = OutboxChanges {
        reply: Some(NewReply {
            delivery: Delivery::Pull,
            ..reply(b"1")
        }),
        drop_shown: true,
        only_if_sent: true,
        ..Default::default()
    };
    apply(&mut outbox, pull, start);
    assert_eq!(outbox.plan(), Plan::default());
    let refusal = outbox.refuse(&pull, start);
    assert!(matches!(refusal, Some(OutboxRefusal::Unsent)));
    assert_eq!(outbox.show(&[], start).replies.len(), 1);
    let kept = OutboxChanges {
        drop_shown: false,
        ..pull
    };
    apply(&mut outbox, kept, start);
    assert_eq!(outbox.read(start).replies.len(), 2);
    let dropped = OutboxChanges {
        drop_shown: true,
        reply: None,
        ..Default::default()
    };
    apply(&mut outbox, dropped, start);
    assert_eq!(outbox.read(start).replies.len(), 1);
}

#[test]
fn claim_moves_one_appointment() {
    let start = Instant::now();
    let mut outbox = UserOutbox::new(start);
    push(&mut outbox, start);
    let wakes = OutboxChanges {
        wake_up: WakeUp::After(SECOND),
        ..Default::default()
    };
    apply(&mut outbox, wakes, start);
    let appointment = Appointment {
        at: start + SECOND,
        user: crate::id::UserId::new("a").unwrap(),
        is_reminder: true,
    };
    let claimed = start + LENGTH;
    assert!(outbox.claim(&appointment, claimed));
    assert!(!outbox.claim(&appointment, claimed), "it is claimed");
    let plan = Plan {
        work: Some(start),
        reminder: Some(claimed),
    };
    assert_eq!(outbox.plan(), plan);
    push(&mut outbox, start + SECOND);
    assert_eq!(outbox.plan().reminder, Some(claimed), "it is still claimed");
    apply(&mut outbox, wakes, start + SECOND);
    assert_eq!(outbox.plan().reminder, Some(start + SECOND * 2));
}

#[test]
fn longest_time_is_an_instant_too() {
    let start = Instant::now();
    let mut outbox = UserOutbox::new(start);
    let wakes = OutboxChanges {
        reply: Some(reply(b"1")),
        lease: Some(LeaseRequest {
            length: Duration::MAX,
            holder: LeaseHolder::random(),
        }),
        wake_up: WakeUp::After(Duration::MAX),
        ..Default::default()
    };
    apply(&mut outbox, wakes, start);
    outbox.renew(start, Duration::MAX);
    assert_eq!(outbox.state(Lane::Replies, start + LENGTH), LaneState::Held);
    assert!(outbox.plan().reminder > Some(start + LENGTH));
}

#[test]
fn lane_is_free_for_what_follows_a_dropped_reply() {
    let start = Instant::now();
    let holder = LeaseHolder::random();
    let retry = Retry {
        after: LENGTH,
        in_doubt: true,
    };
    let shown_and_dropped = OutboxChanges {
        drop_shown: true,
        ..Default::default()
    };
    let unsent = OutboxChanges {
        only_if_sent: true,
        ..Default::default()
    };
    for postponed in [true, false] {
        let mut outbox = UserOutbox::new(start);
        let entry = EntryId::Reply(push(&mut outbox, start));
        assert_eq!(take(&mut outbox, Lane::Replies, holder, start), Some(1));
        if postponed {
            let _ = settle(&mut outbox, entry, holder, Some(retry), start);
        }
        outbox.show(&[], start);
        let refusal = outbox.refuse(&unsent, start);
        assert!(matches!(refusal, Some(OutboxRefusal::Unsent)), "a push");
        apply(&mut outbox, shown_and_dropped, start);
        assert!(outbox.is_empty());
        push(&mut outbox, start);
        assert_eq!(outbox.state(Lane::Replies, start), LaneState::Due);
    }
}
