//! A login ends without its calls, and a user is removed with the call that the removal names.

use std::time::Duration;

use super::requests::{adds, adds_to_fetch, announces, bodies, concludes, lease, random_key};
use crate::id::{CallKey, CommitId, UserId};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, commit, following, soon};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, CommitRequest, Lane, LeaseHolder, Loaded, NewReply, Outbox, OutboxChanges,
    OutboxCommit, Removal, Session, SessionWrite, StoredToken, Taken, WakeUp,
};

fn is_outcome(changes: OutboxChanges<'_>) -> OutboxChanges<'_> {
    let reply = changes.reply.map(|reply| NewReply {
        is_outcome: true,
        ..reply
    });
    OutboxChanges { reply, ..changes }
}

impl Case {
    async fn remove(&self, user: &UserId, removal: Removal) -> Result<bool, Violation> {
        let remove = self.outboxes()?.remove(user, removal, soon());
        Ok(self.timed(remove).await?)
    }
}

pub(crate) async fn login_ends_and_its_call_stays(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let holder = LeaseHolder::random();
    let changes = OutboxChanges {
        call: announces(key).call,
        lease: Some(lease(holder, LONG)),
        ..adds(b"1")
    };
    let first = case.send(&user, changes).await?;
    case.send(&user, is_outcome(adds(b"2"))).await?;
    case.send(&user, adds(b"3")).await?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = following(loaded.session.version(), "{}");
    let request = CommitRequest {
        reply: Some(b"\"hers\""),
        ..commit(&id, &loaded.precondition, &record)
    };
    let last = OutboxChanges {
        wake_up: WakeUp::After(Duration::ZERO),
        ..is_outcome(adds(b"4"))
    };
    let _ = case.commit_with(&user, request, last).await?;
    ensure!(
        case.remove(&user, Removal::Login).await?,
        "the end of a login was refused"
    );
    for id in [&first.id, &id] {
        extract!(
            case.load_with(&user, id).await?,
            Loaded { session: Session::New, commit_status: None, .. } => (),
            "no session and no commit id after the end of a login"
        );
    }
    let outbox = case.outbox(&user).await?;
    let call = outbox.call.as_ref().map(|call| call.key);
    ensure!(
        bodies(&outbox) == [b"2", b"4"] && outbox.reminder.is_none(),
        "of the replies and the wake-up of a login is left: {outbox:?}"
    );
    ensure!(
        call == Some(key),
        "the call of the user is gone with a login: {outbox:?}"
    );
    case.ensure_not_due(&user, true, "for the wake-up of a login that ended")
        .await?;
    // The worker that is making the call goes on, and so does the one that sends replies.
    let other = lease(LeaseHolder::random(), LONG);
    for lane in [Lane::Call, Lane::Replies] {
        extract!(
            case.take(&user, lane, other).await?,
            Taken::Held { .. } => (),
            "a lease that is held after the end of a login as before"
        );
    }
    let next = case.settle(&user, first.entry(), holder, None).await?;
    let told = OutboxChanges {
        session: SessionWrite::Nothing,
        ..is_outcome(adds(b"5"))
    };
    let told = OutboxChanges {
        concludes: concludes(key).concludes,
        ..told
    };
    case.send(&user, told).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2", b"4", b"5"] && outbox.call.is_none(),
        "after {next:?} and the conclusion of a call that outlived its login: {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn shown_outcome_ends_with_its_login(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.send(&user, is_outcome(adds_to_fetch(b"1"))).await?;
    case.show(&user, &[]).await?;
    case.send(&user, is_outcome(adds_to_fetch(b"2"))).await?;
    case.remove(&user, Removal::Login).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"2"],
        "of a shown outcome and one that was not shown, a login left {outbox:?}"
    );
    case.show(&user, &[]).await?;
    case.remove(&user, Removal::Login).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        outbox == Outbox::default(),
        "of shown replies, a login left {outbox:?}"
    );
    ensure!(
        case.remove(&case.user("new")?, Removal::Login).await?,
        "the end of a login of an unknown user was refused"
    );
    Ok(())
}

pub(crate) async fn login_ends_with_its_token(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    case.send(&user, announces(random_key()?)).await?;
    case.put_any(&user, &token, LONG).await?;
    let _ = case.acquire(&user, &LeaseHolder::random(), LONG).await?;
    case.remove(&user, Removal::Login).await?;
    ensure!(
        case.token(&user).await?.is_none(),
        "the token of a login is there after its end"
    );
    let lease = case.acquire(&user, &LeaseHolder::random(), LONG).await?;
    ensure!(
        lease == crate::store::Lease::Acquired,
        "the refresh lease of a login is held after its end: {lease:?}"
    );
    Ok(())
}

pub(crate) async fn removal_of_a_user_names_its_call(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let changes = OutboxChanges {
        call: announces(key).call,
        wake_up: WakeUp::After(Duration::ZERO),
        ..adds(b"1")
    };
    let sent = case.send(&user, changes).await?;
    for other in [None, Some(random_key()?)] {
        ensure!(
            !case.remove(&user, Removal::User(other)).await?,
            "a user was removed with another call than the removal names"
        );
        let call = case.outbox(&user).await?.call;
        let version = case.load(&user).await?.session.version();
        ensure!(
            call.is_some_and(|call| call.key == key) && version == Some(sent.record.version),
            "a removal that was refused removed something: the session is at {version:?}"
        );
    }
    ensure!(
        case.remove(&user, Removal::User(Some(key))).await?,
        "a user was not removed with the call that the removal names"
    );
    extract!(
        case.load_with(&user, &sent.id).await?,
        Loaded { session: Session::New, commit_status: None, .. } => (),
        "nothing of a removed user"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        outbox == Outbox::default(),
        "of the outbox of a removed user is left: {outbox:?}"
    );
    for is_reminder in [false, true] {
        case.ensure_not_due(&user, is_reminder, "after it was removed")
            .await?;
    }
    ensure!(
        case.remove(&user, Removal::User(None)).await?,
        "the removal of an unknown user was refused"
    );
    Ok(())
}

/// Announces a call on a session of any version.
async fn announce(case: &Case, user: &UserId, key: CallKey) -> CaseResult {
    let never = case.load(&case.user("never")?).await?.precondition;
    let record = following(None, "{}");
    let id = CommitId::random();
    let changes = OutboxChanges {
        session: SessionWrite::Nothing,
        ..announces(key)
    };
    extract!(
        case.commit_with(user, commit(&id, &never, &record), changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
        "an applied commit"
    );
    Ok(())
}

pub(crate) async fn call_announced_during_a_removal_stays(case: Case) -> CaseResult {
    for n in 0..16 {
        let user = case.user(&format!("{n}"))?;
        let key = random_key()?;
        case.send(&user, OutboxChanges::default()).await?;
        // Whichever comes first: the call is announced after the removal, or prevents it.
        let removed = case
            .at_once(2, |case, task| {
                let user = user.clone();
                async move {
                    if task == n % 2 {
                        return case.remove(&user, Removal::User(None)).await.map(Some);
                    }
                    announce(&case, &user, key).await.map(|()| None)
                }
            })
            .await?;
        let call = case.outbox(&user).await?.call;
        ensure!(
            call.is_some_and(|call| call.key == key),
            "a call that was announced is gone after a removal that named none, and was \
             answered with {removed:?}"
        );
    }
    Ok(())
}
