//! Settling an entry and going on is one step, by the holder alone.

use std::collections::HashMap;

use super::requests::{adds, bodies, lease, retry};
use crate::id::{CommitId, UserId};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, after, commit};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, EntryId, Lane, LaneState, LeaseHolder, OutboxChanges, OutboxCommit,
    SessionWrite, Settled, Taken, Work,
};

pub(crate) async fn settlement_hands_out_the_next_or_releases(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, adds(b"1")).await?;
    let second = case.send(&user, adds(b"2")).await?;
    case.take_reply(&user, holder).await?;
    let next = extract!(
        case.settle(&user, first.entry(), holder, None).await?,
        Settled::Next(Work::Reply(reply)) => reply,
        "the next reply"
    );
    ensure!(
        next.id == second.id,
        "after the first reply, not the second one was handed out"
    );
    let other = LeaseHolder::random();
    extract!(
        case.take(&user, Lane::Replies, lease(other, LONG)).await?,
        Taken::Held { .. } => (),
        "the lease to go on with the next reply"
    );
    extract!(
        case.settle(&user, second.entry(), holder, None).await?,
        Settled::Released => (),
        "the lane to be released after the last reply"
    );
    let left = case.outbox(&user).await?;
    ensure!(
        left.replies.is_empty(),
        "settled replies are left: {left:?}"
    );
    case.send(&user, adds(b"3")).await?;
    case.take_reply(&user, other).await?;
    Ok(())
}

pub(crate) async fn settlement_of_another_holder_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let dead = LeaseHolder::random();
    let next = LeaseHolder::random();
    let sent = case.send(&user, adds(b"1")).await?;
    // A lease that is free belongs to no caller.
    let early = case.settle(&user, sent.entry(), dead, None).await?;
    ensure!(
        early == Settled::NotHolder,
        "an entry that no holder had taken was settled: {early:?}"
    );
    let short = lease(dead, case.short());
    let _ = case.take(&user, Lane::Replies, short).await?;
    case.sleep(short.length * 4 / 3).await;
    case.take_reply(&user, next).await?;
    for retry in [None, Some(retry(LONG))] {
        extract!(
            case.settle(&user, sent.entry(), dead, retry).await?,
            Settled::NotHolder => (),
            "the settlement of an earlier holder to be refused"
        );
    }
    extract!(
        case.take(&user, Lane::Replies, short).await?,
        Taken::Held { .. } => (),
        "the lease to be held by the next holder still"
    );
    let left = case.outbox(&user).await?;
    ensure!(
        bodies(&left) == [b"1"],
        "a settlement that was refused left {left:?}"
    );
    // Not postponed either.
    case.take_reply(&user, next).await?;
    Ok(())
}

pub(crate) async fn repeated_settlement_removes_one_reply(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, adds(b"1")).await?;
    let second = case.send(&user, adds(b"2")).await?;
    // As if the first answer had been lost.
    case.take_reply(&user, holder).await?;
    for times in 1..=2 {
        let next = extract!(
            case.settle(&user, first.entry(), holder, None).await?,
            Settled::Next(Work::Reply(reply)) => reply,
            "the second reply"
        );
        ensure!(
            next.id == second.id && next.attempt == 1 && !next.in_doubt,
            "settled {times} times, the first reply is followed by {next:?}"
        );
    }
    let left = case.outbox(&user).await?;
    ensure!(
        bodies(&left) == [b"2"],
        "after the first reply was settled twice, these are left: {left:?}"
    );
    Ok(())
}

pub(crate) async fn late_settlement_postpones_no_other_reply(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let holder = LeaseHolder::random();
    let first = case.send(&user, adds(b"1")).await?;
    case.send(&user, adds(b"2")).await?;
    case.take_reply(&user, holder).await?;
    let _ = case.settle(&user, first.entry(), holder, None).await?;
    // Sent before the other one, and carried out after it.
    extract!(
        case.settle(&user, first.entry(), holder, Some(retry(LONG))).await?,
        Settled::Next(Work::Reply(_)) => (),
        "the second reply, which was not postponed"
    );
    let left = case.outbox(&user).await?;
    ensure!(
        bodies(&left) == [b"2"],
        "after a late settlement these are left: {left:?}"
    );
    case.take_reply(&user, holder).await?;
    Ok(())
}

/// Commits a reply with a lease after `pauses`, and works as long as it has the lease. Returns what
/// it did.
async fn commit_and_work(
    case: Case,
    user: UserId,
    pauses: usize,
) -> Result<Vec<CommitId>, Violation> {
    for _ in 0..pauses {
        tokio::task::yield_now().await;
    }
    let holder = LeaseHolder::random();
    let changes = OutboxChanges {
        session: SessionWrite::Nothing,
        lease: Some(lease(holder, LONG)),
        ..adds(b"1")
    };
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    let request = commit(&id, &loaded.precondition, &record);
    let replies = extract!(
        case.commit_with(&user, request, changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), replies, .. } => replies,
        "an applied commit"
    );
    let mut next = match replies {
        LaneState::Acquired => Some(id),
        LaneState::Held => None,
        LaneState::Due | LaneState::Later | LaneState::Empty => {
            let expected = "a lane that is held while every committer takes its lease";
            return Err(Violation::unexpected(expected, &replies));
        }
    };
    let mut done = Vec::new();
    while let Some(reply) = next {
        tokio::task::yield_now().await;
        done.push(reply);
        let entry = EntryId::Reply(reply);
        next = match case.settle(&user, entry, holder, None).await? {
            Settled::Next(Work::Reply(reply)) => Some(reply.id),
            Settled::Released => None,
            other => return Err(Violation::unexpected("the next reply or a release", &other)),
        };
    }
    Ok(done)
}

pub(crate) async fn reply_of_a_commit_meanwhile_is_not_left(case: Case) -> CaseResult {
    const COMMITS: usize = 24;
    let user = case.user("a")?;
    for spread in 1..=4 {
        let work = case.at_once(COMMITS, |case, task| {
            commit_and_work(case, user.clone(), task / spread)
        });
        let mut times: HashMap<CommitId, usize> = HashMap::new();
        for id in work.await?.into_iter().flatten() {
            *times.entry(id).or_default() += 1;
        }
        let left = case.outbox(&user).await?.replies.len();
        ensure!(
            left == 0,
            "{left} replies are left, and every committer had been told that another works"
        );
        ensure!(
            times.len() == COMMITS && times.values().all(|times| *times == 1),
            "of {COMMITS} replies {} were handed out, {} of them more than once",
            times.len(),
            times.values().filter(|times| **times > 1).count()
        );
    }
    Ok(())
}
