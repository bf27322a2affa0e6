//! An attempt is counted in the step that hands out the entry.

use super::requests::{adds, announces, lease, random_key};
use crate::store::conformance::case::Case;
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    EntryId, Lane, LeaseHolder, OutboxChanges, QueuedReply, Retry, Settled, Taken, Work,
};

fn ensure_attempt(reply: &QueuedReply, attempt: u32, in_doubt: bool) -> CaseResult {
    ensure!(
        reply.attempt == attempt && reply.in_doubt == in_doubt,
        "a reply was handed out as attempt {}, in doubt {}, instead of {attempt} and {in_doubt}",
        reply.attempt,
        reply.in_doubt
    );
    Ok(())
}

pub(crate) async fn take_counts_an_attempt_before_the_work(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        call: announces(random_key()?).call,
        ..adds(b"1")
    };
    case.send(&user, changes).await?;
    // Each worker dies, and says nothing of what became of the entries.
    for attempt in 1..=3 {
        let lease = lease(LeaseHolder::random(), case.short());
        let reply = extract!(
            case.take(&user, Lane::Replies, lease).await?,
            Taken::Work(Work::Reply(reply)) => reply,
            "the reply"
        );
        ensure_attempt(&reply, attempt, attempt > 1)?;
        let call = extract!(
            case.take(&user, Lane::Call, lease).await?,
            Taken::Work(Work::Call(call)) => call,
            "the call"
        );
        ensure!(
            call.attempt == attempt,
            "the call was handed out as attempt {} instead of {attempt}",
            call.attempt
        );
        let read = case.outbox(&user).await?;
        let stored = read.replies.first().map(|reply| reply.attempt);
        ensure!(
            stored == Some(attempt),
            "while an attempt is made, {stored:?} of {attempt} are counted"
        );
        case.sleep(lease.length * 4 / 3).await;
    }
    Ok(())
}

pub(crate) async fn commit_counts_the_attempt_that_it_takes(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        call: announces(random_key()?).call,
        lease: Some(lease(LeaseHolder::random(), case.short())),
        ..adds(b"1")
    };
    case.send(&user, changes).await?;
    let read = case.outbox(&user).await?;
    let counted = (
        read.replies.first().map(|reply| reply.attempt),
        read.call.map(|call| call.attempt),
    );
    ensure!(
        counted == (Some(1), Some(1)),
        "a commit took both leases, and the attempts counted are {counted:?}"
    );
    case.sleep(case.short() * 4 / 3).await;
    let reply = case.take_reply(&user, LeaseHolder::random()).await?;
    ensure_attempt(&reply, 2, true)?;
    let call = case.take_call(&user, LeaseHolder::random()).await?;
    ensure!(
        call.attempt == 2,
        "a call that a commit took before was handed out as attempt {}",
        call.attempt
    );
    Ok(())
}

pub(crate) async fn settlement_counts_the_attempt_it_hands_out(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, adds(b"1")).await?;
    case.send(&user, adds(b"2")).await?;
    case.take_reply(&user, holder).await?;
    let next = extract!(
        case.settle(&user, first.entry(), holder, None).await?,
        Settled::Next(Work::Reply(reply)) => reply,
        "the next reply"
    );
    ensure_attempt(&next, 1, false)?;
    let again = case.take_reply(&user, holder).await?;
    ensure_attempt(&again, 2, true)
}

pub(crate) async fn settlement_says_if_a_reply_is_in_doubt(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let mut entry = case.send(&user, adds(b"1")).await?.entry();
    let mut before = false;
    for (attempt, in_doubt) in (1..).zip([false, true, false, false, true, true]) {
        let reply = case.take_reply(&user, holder).await?;
        ensure_attempt(&reply, attempt, before)?;
        let retry = Retry {
            after: std::time::Duration::ZERO,
            in_doubt,
        };
        extract!(
            case.settle(&user, entry, holder, Some(retry)).await?,
            Settled::Released => (),
            "a reply that is tried again to be released"
        );
        entry = EntryId::Reply(reply.id);
        before = in_doubt;
    }
    let read = case.outbox(&user).await?.replies;
    let reply = read.first();
    let reply = reply.ok_or_else(|| Violation::new("a reply that is tried again is gone"))?;
    ensure_attempt(reply, 6, true)
}
