//! The queue is bounded, and a conclusion finds room.

use super::requests::{adds, announces, bodies, concludes, random_key};
use crate::id::{CommitId, UserId};
use crate::session::Record;
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{after, commit};
use crate::store::conformance::violation::{CaseResult, Violation, ensure, extract};
use crate::store::{CommitOutcome, Outbox, OutboxChanges, OutboxCommit, OutboxRefusal};

/// Adds replies with this body until the queue is full, and returns how many it took.
async fn fill(case: &Case, user: &UserId, body: &[u8]) -> Result<usize, Violation> {
    for taken in 0..=Outbox::MAX_REPLIES {
        let id = CommitId::random();
        let loaded = case.load(user).await?;
        let record = after(&loaded, "{}");
        let request = commit(&id, &loaded.precondition, &record);
        match case.commit_with(user, request, adds(body)).await? {
            OutboxCommit::Refused(OutboxRefusal::Full) => return Ok(taken),
            OutboxCommit::Answered {
                outcome: CommitOutcome::Applied(_),
                ..
            } => {}
            other => {
                let expected = "an applied commit, or a refusal, because the queue is full";
                return Err(Violation::unexpected(expected, &other));
            }
        }
    }
    Err(Violation::new(format!(
        "the queue took more than {} replies",
        Outbox::MAX_REPLIES
    )))
}

pub(crate) async fn queue_of_32_replies_refuses_another(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let taken = fill(&case, &user, b"1").await?;
    ensure!(
        taken == Outbox::MAX_REPLIES,
        "a queue with {taken} replies is full"
    );
    let read = case.outbox(&user).await?.replies.len();
    ensure!(
        read == taken,
        "after {taken} replies were added and one was refused, {read} are in the queue"
    );
    extract!(
        case.refused(&user, announces(random_key()?)).await?,
        OutboxRefusal::Full => (),
        "a refusal, because there is no place for the conclusion of the call"
    );
    case.send(&user, OutboxChanges::default()).await?;
    case.send(&case.user("b")?, adds(b"1")).await?;
    Ok(())
}

pub(crate) async fn queue_of_64_kib_refuses_another(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let longest = vec![b'1'; Record::MAX_REPLY];
    let taken = fill(&case, &user, &longest).await?;
    // A vault adds to each reply, so it takes fewer.
    ensure!(
        (2..=Outbox::MAX_BYTES / Record::MAX_REPLY).contains(&taken),
        "the queue took {taken} of the longest replies"
    );
    case.send(&user, OutboxChanges::default()).await?;
    Ok(())
}

pub(crate) async fn conclusion_finds_a_reserved_place(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    case.send(&user, announces(key)).await?;
    let taken = fill(&case, &user, b"1").await?;
    ensure!(
        taken == Outbox::MAX_REPLIES - 1,
        "while a call is pending, the queue took {taken} replies"
    );
    let told = OutboxChanges {
        reply: adds(b"2").reply,
        ..concludes(key)
    };
    let announcing = OutboxChanges {
        call: announces(random_key()?).call,
        ..told
    };
    extract!(
        case.refused(&user, announcing).await?,
        OutboxRefusal::Full => (),
        "a refusal, because there is no place for the conclusion of the next call"
    );
    case.send(&user, told).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        outbox.replies.len() == Outbox::MAX_REPLIES && bodies(&outbox).last() == Some(&&b"2"[..]),
        "the reply of the conclusion is not the last of 32 in {outbox:?}"
    );
    extract!(
        case.refused(&user, adds(b"3")).await?,
        OutboxRefusal::Full => (),
        "a refusal, because the queue is full"
    );
    Ok(())
}

pub(crate) async fn conclusion_finds_its_bytes_reserved(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    let longest = vec![b'1'; Record::MAX_REPLY];
    case.send(&user, announces(key)).await?;
    let taken = fill(&case, &user, &longest).await?;
    ensure!(
        (1..Outbox::MAX_BYTES / Record::MAX_REPLY).contains(&taken),
        "while a call is pending, the queue took {taken} of the longest replies"
    );
    let told = OutboxChanges {
        reply: adds(&longest).reply,
        ..concludes(key)
    };
    case.send(&user, told).await?;
    Ok(())
}
