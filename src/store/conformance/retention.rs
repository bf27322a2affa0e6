//! Tombstones, commit ids and fences are kept for the whole retention.

use std::time::Duration;

use tokio::time::{advance, sleep};

use super::case::Case;
use super::requests::{LONG, commit, following, soon};
use super::violation::{CaseResult, ensure, extract};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Session};

/// Lets nearly the whole retention pass, in ten steps. After each there is time for work that the
/// store does in the background.
async fn wait_for_most_of_the_retention(case: &Case) {
    const BACKGROUND: Duration = Duration::from_secs(2);
    let step = (case.store().retention() / 10).saturating_sub(BACKGROUND);
    for _ in 0..9 {
        advance(step).await;
        sleep(BACKGROUND).await;
    }
    advance(step).await;
}

pub(super) async fn tombstone_is_kept_for_the_retention(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let record = case.write(&user, "{}", LONG).await?.record;
    wait_for_most_of_the_retention(&case).await;
    let tombstone = extract!(
        case.load(&user).await?.session,
        Session::Expired(tombstone) => tombstone,
        "an expired session"
    );
    ensure!(
        tombstone == record.tombstone(),
        "the tombstone is not that of the expired session: {tombstone:?}"
    );
    Ok(())
}

pub(super) async fn commit_id_is_kept_for_the_retention(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let loaded = case.load(&user).await?;
    let id = CommitId::random();
    let record = following(None, "{}");
    let request = CommitRequest {
        reply: Some(b"1"),
        ..commit(&id, &loaded.precondition, &record)
    };
    case.apply(&user, request).await?;
    wait_for_most_of_the_retention(&case).await;
    let loaded = case.load_with(&user, &id).await?;
    let applied = CommitStatus::Applied {
        version: record.version,
        reply: Some(b"1".as_slice().into()),
    };
    ensure!(
        loaded.commit_status.as_ref() == Some(&applied),
        "a load returned {:?} for the commit id",
        loaded.commit_status
    );
    let again = following(Some(record.version), "{}");
    let request = commit(&id, &loaded.precondition, &again);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Duplicate { .. } => (),
        "a duplicate"
    );
    Ok(())
}

pub(super) async fn fence_is_kept_for_the_retention(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let _ = case.store().resolve(&user, &id, soon()).await?;
    wait_for_most_of_the_retention(&case).await;
    let loaded = case.load(&user).await?;
    let record = following(None, "{}");
    // The commit comes before resolve, which would record the fence again if the store had lost it.
    let request = commit(&id, &loaded.precondition, &record);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Fenced => (),
        "a fenced commit"
    );
    let status = case.store().resolve(&user, &id, soon()).await?;
    ensure!(
        status == CommitStatus::Fenced,
        "resolve returned {status:?} for a fenced commit"
    );
    Ok(())
}
