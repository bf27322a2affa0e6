//! A full store refuses, and drops no live session.

use super::case::Case;
use super::requests::{after, commit};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::error::StoreError;
use crate::id::CommitId;
use crate::store::{CommitOutcome, Loaded, Session};

/// A store with little room is full before it holds so many sessions.
const MOST: usize = 1000;

pub(super) async fn full_store_refuses_and_drops_nothing(case: Case) -> CaseResult {
    let data = format!(r#"{{"filler":"{}"}}"#, "x".repeat(60 * 1024));
    let mut written = Vec::new();
    loop {
        let user = case.user(&format!("{}", written.len()))?;
        let id = CommitId::random();
        let loaded = case.load(&user).await?;
        let record = after(&loaded, &data);
        let request = commit(&id, &loaded.precondition, &record);
        match case.store().commit(&user, request).await {
            Ok(CommitOutcome::Applied(Some(_))) => written.push((user, record)),
            Err(StoreError::OverCapacity { .. }) => {
                extract!(
                    case.load_with(&user, &id).await?,
                    Loaded { session: Session::New, commit_status: None, .. } => (),
                    "no session and no commit status after a full store refused the commit"
                );
                break;
            }
            other => {
                let expected = "an applied commit, or `OverCapacity`";
                return Err(Violation::unexpected(expected, &other));
            }
        }
        ensure!(
            written.len() < MOST,
            "the store took {MOST} sessions, although its fixture declares `LittleRoom`"
        );
    }
    let count = written.len();
    ensure!(count > 0, "the store takes no session at all");
    for (n, (user, record)) in written.iter().enumerate() {
        let session = case.load(user).await?.session;
        let is_kept = matches!(&session, Session::Live(read) if read == record);
        ensure!(
            is_kept,
            "of {count} live sessions in a full store, session {n} was lost or changed: \
             {session:?}"
        );
    }
    Ok(())
}
