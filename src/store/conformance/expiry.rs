//! A session lives until `min(now + ttl, start + max_lifetime)`.

use super::case::Case;
use super::requests::{after, commit, following};
use super::violation::{CaseResult, Violation, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, Loaded, Session};

pub(super) async fn commit_prolongs_the_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for _ in 0..4 {
        case.write(&user, "{}", case.short()).await?;
        case.sleep(case.short() / 2).await;
        ensure!(
            case.data(&user).await?.is_some(),
            "the session expired although commits prolonged it"
        );
    }
    case.sleep(case.short() * 3 / 4).await;
    ensure!(
        case.data(&user).await?.is_none(),
        "the session outlived its TTL"
    );
    Ok(())
}

pub(super) async fn session_ends_at_its_max_lifetime(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let mut precondition = case.load(&user).await?.precondition;
    let mut record = following(None, "{}");
    for n in 0..20 {
        let id = CommitId::random();
        let request = CommitRequest {
            ttl: case.short(),
            max_lifetime: case.short() * 2,
            ..commit(&id, &precondition, &record)
        };
        match case.commit(&user, request).await? {
            CommitOutcome::Applied(Some(next)) => precondition = next,
            // Commits are half a unit apart, so the first that can be too late is number 4.
            CommitOutcome::Conflict(Loaded {
                session: Session::Expired(_),
                ..
            }) if n >= 4 => return Ok(()),
            other => {
                let expected = "the session to live until its max lifetime";
                return Err(Violation::unexpected(expected, &other));
            }
        }
        record = following(Some(record.version), "{}");
        case.sleep(case.short() / 2).await;
    }
    Err(Violation::new(
        "the session outlived its max lifetime because commits prolonged it",
    ))
}

pub(super) async fn max_lifetime_starts_with_the_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for _ in 0..2 {
        let loaded = case.load(&user).await?;
        ensure!(
            !matches!(loaded.session, Session::Live(_)),
            "the session outlived its max lifetime"
        );
        let id = CommitId::random();
        let record = after(&loaded, "{}");
        let request = CommitRequest {
            max_lifetime: case.short(),
            ..commit(&id, &loaded.precondition, &record)
        };
        case.apply(&user, request).await?;
        ensure!(
            case.data(&user).await?.is_some(),
            "a session that was started again has no max lifetime of its own"
        );
        case.sleep(case.short() * 4 / 3).await;
    }
    Ok(())
}
