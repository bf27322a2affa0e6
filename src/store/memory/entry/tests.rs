//! What is remembered of one user, to the instant and to the byte.

use super::*;
use crate::id::{CommitId, Direction};
use crate::session::Version;

const MENU: &str = "short:weigh,back";

fn commit(
    entry: &mut Entry,
    id: &CommitId,
    reply: Option<&[u8]>,
    now: Moment,
    retention: Duration,
) -> Version {
    let found = entry.load(None, now);
    let record = Arc::new(Record {
        version: Version::after(found.session.version()),
        commit_id: *id,
        format: 1,
        stage: "menu".into(),
        option: None,
        direction: Direction::Out,
        menu: Some(MENU.into()),
        state: "{}".into(),
    });
    let (precondition, ttl) = (&found.precondition, retention / 2);
    let deadline = tokio::time::Instant::now();
    let commit = CommitRequest {
        id,
        basis,
        record: &record,
        reply,
        drop_token: false,
        ttl,
        max_lifetime: retention,
        deadline,
    };
    assert!(matches!(
        entry.commit(&commit, now, retention),
        CommitOutcome::Applied(Some(_))
    ));
    record.version
}

const INSTANT: Duration = Duration::from_nanos(1);

#[test]
fn a_session_is_over_at_its_very_instant_and_not_before() {
    let (retention, ttl) = (Duration::from_secs(600), Duration::from_secs(300));
    let at = |after: Duration| Moment::START + after;
    let (mut entry, id) = (Entry::default(), CommitId::random());
    commit(&mut entry, &id, None, Moment::START, retention);
    let committed = entry.weight();
    let (session, basis) = (
        |at| entry.load(None, at).session,
        |at| entry.load(None, at).precondition,
    );
    assert!(matches!(session(at(ttl - INSTANT)), Session::Live(_)));
    assert!(matches!(session(at(ttl)), Session::Expired(_)));
    assert!(matches!(
        session(at(retention - INSTANT)),
        Session::Expired(_)
    ));
    assert!(matches!(session(at(retention)), Session::New));
    assert_eq!(basis(at(ttl - INSTANT)), basis(Moment::START));
    assert_ne!(basis(at(ttl - INSTANT)), basis(at(ttl)));
    assert_eq!(basis(at(retention - INSTANT)), basis(at(ttl)));
    assert_eq!(
        basis(at(retention)),
        Entry::default().load(None, Moment::START).basis
    );
    assert!(
        entry
            .load(Some(&id), at(retention - INSTANT))
            .done
            .is_some()
    );
    assert!(entry.load(Some(&id), at(retention)).done.is_none());

    entry.free(at(ttl - INSTANT));
    assert_eq!((entry.weight(), entry.next_due()), (committed, at(ttl)));
    entry.free(at(ttl));
    assert_eq!(
        (entry.weight(), entry.next_due()),
        (committed - "{}".len() - MENU.len(), at(retention))
    );
    commit(
        &mut entry,
        &CommitId::random(),
        None,
        at(retention),
        retention,
    );
    assert_eq!(
        entry.weight(),
        committed,
        "nothing is kept of what is forgotten"
    );
    entry.free(at(2 * retention - INSTANT));
    assert!(entry.weight() > 0);
    entry.free(at(2 * retention));
    assert_eq!((entry.weight(), entry.next_due()), (0, Moment::NEVER));
}

#[test]
fn a_session_that_begins_when_another_ends_has_a_lifetime_of_its_own() {
    let (retention, ttl) = (Duration::from_secs(600), Duration::from_secs(300));
    let mut entry = Entry::default();
    for after in [0, 300, 500] {
        commit(
            &mut entry,
            &CommitId::random(),
            None,
            Moment::START + Duration::from_secs(after),
            retention,
        );
    }
    assert!(matches!(
        entry.load(None, Moment::START + 2 * ttl + ttl / 2).session,
        Session::Live(_)
    ));
}

#[test]
fn a_token_and_a_claim_are_over_at_their_very_instant_and_not_before() {
    let (minute, token, deadline) = (
        Duration::from_secs(60),
        StoredToken::new("token"),
        tokio::time::Instant::now(),
    );
    let put = TokenPut {
        token: Some(&token),
        expected: ExpectedToken::Absent,
        ttl: minute,
        release: None,
        deadline,
    };
    let end = Moment::START + minute;
    let mut entry = Entry::default();
    assert_eq!(entry.put_token(&put, Moment::START), TokenOutcome::Stored);
    assert_eq!(
        entry.claim(&LeaseHolder::random(), minute, Moment::START),
        Lease::Won
    );
    let last = Moment::START + (minute - INSTANT);
    assert_eq!(
        (entry.load(None, last).token, entry.load(None, end).token),
        (Some(token.clone()), None)
    );
    let full = Rest::WEIGHT + "token".len();
    assert_eq!(entry.weight(), full);
    entry.free(last);
    assert_eq!(entry.weight(), full);
    assert_eq!(
        entry.claim(&LeaseHolder::random(), minute, last),
        Lease::Held { remaining: INSTANT }
    );
    assert_eq!(entry.claim(&LeaseHolder::random(), minute, end), Lease::Won);
    assert_eq!(entry.next_due(), end);
    entry.free(end);
    assert_eq!(
        entry.next_due(),
        end + minute,
        "the token is freed, and the claim is not"
    );
    entry.free(end + minute);
    assert_eq!((entry.weight(), entry.next_due()), (0, Moment::NEVER));
}

#[test]
fn no_call_adds_more_than_was_reserved_for_it() {
    let (retention, text) = (Duration::from_secs(600), "x".repeat(1000));
    let (token, deadline) = (StoredToken::new(text.as_str()), tokio::time::Instant::now());
    let put = TokenPut {
        token: Some(&token),
        expected: ExpectedToken::Any,
        ttl: retention,
        release: None,
        deadline,
    };
    for first in 0..4 {
        let mut entry = Entry::default();
        assert!(entry.growth() < 1000, "{} bytes", entry.growth());
        for n in first..first + 800 {
            let (before, most, now) = (entry.weight(), entry.growth(), Moment::START);
            let texts = match n % 4 {
                0 => {
                    let _ = entry.claim(&LeaseHolder::random(), retention, now);
                    0
                }
                1 => {
                    let _ = entry.put_token(&put, now);
                    text.len()
                }
                2 => {
                    commit(
                        &mut entry,
                        &CommitId::random(),
                        Some(text.as_bytes()),
                        now,
                        retention,
                    );
                    "{}".len() + MENU.len() + text.len()
                }
                _ => {
                    let _ = entry.resolve(&CommitId::random(), now, retention);
                    0
                }
            };
            let (added, most) = (entry.weight().saturating_sub(before), most + texts);
            assert!(added <= most, "{added} of {most} bytes at {n}");
        }
    }
}

#[test]
fn a_commit_is_known_again_whatever_came_after_it() {
    let retention = Duration::from_secs(600);
    // Two of each instant.
    let at = |n: u64| Moment::START + Duration::from_secs(n / 2 * 20);
    let (mut entry, mut sent) = (Entry::default(), Vec::new());
    for n in 0..200 {
        let (id, reply) = (CommitId::random(), (n % 3 == 0).then(|| b"1".as_slice()));
        let done = if n % 4 == 3 {
            assert_eq!(entry.resolve(&id, at(n), retention), CommitStatus::Fenced);
            CommitStatus::Fenced
        } else {
            CommitStatus::Applied {
                version: commit(&mut entry, &id, reply, at(n), retention),
                reply: reply.map(Into::into),
            }
        };
        sent.push((at(n) + retention, id, done));
        for (until, id, done) in &sent {
            assert_eq!(
                entry.load(Some(id), at(n)).done.as_ref(),
                (at(n) < *until).then_some(done),
                "{id} at {n}"
            );
        }
        entry.free(at(n));
    }
    entry.free(at(200) + retention);
    assert_eq!((entry.next_due(), entry.weight()), (Moment::NEVER, 0));
}
