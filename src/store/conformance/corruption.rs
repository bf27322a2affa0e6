//! A session that cannot be read is reported as corrupt, and can be replaced.

use super::case::Case;
use super::requests::{LONG, after, commit, following};
use super::violation::{CaseResult, ensure, extract};
use crate::id::CommitId;
use crate::store::{CommitOutcome, Loaded, Session};

pub(super) async fn corrupt_session_is_reported_as_corrupt(case: Case) -> CaseResult {
    let corrupt = case.user("a")?;
    let intact = case.user("b")?;
    for user in [&corrupt, &intact] {
        case.write(user, "{}", LONG).await?;
    }
    case.corrupt(&corrupt).await?;
    // Twice: a load must not repair or remove what it cannot read.
    for _ in 0..2 {
        let flow = extract!(
            case.load(&corrupt).await?.session,
            Session::Corrupt { flow, .. } => flow,
            "a corrupt session to stay corrupt after each load"
        );
        // A manager refuses a session of another flow, so a wrong one is worse than none.
        ensure!(
            flow.as_deref()
                .is_none_or(|flow| flow == following(None, "").flow),
            "the corrupt session is said to belong to the flow {flow:?}"
        );
    }
    extract!(
        case.load(&intact).await?.session,
        Session::Live(_) => (),
        "the session of another user to stay live"
    );
    Ok(())
}

pub(super) async fn commit_on_a_corrupted_session_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let written = case.write(&user, "{}", LONG).await?;
    case.corrupt(&user).await?;
    let id = CommitId::random();
    let next = following(Some(written.record.version), "{}");
    let request = commit(&id, &written.precondition, &next);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Conflict(Loaded { session: Session::Corrupt { .. }, .. }) => (),
        "a conflict that carries the corrupt session"
    );
    Ok(())
}

pub(super) async fn corrupt_session_can_be_replaced(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.write(&user, r#"{"old":1}"#, LONG).await?;
    case.corrupt(&user).await?;
    let loaded = case.load(&user).await?;
    let record = after(&loaded, r#"{"new":1}"#);
    let id = CommitId::random();
    case.apply(&user, commit(&id, &loaded.precondition, &record))
        .await?;
    let read = extract!(
        case.load(&user).await?.session,
        Session::Live(read) => read,
        "a live session"
    );
    ensure!(
        read == record,
        "the session that replaced a corrupt one was read as {read:?}"
    );
    Ok(())
}
