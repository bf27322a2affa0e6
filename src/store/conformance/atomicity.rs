//! A session is read whole or not at all, also while it is written or expires.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::case::Case;
use super::requests::{LONG, commit, following};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{CommitOutcome, Session};

pub(super) async fn load_never_sees_half_a_commit(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", LONG).await?;
    let mut last = first.record;
    let mut precondition = first.precondition;
    for n in 0..16_usize {
        // Every other record has an option, so each commit writes a different set of fields.
        let next = Arc::new(Record {
            stage: format!("stage_{n}").into(),
            option: n.is_multiple_of(2).then(|| format!("option_{n}").into()),
            menu: Some(format!("menu:{n}").into()),
            ..Record::clone(&following(Some(last.version), &format!(r#"{{"n":{n}}}"#)))
        });
        // Three tasks read while the third one commits.
        let tasks = case.at_once(4, |case, task| {
            let user = user.clone();
            let precondition = precondition.clone();
            let before = Arc::clone(&last);
            let after = Arc::clone(&next);
            async move {
                if task == 2 {
                    let id = CommitId::random();
                    let request = commit(&id, &precondition, &after);
                    return Ok(Some(case.apply(&user, request).await?));
                }
                for _ in 0..8 {
                    let session = case.load(&user).await?.session;
                    let whole = matches!(
                        &session,
                        Session::Live(read) if *read == before || *read == after
                    );
                    ensure!(
                        whole,
                        "a load during a commit returned neither the old nor the new session: \
                         {session:?}"
                    );
                    tokio::task::yield_now().await;
                }
                Ok(None)
            }
        });
        let applied = tasks.await?.into_iter().flatten().next();
        precondition = applied.ok_or_else(|| Violation::new("a commit was not applied"))?;
        last = next;
    }
    Ok(())
}

pub(super) async fn session_expires_all_at_once(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let written = case.write(&user, r#"{"whole":true}"#, case.short()).await?;
    let record = written.record;
    let end = Instant::now() + case.short() * 2;
    while Instant::now() < end {
        match case.load(&user).await?.session {
            Session::Live(read) => ensure!(
                read == record,
                "a session that is about to expire was read as {read:?}"
            ),
            Session::Expired(tombstone) => {
                ensure!(
                    tombstone == record.tombstone(),
                    "the tombstone is not that of the expired session: {tombstone:?}"
                );
                return Ok(());
            }
            other => {
                let expected = "the whole session, or its tombstone";
                return Err(Violation::unexpected(expected, &other));
            }
        }
        case.sleep(Duration::from_millis(1)).await;
    }
    Err(Violation::new("the session did not expire"))
}

pub(super) async fn refused_commit_writes_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let stale = case.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    case.write(&user, r#"{"n":2}"#, case.short()).await?;
    let before = case.load(&user).await?;
    let id = CommitId::random();
    let record = following(None, "{}");
    extract!(
        case.commit(&user, commit(&id, &stale, &record)).await?,
        CommitOutcome::Conflict(_) => (),
        "a stale commit to be refused"
    );
    let loaded = case.load_with(&user, &id).await?;
    ensure!(
        loaded.precondition == before.precondition,
        "a refused commit changed the session"
    );
    ensure!(
        loaded.commit_status.is_none(),
        "a refused commit was recorded: {:?}",
        loaded.commit_status
    );
    case.sleep(case.short() * 2).await;
    let session = case.load(&user).await?.session;
    ensure!(
        matches!(session, Session::Expired(_)),
        "a refused commit prolonged the session: {session:?}"
    );
    Ok(())
}
