//! A commit writes the session and the outbox in one step, or nothing.

use super::requests::{adds, announces, bodies, concludes, lease, random_key, reply};
use crate::id::{CommitId, UserId};
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, after, commit, following, soon};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{
    CommitOutcome, LaneState, LeaseHolder, NewReply, OutboxChanges, OutboxCommit, OutboxRefusal,
    WakeUp,
};

pub(crate) async fn entries_are_written_with_the_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let changes = OutboxChanges {
        reply: Some(NewReply {
            to: Some("chat 7, thread é"),
            is_outcome: true,
            ..reply(b"\"hello\"")
        }),
        ..announces(key)
    };
    let sent = case.send(&user, changes).await?;
    let next = case.load(&user).await?.precondition;
    ensure!(
        sent.next.as_ref() == Some(&next),
        "the commit returned another precondition than that of the session it made"
    );
    let outbox = case.outbox(&user).await?;
    let reply = extract!(
        &*outbox.replies, [reply] => reply.clone(), "the one reply of the commit"
    );
    ensure!(
        reply.id == sent.id
            && *reply.body == *b"\"hello\""
            && reply.to.as_deref() == Some("chat 7, thread é")
            && reply.is_outcome
            && reply.attempt == 0
            && !reply.in_doubt,
        "the reply was not read as it was written: {reply:?} to {:?}",
        reply.to
    );
    let call = extract!(outbox.call, Some(call) => call, "the call of the commit");
    ensure!(
        call.key == key && *call.body == *b"{}" && call.attempt == 0,
        "the call was not read as it was written: {call:?}"
    );
    ensure!(
        (sent.replies, sent.call) == (LaneState::Due, LaneState::Due),
        "lanes whose first entry was added without a lease are {:?} and {:?}",
        sent.replies,
        sent.call
    );
    Ok(())
}

pub(crate) async fn conflict_comes_before_a_refusal(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let old = case.send(&user, adds(b"1")).await?;
    case.send(&user, adds(b"2")).await?;
    let id = CommitId::random();
    let record = following(Some(old.record.version), "{}");
    for changes in [
        concludes(random_key()?),
        OutboxChanges {
            only_if_sent: true,
            ..adds(b"3")
        },
        adds(b"3"),
    ] {
        let request = commit(&id, &old.precondition, &record);
        extract!(
            case.commit_with(&user, request, changes).await?,
            OutboxCommit::Answered { outcome: CommitOutcome::Conflict(_), .. } => (),
            "a conflict"
        );
    }
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1", b"2"],
        "a commit with a conflict changed the outbox: {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn refused_changes_write_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let sent = case.send(&user, adds(b"1")).await?;
    let id = CommitId::random();
    let before = case.load(&user).await?;
    let record = after(&before, r#"{"n":2}"#);
    let refused = OutboxChanges {
        reply: Some(reply(b"2")),
        wake_up: WakeUp::After(LONG),
        ..concludes(random_key()?)
    };
    extract!(
        case.commit_with(&user, commit(&id, &before.precondition, &record), refused).await?,
        OutboxCommit::Refused(OutboxRefusal::NoSuchCall) => (),
        "a refusal, because the slot holds no such call"
    );
    let now = case.load_with(&user, &id).await?;
    ensure!(
        now.precondition == before.precondition && now.commit_status.is_none(),
        "a commit that the outbox refused changed the session to {:?}, and recorded {:?}",
        now.session,
        now.commit_status
    );
    let outbox = case.outbox(&user).await?;
    let ids: Vec<_> = outbox.replies.iter().map(|reply| reply.id).collect();
    ensure!(
        ids == [sent.id] && outbox.reminder.is_none(),
        "a commit that was refused changed the outbox: {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn recorded_commit_id_is_answered_first(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let sent = case.send(&user, announces(key)).await?;
    // Each would be refused now, because the call is in the slot.
    let again = commit(&sent.id, &sent.precondition, &sent.record);
    extract!(
        case.commit_with(&user, again, announces(key)).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
        "the same attempt to be applied"
    );
    let other = following(Some(sent.record.version), "{}");
    let again = commit(&sent.id, &sent.precondition, &other);
    let version = extract!(
        case.commit_with(&user, again, announces(key)).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Duplicate { version, .. }, .. }
            => version,
        "a duplicate"
    );
    ensure!(
        version == sent.record.version,
        "the duplicate carries version {version}, not that of the first commit"
    );
    let fenced = CommitId::random();
    let _ = case.store().resolve(&user, &fenced, soon()).await?;
    let late = commit(&fenced, &sent.precondition, &other);
    extract!(
        case.commit_with(&user, late, announces(key)).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Fenced, .. } => (),
        "a fenced commit"
    );
    Ok(())
}

pub(crate) async fn repeated_attempt_adds_its_reply_once(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let changes = OutboxChanges {
        lease: Some(lease(LeaseHolder::random(), LONG)),
        ..adds(b"1")
    };
    let sent = case.send(&user, changes).await?;
    let again = commit(&sent.id, &sent.precondition, &sent.record);
    let replies = extract!(
        case.commit_with(&user, again, changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(Some(_)), replies, .. }
            => replies,
        "the same attempt to be applied"
    );
    ensure!(
        replies == LaneState::Acquired,
        "an attempt was sent again while it holds the lease, and the lane is {replies:?}"
    );
    let outbox = case.outbox(&user).await?;
    ensure!(
        bodies(&outbox) == [b"1"] && outbox.replies.iter().all(|reply| reply.attempt == 1),
        "an attempt that was sent again changed the outbox: {outbox:?}"
    );
    Ok(())
}

pub(crate) async fn session_and_reply_are_seen_together(case: Case) -> CaseResult {
    const COMMITS: usize = 16;
    let user = case.user("a")?;
    let tasks = case.at_once(4, |case, task| {
        let user = user.clone();
        async move {
            for n in 1..=COMMITS {
                if task == 2 {
                    let data = format!(r#"{{"n":{n}}}"#);
                    case.send_data(&user, &data, LONG, adds(b"1")).await?;
                } else {
                    read_in_both_orders(&case, &user).await?;
                }
                tokio::task::yield_now().await;
            }
            Ok(())
        }
    });
    tasks.await.map(drop)
}

/// What is read last may be newer than what was read first, and never older.
async fn read_in_both_orders(case: &Case, user: &UserId) -> CaseResult {
    let replies = case.outbox(user).await?.replies.len();
    let session = commits_of_the_session(case, user).await?;
    ensure!(
        session >= replies,
        "{replies} replies had been added, and the session was of the {session}th commit"
    );
    let replies = case.outbox(user).await?.replies.len();
    ensure!(
        replies >= session,
        "the session was of the {session}th commit, and {replies} replies had been added"
    );
    Ok(())
}

/// The number that the data of the session says.
async fn commits_of_the_session(case: &Case, user: &UserId) -> Result<usize, Violation> {
    let data = case.data(user).await?.unwrap_or_default();
    let number = data.trim_start_matches("{\"n\":").trim_end_matches('}');
    Ok(number.parse().unwrap_or_default())
}
