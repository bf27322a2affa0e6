//! A store that is full refuses, and drops nothing that is alive.

use super::trial::{Trial, after, commit};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::error::StoreError;
use crate::id::CommitId;
use crate::store::{CommitOutcome, Loaded, Session};

const MOST: usize = 1000;

pub(super) async fn a_full_store_refuses_and_drops_nothing(trial: Trial) -> Verdict {
    let state = format!(r#"{{"filler":"{}"}}"#, "x".repeat(60 * 1024));
    let mut written = Vec::new();
    loop {
        let (user, id) = (
            trial.user(&format!("{}", written.len()))?,
            CommitId::random(),
        );
        let found = trial.load(&user).await?;
        let record = after(&found, &state);
        match trial
            .store()
            .commit(&user, commit(&id, &found.precondition, &record))
            .await
        {
            Ok(CommitOutcome::Applied(Some(_))) => written.push((user, record)),
            Err(StoreError::OverCapacity { .. }) => {
                answered!(
                    trial.load_under(&user, &id).await?,
                    Loaded { session: Session::New, commit_status: None, .. } => (),
                    "nothing of a commit that the full store refused"
                );
                break;
            }
            other => {
                return Err(Violation::instead_of(
                    "an applied commit, or a store that takes no more",
                    &other,
                ));
            }
        }
        ensure!(
            written.len() < MOST,
            "the store took {MOST} sessions, and is said to have little room"
        );
    }
    ensure!(!written.is_empty(), "the store takes no session at all");
    for (n, (user, record)) in written.iter().enumerate() {
        let found = trial.load(user).await?.session;
        let kept = matches!(&found, Session::Live(read) if read == record);
        ensure!(
            kept,
            "of {} live sessions in a full store, session {n} was dropped or changed: {found:?}",
            written.len()
        );
    }
    Ok(())
}
