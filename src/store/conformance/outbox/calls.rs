//! One call a user, which only its conclusion removes.

use super::requests::{adds, announces, bodies, concludes, lease, random_key, reply};
use crate::id::{CallKey, CommitId, UserId};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, after, commit};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, EntryId, Lane, LaneState, LeaseHolder, NewCall, OutboxChanges, OutboxCommit,
    OutboxRefusal, SessionWrite, Settled,
};

async fn pending(case: &Case, user: &UserId) -> Result<Option<CallKey>, Violation> {
    Ok(case.outbox(user).await?.call.map(|call| call.key))
}

pub(crate) async fn second_call_is_refused_with_the_first(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let changes = OutboxChanges {
        call: Some(NewCall {
            key,
            body: b"{\"amount\":5}",
        }),
        ..Default::default()
    };
    case.send(&user, changes).await?;
    // The same key too: a commit that announces it again has not seen that it is pending.
    for second in [random_key()?, key] {
        let call = extract!(
            case.refused(&user, announces(second)).await?,
            OutboxRefusal::CallPending(call) => call,
            "a refusal with the call that is pending"
        );
        ensure!(
            call.key == key && *call.body == *b"{\"amount\":5}",
            "a refusal carries another call than the pending one: {call:?}"
        );
    }
    let call = case.outbox(&user).await?.call;
    let is_first = call.is_some_and(|call| call.key == key && *call.body == *b"{\"amount\":5}");
    ensure!(is_first, "a call that was refused replaced the pending one");
    Ok(())
}

pub(crate) async fn call_is_removed_by_its_conclusion_alone(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let holder = LeaseHolder::random();
    extract!(
        case.refused(&user, concludes(key)).await?,
        OutboxRefusal::NoSuchCall => (),
        "a refusal, because the slot is empty"
    );
    case.send(&user, announces(key)).await?;
    case.take_call(&user, holder).await?;
    // The outcome is known, but the user was not told yet: a worker that dies here must leave it.
    extract!(
        case.settle(&user, EntryId::Call(key), holder, None).await?,
        Settled::Released => (),
        "the lane of a call to be released"
    );
    extract!(
        case.refused(&user, concludes(random_key()?)).await?,
        OutboxRefusal::NoSuchCall => (),
        "a refusal, because the slot holds another call"
    );
    case.send(&user, OutboxChanges::default()).await?;
    ensure!(
        pending(&case, &user).await? == Some(key),
        "the call was removed, and no commit had concluded it"
    );
    case.send(&user, concludes(key)).await?;
    ensure!(
        pending(&case, &user).await?.is_none(),
        "the call is still in the slot after its conclusion"
    );
    case.send(&user, announces(key)).await?;
    Ok(())
}

pub(crate) async fn conclusion_may_announce_the_next_call(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = random_key()?;
    let second = random_key()?;
    let holder = LeaseHolder::random();
    case.send(&user, announces(first)).await?;
    // The lease of the first call must not be in the way of the second one.
    case.take_call(&user, LeaseHolder::random()).await?;
    let changes = OutboxChanges {
        lease: Some(lease(holder, LONG)),
        call: announces(second).call,
        ..concludes(first)
    };
    case.send(&user, changes).await?;
    let call = extract!(
        case.outbox(&user).await?.call,
        Some(call) => call,
        "the next call in the slot"
    );
    ensure!(
        call.key == second && call.attempt == 1,
        "the next call, taken by the commit that announced it, is {call:?}"
    );
    // Its lease lasts for a minute, and is over with it all the same.
    let changes = OutboxChanges {
        call: announces(random_key()?).call,
        ..concludes(second)
    };
    let sent = case.send(&user, changes).await?;
    ensure!(
        sent.call == LaneState::Due,
        "the lane of a call that was announced without a lease is {:?}",
        sent.call
    );
    Ok(())
}

/// Commits of many tasks at once that write no session, so that the outbox alone decides. Returns
/// how many were applied.
async fn applied_at_once(
    case: &Case,
    user: &UserId,
    changes: impl Fn() -> Result<OutboxChanges<'static>, Violation>,
    is_expected: fn(&OutboxRefusal) -> bool,
) -> Result<usize, Violation> {
    let all: Vec<_> = (0..16).map(|_| changes()).collect::<Result<_, _>>()?;
    let answers = case.at_once(all.len(), |case, task| {
        let user = user.clone();
        let changes = OutboxChanges {
            session: SessionWrite::Nothing,
            ..all.get(task).copied().unwrap_or_default()
        };
        async move {
            let id = CommitId::random();
            let loaded = case.load(&user).await?;
            let record = after(&loaded, "{}");
            let request = commit(&id, &loaded.precondition, &record);
            match case.commit_with(&user, request, changes).await? {
                OutboxCommit::Answered {
                    outcome: CommitOutcome::Applied(_),
                    ..
                } => Ok(1),
                OutboxCommit::Refused(refusal) if is_expected(&refusal) => Ok(0),
                other => {
                    let expected = "an applied commit or a refusal for the call in the slot";
                    Err(Violation::unexpected(expected, &other))
                }
            }
        }
    });
    Ok(answers.await?.into_iter().sum())
}

pub(crate) async fn conclusion_needs_the_lease_that_it_names(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let first = LeaseHolder::random();
    let second = LeaseHolder::random();
    let concludes_as = |holder| OutboxChanges {
        concluded_by: Some(holder),
        ..concludes(key)
    };
    case.send(&user, announces(key)).await?;
    let short = lease(first, case.short());
    let _ = case.take(&user, Lane::Call, short).await?;
    case.sleep(short.length * 4 / 3).await;
    // First while the lease of the first is over, and then while another has it.
    for _ in 0..2 {
        extract!(
            case.refused(&user, concludes_as(first)).await?,
            OutboxRefusal::NotHolder => (),
            "a conclusion to be refused that needs a lease which is over"
        );
        case.take_call(&user, second).await?;
    }
    ensure!(
        pending(&case, &user).await? == Some(key),
        "a conclusion that was refused removed the call"
    );
    case.send(&user, concludes_as(second)).await?;
    let next = random_key()?;
    // A commit that concludes nothing needs no holder.
    let changes = OutboxChanges {
        concluded_by: Some(first),
        ..announces(next)
    };
    case.send(&user, changes).await?;
    case.take_call(&user, second).await?;
    // Of an outcome that is certain, it does not matter who says it.
    case.send(&user, concludes(next)).await?;
    Ok(())
}

pub(crate) async fn one_of_many_calls_is_announced(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = || Ok(announces(random_key()?));
    let is_pending = |refusal: &OutboxRefusal| matches!(refusal, OutboxRefusal::CallPending(_));
    let applied = applied_at_once(&case, &user, changes, is_pending).await?;
    ensure!(
        applied == 1,
        "of 16 commits at once that announce a call, {applied} were applied"
    );
    Ok(())
}

pub(crate) async fn one_of_many_conclusions_is_applied(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    case.send(&user, announces(key)).await?;
    let changes = || {
        Ok(OutboxChanges {
            reply: Some(reply(b"\"paid\"")),
            ..concludes(key)
        })
    };
    let is_gone = |refusal: &OutboxRefusal| matches!(refusal, OutboxRefusal::NoSuchCall);
    let applied = applied_at_once(&case, &user, changes, is_gone).await?;
    ensure!(
        applied == 1,
        "of 16 conclusions of one call at once, {applied} were applied"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"\"paid\""],
        "after one conclusion the user is told {} times",
        outbox.replies.len()
    );
    Ok(())
}

pub(crate) async fn call_has_the_age_of_its_announcement(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let holder = LeaseHolder::random();
    case.send(&user, announces(key)).await?;
    for times in 1..=2 {
        case.sleep(case.short()).await;
        let age = case.take_call(&user, holder).await?.age;
        // Less than it took, by as much as a clock may be rounded.
        let least = case.short() * times * 9 / 10;
        ensure!(
            age >= least && age < LONG,
            "a call that was announced {:?} ago has an age of {age:?}",
            case.short() * times
        );
    }
    case.send(&user, adds(b"1")).await?;
    let age = case.outbox(&user).await?.call.map(|call| call.age);
    ensure!(
        age >= Some(case.short() * 9 / 5),
        "after another commit the call has an age of {age:?}"
    );
    Ok(())
}
