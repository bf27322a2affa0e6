//! Resolve says for good whether a commit was applied.

use super::case::Case;
use super::requests::{LONG, after, commit, following, is_applied, soon};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn resolve_reports_an_applied_commit(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    let request = CommitRequest {
        reply: Some(b"\"one\""),
        ttl: case.short(),
        ..commit(&id, &loaded.precondition, &record)
    };
    case.apply(&user, request).await?;
    let applied = CommitStatus::Applied {
        version: record.version,
        reply: Some(b"\"one\"".as_slice().into()),
    };
    for situation in ["at once", "after the session changed and expired"] {
        let status = case.store().resolve(&user, &id, soon()).await?;
        ensure!(
            status == applied,
            "{situation}, resolve returned {status:?} for an applied commit"
        );
        case.write(&user, "{}", case.short()).await?;
        case.sleep(case.short() * 2).await;
    }
    Ok(())
}

pub(super) async fn resolve_fences_an_unknown_commit(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    for _ in 0..2 {
        let status = case.store().resolve(&user, &id, soon()).await?;
        ensure!(
            status == CommitStatus::Fenced,
            "resolve returned {status:?} for an unknown commit"
        );
        let request = commit(&id, &loaded.precondition, &record);
        extract!(
            case.commit(&user, request).await?,
            CommitOutcome::Fenced => (),
            "a fenced commit"
        );
    }
    extract!(
        case.load_with(&user, &id).await?,
        Loaded { session: Session::New, commit_status: Some(CommitStatus::Fenced), .. } => (),
        "no session, and a fenced commit id"
    );
    Ok(())
}

pub(super) async fn resolve_changes_no_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let unknown = CommitId::random();
    let first = case.write(&user, "{}", case.short()).await?;
    let status = case.store().resolve(&user, &unknown, soon()).await?;
    ensure!(
        status == CommitStatus::Fenced,
        "resolve returned {status:?} for an unknown commit"
    );
    let id = CommitId::random();
    let next = following(Some(first.record.version), "{}");
    let request = CommitRequest {
        ttl: case.short(),
        ..commit(&id, &first.precondition, &next)
    };
    case.apply(&user, request).await?;
    let unknown = CommitId::random();
    let _ = case.store().resolve(&user, &unknown, soon()).await?;
    case.sleep(case.short() * 4 / 3).await;
    ensure!(
        case.data(&user).await?.is_none(),
        "resolve prolonged the session"
    );
    Ok(())
}

pub(super) async fn concurrent_commit_and_resolve_agree(case: Case) -> CaseResult {
    for n in 0..16 {
        let user = case.user(&format!("{n}"))?;
        let id = CommitId::random();
        case.write(&user, "{}", LONG).await?;
        let loaded = case.load(&user).await?;
        let record = after(&loaded, r#"{"late":true}"#);
        let version = record.version;
        let answers = case.at_once(2, |case, task| {
            let user = user.clone();
            let precondition = loaded.precondition.clone();
            let record = record.clone();
            async move {
                // The first task tends to be first at the store, so both take turns.
                if (task + n) % 2 == 0 {
                    let status = case.store().resolve(&user, &id, soon()).await?;
                    return Ok(is_applied(&status, version));
                }
                let request = commit(&id, &precondition, &record);
                match case.commit(&user, request).await? {
                    CommitOutcome::Applied(_) => Ok(true),
                    CommitOutcome::Fenced => Ok(false),
                    other => {
                        let expected = "an applied or a fenced commit";
                        Err(Violation::unexpected(expected, &other))
                    }
                }
            }
        });
        let answers = answers.await?;
        let [one, other] = answers.as_slice() else {
            return Err(Violation::new("a call did not answer"));
        };
        ensure!(
            one == other,
            "a commit and a resolve at the same time disagree"
        );
        let is_written = case.load(&user).await?.session.version() == Some(version);
        ensure!(
            *one == is_written,
            "a commit and a resolve agree that applied is {one}, and written is {is_written}"
        );
    }
    Ok(())
}
