//! What is kept for the retention is kept for all of it.

use std::time::Duration;

use tokio::time::{advance, sleep};

use super::trial::{LONG, Trial, commit, following, soon};
use super::violation::{Verdict, answered, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Session};

/// Nearly the whole retention goes by, in leaps, with a moment after each for whatever the store does on its own.
async fn nearly_the_retention(trial: &Trial) {
    const MOMENT: Duration = Duration::from_secs(2);
    let leap = (trial.store().retention() / 10).saturating_sub(MOMENT);
    for _ in 0..9 {
        advance(leap).await;
        sleep(MOMENT).await;
    }
    advance(leap).await;
}

pub(super) async fn an_expired_session_is_told_for_the_retention(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let record = trial.write(&user, "{}", LONG).await?.record;
    nearly_the_retention(&trial).await;
    let trace = answered!(trial.load(&user).await?.session, Session::Expired(trace) => trace, "an expired session");
    ensure!(
        trace == record.tombstone(),
        "what remains is not the trace of what expired: {trace:?}"
    );
    Ok(())
}

pub(super) async fn a_commit_id_is_known_for_the_retention(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let found = trial.load(&user).await?;
    let (id, record) = (CommitId::random(), following(None, "{}"));
    let first = CommitRequest {
        reply: Some(b"1"),
        ..commit(&id, &found.precondition, &record)
    };
    trial.apply(&user, first).await?;
    nearly_the_retention(&trial).await;
    let found = trial.load_under(&user, &id).await?;
    let status = CommitStatus::Applied {
        version: record.version,
        reply: Some(b"1".as_slice().into()),
    };
    ensure!(
        found.commit_status.as_ref() == Some(&status),
        "a load under the commit id says {:?}",
        found.commit_status
    );
    let again = following(Some(record.version), "{}");
    answered!(
        trial.commit(&user, commit(&id, &found.precondition, &again)).await?,
        CommitOutcome::Duplicate { .. } => (),
        "a duplicate"
    );
    Ok(())
}

pub(super) async fn a_fence_stands_for_the_retention(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let _ = trial.store().resolve(&user, &id, soon()).await?;
    nearly_the_retention(&trial).await;
    // The commit comes first: resolve would fence anew what a store has forgotten.
    let found = trial.load(&user).await?;
    let outcome = trial
        .commit(
            &user,
            commit(&id, &found.precondition, &following(None, "{}")),
        )
        .await?;
    answered!(outcome, CommitOutcome::Fenced => (), "a fenced commit");
    let answer = trial.store().resolve(&user, &id, soon()).await?;
    ensure!(
        answer == CommitStatus::Fenced,
        "resolve says {answer:?} of what it fenced"
    );
    Ok(())
}
