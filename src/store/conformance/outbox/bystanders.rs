//! Calls for an outbox keep to the guarantees on users, deadlines and dropped futures.

use tokio::time::Instant;

use super::requests::{adds, announces, bodies, lease, random_key};
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::conformance::cancellation::polled;
use crate::store::conformance::case::Case;
use crate::store::conformance::deadlines::{Attempt, NO_ANSWER, back_by};
use crate::store::conformance::requests::{LONG, after, commit, following, is_applied, soon};
use crate::store::conformance::users::SIMILAR;
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, CommitRequest, EntryId, Lane, LaneState, LeaseHolder, Outbox, OutboxChanges,
    OutboxCommit, Removal, Settlement, Take, WakeUp,
};

pub(crate) async fn outboxes_of_similar_users_are_isolated(case: Case) -> CaseResult {
    // One commit and one call for all: they belong to each user separately.
    let key = random_key()?;
    let mut seen = Vec::new();
    for name in SIMILAR {
        let user = case.user(name)?;
        let outbox = case.outbox(&user).await?;
        ensure!(
            outbox == Outbox::default(),
            "a new user whose id is similar to another one has {outbox:?}"
        );
        let changes = OutboxChanges {
            call: announces(key).call,
            lease: Some(lease(LeaseHolder::random(), LONG)),
            wake_up: WakeUp::After(LONG),
            ..adds(name.as_bytes())
        };
        let sent = case.send(&user, changes).await?;
        ensure!(
            (sent.replies, sent.call) == (LaneState::Acquired, LaneState::Acquired),
            "the leases of {name} are held for another user: {:?} and {:?}",
            sent.replies,
            sent.call
        );
        seen.push((name, user, sent));
    }
    if let Some((_, deleted, _)) = seen.pop() {
        case.store().delete(&deleted, soon()).await?;
    }
    for (name, user, sent) in seen {
        let outbox = case.outbox(&user).await?;
        let version = outbox.reminder.map(|reminder| reminder.version);
        ensure!(
            bodies(&outbox) == [name.as_bytes()] && version == Some(sent.record.version),
            "the outbox of {name} was changed by calls for others: {outbox:?}"
        );
    }
    Ok(())
}

pub(crate) async fn unreadable_outbox_is_its_users_alone(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let other = case.user("b")?;
    for user in [&user, &other] {
        case.send(user, adds(b"1")).await?;
    }
    let before = case.load(&user).await?;
    case.corrupt_outbox(&user).await?;
    let outboxes = case.outboxes()?;
    let id = CommitId::random();
    let record = after(&before, "{}");
    let request = commit(&id, &before.precondition, &record);
    let own = lease(LeaseHolder::random(), LONG);
    let take = Take {
        lane: Lane::Replies,
        lease: own,
        deadline: soon(),
    };
    let answers = [
        outboxes
            .commit_with(&user, request, adds(b"2"))
            .await
            .map(drop),
        outboxes.take(&user, take).await.map(drop),
        outboxes.read(&user, soon()).await.map(drop),
        outboxes.show(&user, &[], soon()).await.map(drop),
        outboxes
            .remove(&user, Removal::Login, soon())
            .await
            .map(drop),
    ];
    for answer in answers {
        extract!(
            answer,
            Err(StoreError::Corrupt { .. }) => (),
            "an error, because the outbox cannot be read"
        );
    }
    let now = case.load_with(&user, &id).await?;
    ensure!(
        now.precondition == before.precondition && now.commit_status.is_none(),
        "with an outbox that cannot be read, a commit changed the session to {:?}",
        now.session
    );
    // One user's outbox must not stop the work for all.
    case.wait_until_due(&other, false, LONG).await?;
    case.take_reply(&other, LeaseHolder::random()).await?;
    case.store().delete(&user, soon()).await?;
    case.send(&user, adds(b"1")).await?;
    Ok(())
}

pub(crate) async fn unanswered_outbox_commit_tells_the_truth(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let last = case.write(&user, "{}", LONG).await?;
    let id = CommitId::random();
    let record = following(Some(last.record.version), r#"{"late":true}"#);
    case.stall().await?;
    let deadline = Instant::now() + NO_ANSWER;
    let request = CommitRequest {
        deadline,
        ..commit(&id, &last.precondition, &record)
    };
    let call = case.outboxes()?.commit_with(&user, request, adds(b"1"));
    let answer = back_by(deadline, "commit_with", call).await;
    case.resume().await?;
    let answer = match answer? {
        Ok(OutboxCommit::Answered { outcome, .. }) => Ok(outcome),
        Err(why) => Err(why),
        other => return Err(Violation::unexpected("an answer or an error", &other)),
    };
    let attempt = Attempt { id, record, answer };
    attempt.check(&case, &user).await?;
    let applied = case.data(&user).await?.as_deref() != Some("{}");
    let outbox = case.outbox(&user).await?;
    ensure!(
        applied != outbox.replies.is_empty(),
        "the commit is applied: {applied}, and the outbox is {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn silent_store_fails_outbox_calls_in_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.send(&user, adds(b"1")).await?;
    case.stall().await?;
    let answers = unanswered_calls(&case).await;
    case.resume().await?;
    answers?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1"],
        "after calls for another user, the outbox is {outbox:?}"
    );
    Ok(())
}

/// Every outbox call except commit, to a store that does not answer.
async fn unanswered_calls(case: &Case) -> CaseResult {
    // A user of its own: what failed may still be carried out.
    let user = case.user("b")?;
    let outboxes = case.outboxes()?;
    let holder = LeaseHolder::random();
    let deadline = Instant::now() + NO_ANSWER;
    let take = Take {
        lane: Lane::Replies,
        lease: lease(holder, LONG),
        deadline,
    };
    ensure_failed("take", deadline, outboxes.take(&user, take)).await?;
    let deadline = Instant::now() + NO_ANSWER;
    let settlement = Settlement {
        entry: EntryId::Reply(CommitId::random()),
        holder,
        retry: None,
        length: LONG,
        deadline,
    };
    ensure_failed("settle", deadline, outboxes.settle(&user, settlement)).await?;
    let deadline = Instant::now() + NO_ANSWER;
    ensure_failed("read", deadline, outboxes.read(&user, deadline)).await?;
    let deadline = Instant::now() + NO_ANSWER;
    ensure_failed("show", deadline, outboxes.show(&user, &[], deadline)).await?;
    let deadline = Instant::now() + NO_ANSWER;
    let remove = outboxes.remove(&user, Removal::Login, deadline);
    ensure_failed("remove", deadline, remove).await?;
    let deadline = Instant::now() + NO_ANSWER;
    ensure_failed("due", deadline, outboxes.due(1, case.short(), deadline)).await
}

async fn ensure_failed<T: std::fmt::Debug>(
    name: &str,
    deadline: Instant,
    call: impl Future<Output = Result<T, StoreError>>,
) -> CaseResult {
    let answer = back_by(deadline, name, call).await?;
    ensure!(
        answer.is_err(),
        "a silent store answered {name} with {answer:?}"
    );
    Ok(())
}

pub(crate) async fn dropped_outbox_commit_is_whole_or_not(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for n in 0..24 {
        let polls = n % 6;
        let id = CommitId::random();
        let loaded = case.load(&user).await?;
        let record = after(&loaded, &format!(r#"{{"n":{n}}}"#));
        let request = commit(&id, &loaded.precondition, &record);
        let call = case.outboxes()?.commit_with(&user, request, adds(b"1"));
        let answer = polled(polls, call).await;
        if let Some(answer) = answer {
            extract!(
                answer?,
                OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
                "an applied commit"
            );
        }
        // A commit that is still on its way must not take effect after this.
        let status = case.store().resolve(&user, &id, soon()).await?;
        let applied = is_applied(&status, record.version);
        let written = case.load(&user).await?.precondition != loaded.precondition;
        let added = is_queued(&case, &user, id).await?;
        ensure!(
            (written, added) == (applied, applied),
            "of a commit dropped after {polls} polls, resolve returned {status:?}; the session \
             changed: {written}; the reply is in the queue: {added}"
        );
    }
    Ok(())
}

async fn is_queued(case: &Case, user: &UserId, id: CommitId) -> Result<bool, Violation> {
    let outbox = case.outbox(user).await?;
    Ok(outbox.replies.iter().any(|reply| reply.id == id))
}
