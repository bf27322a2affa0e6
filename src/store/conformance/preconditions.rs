//! A commit is applied only to the session that its precondition names.

use std::sync::Arc;

use super::case::Case;
use super::requests::{LONG, after, commit, following, soon};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{CommitOutcome, Loaded, Session};

pub(super) async fn stale_commit_is_refused_with_the_session(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let stale = case.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    let newest = case.write(&user, r#"{"n":2}"#, LONG).await?;
    let id = CommitId::random();
    let record = following(Some(newest.record.version), r#"{"n":3}"#);
    let current = extract!(
        case.commit(&user, commit(&id, &stale, &record)).await?,
        CommitOutcome::Conflict(current) => current,
        "a conflict"
    );
    let is_newest = matches!(&current.session, Session::Live(read) if *read == newest.record);
    ensure!(
        is_newest,
        "the conflict carries another session than the newest: {:?}",
        current.session
    );
    ensure!(
        current.precondition == newest.precondition,
        "the conflict carries another precondition than that of the newest session"
    );
    ensure!(
        current.commit_status.is_none(),
        "the conflict says that a new commit id was recorded: {:?}",
        current.commit_status
    );
    Ok(())
}

pub(super) async fn commit_on_an_expired_session_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let expired = case.write(&user, "{}", case.short()).await?;
    case.sleep(case.short() * 2).await;
    let id = CommitId::random();
    let next = following(Some(expired.record.version), "{}");
    let request = commit(&id, &expired.precondition, &next);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Conflict(Loaded { session: Session::Expired(_), .. }) => (),
        "a conflict that carries the expired session"
    );
    Ok(())
}

pub(super) async fn first_commit_is_refused_if_a_session_exists(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let new = case.load(&user).await?;
    case.write(&user, "{}", LONG).await?;
    let id = CommitId::random();
    let record = after(&new, "{}");
    let request = commit(&id, &new.precondition, &record);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Conflict(Loaded { session: Session::Live(_), .. }) => (),
        "a conflict that carries the live session"
    );
    Ok(())
}

pub(super) async fn commit_on_an_earlier_equal_session_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let earlier = case.write(&user, "{}", LONG).await?.precondition;
    case.store().delete(&user, soon()).await?;
    // The tag of the version is all that tells this session from the earlier one.
    let equal = case.write(&user, "{}", LONG).await?.record;
    let id = CommitId::random();
    let record = following(Some(equal.version), "{}");
    extract!(
        case.commit(&user, commit(&id, &earlier, &record)).await?,
        CommitOutcome::Conflict(_) => (),
        "a conflict, because the session with that precondition was deleted"
    );
    Ok(())
}

pub(super) async fn expired_session_can_be_started_again(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let old = case.write(&user, r#"{"old":1}"#, case.short()).await?;
    let old = old.record.version;
    case.sleep(case.short() * 2).await;
    let new = case.write(&user, "{}", LONG).await?.record.version;
    ensure!(
        new.revision == old.revision + 1,
        "revision {} was followed by {}",
        old.revision,
        new.revision
    );
    let data = case.data(&user).await?;
    ensure!(
        data.as_deref() == Some("{}"),
        "the new session has the data {data:?}"
    );
    Ok(())
}

pub(super) async fn one_of_many_commits_on_a_session_applies(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", LONG).await?;
    let outcomes = case.at_once(16, |case, n| {
        let user = user.clone();
        let precondition = first.precondition.clone();
        let record = following(Some(first.record.version), &format!(r#"{{"n":{n}}}"#));
        async move {
            let id = CommitId::random();
            let request = commit(&id, &precondition, &record);
            match case.commit(&user, request).await? {
                CommitOutcome::Applied(_) => Ok(Some(record.data.clone())),
                CommitOutcome::Conflict(_) => Ok(None),
                other => {
                    let expected = "an applied commit or a conflict";
                    Err(Violation::unexpected(expected, &other))
                }
            }
        }
    });
    let applied: Vec<_> = outcomes.await?.into_iter().flatten().collect();
    ensure!(
        applied.len() == 1,
        "of 16 commits on one session, {} were applied",
        applied.len()
    );
    let data = case.data(&user).await?;
    ensure!(
        data.as_ref() == applied.first(),
        "the session does not have the data of the commit that was applied: {data:?}"
    );
    Ok(())
}

pub(super) async fn commit_returns_the_next_precondition(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", LONG).await?;
    let mut record = first.record;
    let mut precondition = first.precondition;
    for n in 0..3 {
        record = Arc::new(Record {
            option: (n == 1).then_some("asking".into()),
            ..Record::clone(&following(Some(record.version), "{}"))
        });
        let id = CommitId::random();
        precondition = case
            .apply(&user, commit(&id, &precondition, &record))
            .await?;
        ensure!(
            case.load(&user).await?.precondition == precondition,
            "a load returned another precondition than the commit before it"
        );
    }
    Ok(())
}
