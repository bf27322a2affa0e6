//! What is kept of one user, to the nanosecond.

use super::*;
use crate::id::Direction;
use crate::session::{Record, Version};
use crate::store::memory::agenda::Plan;
use crate::store::{CommitOutcome, CommitRequest, Delivery, NewReply, OutboxChanges, SessionWrite};

const INSTANT: Duration = Duration::from_nanos(1);
const MINUTE: Duration = Duration::from_secs(60);
const TTL: Duration = Duration::from_secs(300);
const RETENTION: Duration = Duration::from_secs(600);

fn record(id: &CommitId, last: Option<Version>) -> Arc<Record> {
    Arc::new(Record {
        version: Version::after(last),
        flow: "cafe".into(),
        entered_by: *id,
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: Some("short~7f3a1c0b2d:weigh,back".into()),
        pending_call: None,
        data: "{}".into(),
    })
}

fn commit(entry: &mut Entry, id: &CommitId, reply: Option<&[u8]>, now: Instant) -> Version {
    let loaded = entry.load(None, now);
    let record = record(id, loaded.session.version());
    let request = CommitRequest {
        id,
        precondition: &loaded.precondition,
        record: &record,
        reply,
        drop_token: false,
        ttl: TTL,
        max_lifetime: RETENTION,
        deadline: now,
    };
    assert!(entry.refuse(&request, None, now).is_none());
    let before = entry.weight();
    let growth = entry.growth(&request, SessionWrite::Prolong);
    let applied = entry.apply(&request, SessionWrite::Prolong, now, RETENTION);
    assert!(matches!(applied, CommitOutcome::Applied(Some(_))));
    // The rest is made once, with the first commit that needs it.
    let added = entry.weight().saturating_sub(before + size_of::<Rest>());
    assert!(added <= growth, "{added} bytes instead of {growth}");
    record.version
}

#[test]
fn session_ends_at_its_very_instant() {
    let start = Instant::now();
    let id = CommitId::random();
    let mut entry = Entry::default();
    commit(&mut entry, &id, None, start);
    let session = |after| entry.load(None, start + after).session;
    let precondition = |after| entry.load(None, start + after).precondition;
    let status = |after| entry.load(Some(&id), start + after).commit_status;

    assert!(matches!(session(TTL - INSTANT), Session::Live(_)));
    assert!(matches!(session(TTL), Session::Expired(_)));
    assert!(matches!(session(RETENTION - INSTANT), Session::Expired(_)));
    assert!(matches!(session(RETENTION), Session::New));
    assert_eq!(precondition(TTL - INSTANT), precondition(Duration::ZERO));
    assert_ne!(precondition(TTL - INSTANT), precondition(TTL));
    assert_eq!(precondition(RETENTION - INSTANT), precondition(TTL));
    let never = Entry::default().load(None, start).precondition;
    assert_eq!(precondition(RETENTION), never);
    assert!(status(RETENTION - INSTANT).is_some());
    assert!(status(RETENTION).is_none());
}

#[test]
fn sweep_drops_the_data_first_and_then_the_rest() {
    let start = Instant::now();
    let mut entry = Entry::default();
    commit(&mut entry, &CommitId::random(), None, start);
    let full = entry.weight();
    assert!(!entry.is_due(start + TTL - INSTANT));
    assert!(entry.is_due(start + TTL));

    assert!(entry.sweep(start + TTL));
    assert_eq!(full - entry.weight(), "{}short~7f3a1c0b2d:weigh,back".len());
    assert!(!entry.is_due(start + RETENTION - INSTANT));
    assert!(matches!(
        entry.load(None, start + TTL).session,
        Session::Expired(_)
    ));
    assert!(!entry.sweep(start + RETENTION));
}

#[test]
fn new_session_has_a_lifetime_of_its_own() {
    let start = Instant::now();
    let mut entry = Entry::default();
    for after in [0, 300, 500] {
        let now = start + Duration::from_secs(after);
        commit(&mut entry, &CommitId::random(), None, now);
    }
    // It started at 300 s, when the first one was over, and slid at 500 s.
    let late = entry.load(None, start + Duration::from_secs(799));
    assert!(matches!(late.session, Session::Live(_)));
    let over = entry.load(None, start + Duration::from_secs(800));
    assert!(matches!(over.session, Session::Expired(_)));
}

#[test]
fn token_and_lease_end_at_their_very_instant() {
    let start = Instant::now();
    let end = start + MINUTE;
    let token = StoredToken::new("token");
    let mut entry = Entry::default();
    entry.set_token(Some(&token), end);
    let first = LeaseHolder::random();
    let second = LeaseHolder::random();
    assert_eq!(entry.acquire_lease(&first, MINUTE, start), Lease::Acquired);

    assert_eq!(entry.token(end - INSTANT), Some(&token));
    assert_eq!(entry.token(end), None);
    let remaining = INSTANT;
    assert_eq!(
        entry.acquire_lease(&second, MINUTE, end - INSTANT),
        Lease::Held { remaining }
    );
    assert_eq!(entry.acquire_lease(&second, MINUTE, end), Lease::Acquired);
    assert!(entry.is_due(end));
    assert!(entry.sweep(end), "the second lease is left");
    assert!(!entry.is_due(end + MINUTE - INSTANT));
    assert!(!entry.sweep(end + MINUTE));
}

#[test]
fn lease_is_released_by_its_holder_alone() {
    let start = Instant::now();
    let holder = LeaseHolder::random();
    let mut entry = Entry::default();
    let _ = entry.acquire_lease(&holder, MINUTE, start);
    entry.release_lease(&LeaseHolder::random());
    assert!(entry.has_lease());
    entry.release_lease(&holder);
    assert!(!entry.has_lease());
}

#[test]
fn commit_is_recognised_whatever_came_after_it() {
    let start = Instant::now();
    // Two of each instant.
    let at = |n: u32| start + n / 2 * Duration::from_secs(20);
    let mut entry = Entry::default();
    let mut sent = Vec::new();
    for n in 0..200 {
        let id = CommitId::random();
        let reply = (n % 3 == 0).then(|| b"1".as_slice());
        let status = if n % 4 == 3 {
            entry.fence(&id, at(n) + RETENTION);
            CommitStatus::Fenced
        } else {
            CommitStatus::Applied {
                version: commit(&mut entry, &id, reply, at(n)),
                reply: reply.map(Into::into),
            }
        };
        sent.push((at(n) + RETENTION, id, status));
        for (until, id, status) in &sent {
            let expected = (at(n) < *until).then_some(status);
            assert_eq!(entry.status(id, at(n)).as_ref(), expected, "{id} at {n}");
        }
        entry.sweep(at(n));
    }
    assert!(!entry.sweep(at(200) + RETENTION));
}

#[test]
fn lease_of_a_clock_that_went_back_is_over() {
    let mut entry = Entry::default();
    let start = Instant::now() + MINUTE * 60;
    let first = LeaseHolder::random();
    let second = LeaseHolder::random();
    assert_eq!(entry.acquire_lease(&first, MINUTE, start), Lease::Acquired);
    // By less than its length, the lease is only a little longer.
    let remaining = MINUTE;
    assert_eq!(
        entry.acquire_lease(&second, MINUTE, start),
        Lease::Held { remaining }
    );
    let earlier = start - MINUTE * 30;
    assert_eq!(
        entry.acquire_lease(&second, MINUTE, earlier),
        Lease::Acquired
    );
    assert_eq!(
        entry.acquire_lease(&first, MINUTE, earlier),
        Lease::Held { remaining }
    );
}

fn add_reply(entry: &mut Entry, now: Instant) {
    let loaded = entry.load(None, now);
    let id = CommitId::random();
    let record = record(&id, None);
    let request = CommitRequest {
        id: &id,
        precondition: &loaded.precondition,
        record: &record,
        reply: None,
        drop_token: false,
        ttl: TTL,
        max_lifetime: TTL,
        deadline: now,
    };
    let changes = OutboxChanges {
        session: SessionWrite::Nothing,
        reply: Some(NewReply {
            body: b"1",
            to: None,
            is_outcome: false,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    };
    assert!(entry.refuse_with(&request, &changes, now).is_none());
    let before = entry.weight();
    let growth = entry.growth_with(&request, &changes);
    let _ = entry.apply_with(&request, &changes, now, RETENTION);
    let added = entry.weight().saturating_sub(before + size_of::<Rest>());
    assert!(added <= growth, "{added} bytes instead of {growth}");
}

#[test]
fn outbox_keeps_the_tombstone_and_its_reply() {
    let start = Instant::now();
    let late = start + RETENTION / 2;
    let first = CommitId::random();
    let newest = CommitId::random();
    let mut entry = Entry::default();
    commit(&mut entry, &first, Some(b"1"), start);
    commit(&mut entry, &newest, Some(b"2"), start);
    add_reply(&mut entry, late);

    assert!(entry.sweep(start + RETENTION));
    let loaded = entry.load(None, start + RETENTION);
    assert!(matches!(loaded.session, Session::Expired(_)));
    assert_eq!(entry.status(&first, start + RETENTION), None);
    let status = entry.status(&newest, start + RETENTION);
    let kept = match &status {
        Some(CommitStatus::Applied { reply, .. }) => reply.as_deref(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kept, Some(b"2".as_slice()));
    assert!(entry.outbox(late + RETENTION - INSTANT).is_some());
    assert!(entry.outbox(late + RETENTION).is_none());
    assert_eq!(entry.plan().work, Some(late));
    assert!(!entry.sweep(late + RETENTION));
    assert_eq!(entry.plan(), Plan::default());
}

#[test]
fn outbox_revives_no_tombstone() {
    let start = Instant::now();
    let mut entry = Entry::default();
    commit(&mut entry, &CommitId::random(), None, start);
    // Not swept yet.
    add_reply(&mut entry, start + RETENTION);
    let loaded = entry.load(None, start + RETENTION);
    assert!(matches!(loaded.session, Session::New));
}

#[test]
fn own_commit_finds_the_session_that_it_needs() {
    let start = Instant::now();
    let mut entry = Entry::default();
    let is_refused = |entry: &Entry, write, now| {
        let id = CommitId::random();
        let precondition = entry.load(None, now).precondition;
        let record = record(&id, None);
        let request = CommitRequest {
            id: &id,
            precondition: &precondition,
            record: &record,
            reply: None,
            drop_token: false,
            ttl: TTL,
            max_lifetime: TTL,
            deadline: now,
        };
        let changes = OutboxChanges {
            session: write,
            ..Default::default()
        };
        entry.refuse(&request, Some(&changes), now).is_some()
    };
    assert!(is_refused(&entry, SessionWrite::KeepExpiry, start));
    assert!(is_refused(&entry, SessionWrite::Tombstone, start));
    commit(&mut entry, &CommitId::random(), None, start);
    assert!(!is_refused(&entry, SessionWrite::KeepExpiry, start));
    assert!(is_refused(&entry, SessionWrite::Tombstone, start));
    let over = start + TTL;
    assert!(is_refused(&entry, SessionWrite::KeepExpiry, over));
    assert!(!is_refused(&entry, SessionWrite::Tombstone, over));
}

#[test]
fn commit_of_no_session_is_swept_with_its_id() {
    let start = Instant::now();
    let mut entry = Entry::default();
    entry.set_token(Some(&StoredToken::new("token")), start + RETENTION * 10);
    let id = CommitId::random();
    let precondition = entry.load(None, start).precondition;
    let record = record(&id, None);
    let request = CommitRequest {
        id: &id,
        precondition: &precondition,
        record: &record,
        reply: None,
        drop_token: false,
        ttl: TTL,
        max_lifetime: TTL,
        deadline: start,
    };
    let applied = entry.apply(&request, SessionWrite::Nothing, start, RETENTION);
    assert!(matches!(applied, CommitOutcome::Applied(None)));
    assert!(!entry.is_due(start + RETENTION - INSTANT));
    assert!(entry.is_due(start + RETENTION));
}
