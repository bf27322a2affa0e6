//! A commit id takes effect once, and the same attempt may be sent again.

use super::case::Case;
use super::requests::{LONG, after, commit, following};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn second_commit_with_an_id_is_a_duplicate(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let first = after(&loaded, r#"{"n":1}"#);
    let request = CommitRequest {
        reply: Some(b"\"one\""),
        ..commit(&id, &loaded.precondition, &first)
    };
    let precondition = case.apply(&user, request).await?;
    let second = following(Some(first.version), r#"{"n":2}"#);
    let request = CommitRequest {
        reply: Some(b"\"two\""),
        ..commit(&id, &precondition, &second)
    };
    let (version, reply, current) = extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Duplicate { version, reply, current } => (version, reply, current),
        "a duplicate"
    );
    ensure!(
        version == first.version,
        "the duplicate carries version {version}, not that of the first commit"
    );
    ensure!(
        reply.as_deref() == Some(b"\"one\""),
        "the duplicate does not carry the reply of the first commit"
    );
    let is_current = matches!(&current.session, Session::Live(read) if *read == first);
    ensure!(
        is_current && current.precondition == precondition,
        "the duplicate carries another session: {:?}",
        current.session
    );
    ensure!(
        case.load(&user).await?.precondition == precondition,
        "the duplicate changed the session"
    );
    Ok(())
}

pub(super) async fn duplicate_is_known_with_any_precondition(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let new = case.load(&user).await?.precondition;
    let first = case.write(&user, r#"{"n":1}"#, LONG).await?;
    let newest = case.write(&user, r#"{"n":2}"#, LONG).await?;
    let record = following(None, "{}");
    let (version, reply, current) = extract!(
        case.commit(&user, commit(&first.id, &new, &record)).await?,
        CommitOutcome::Duplicate { version, reply, current } => (version, reply, current),
        "a duplicate"
    );
    ensure!(
        version == first.record.version,
        "the duplicate carries version {version}, not that of the first commit"
    );
    ensure!(
        reply.is_none(),
        "the duplicate carries a reply, and the first commit stored none"
    );
    let is_current = matches!(&current.session, Session::Live(read) if *read == newest.record);
    ensure!(
        is_current,
        "the duplicate carries another session than the newest: {:?}",
        current.session
    );
    Ok(())
}

pub(super) async fn duplicate_is_known_after_the_session_expired(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", case.short()).await?;
    case.sleep(case.short() * 2).await;
    let again = following(Some(first.record.version), "{}");
    let request = commit(&first.id, &first.precondition, &again);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Duplicate { current: Loaded { session: Session::Expired(_), .. }, .. } => (),
        "a duplicate that carries the expired session"
    );
    Ok(())
}

pub(super) async fn duplicate_is_known_after_many_commits(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", LONG).await?;
    let mut newest = first.precondition.clone();
    for _ in 0..100 {
        newest = case.write(&user, "{}", LONG).await?.precondition;
    }
    let record = following(None, "{}");
    let request = commit(&first.id, &newest, &record);
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Duplicate { .. } => (),
        "a duplicate after 100 other commits"
    );
    Ok(())
}

pub(super) async fn one_of_many_deliveries_applies(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let outcomes = case.at_once(16, |case, _| {
        let user = user.clone();
        async move {
            let loaded = case.load(&user).await?;
            let record = after(&loaded, "{}");
            let request = commit(&id, &loaded.precondition, &record);
            match case.commit(&user, request).await? {
                CommitOutcome::Applied(_) => Ok(1),
                CommitOutcome::Duplicate { .. } => Ok(0),
                other => {
                    let expected = "an applied commit or a duplicate";
                    Err(Violation::unexpected(expected, &other))
                }
            }
        }
    });
    let applied: usize = outcomes.await?.into_iter().sum();
    ensure!(
        applied == 1,
        "of 16 deliveries of one message, {applied} were applied"
    );
    let version = case.load(&user).await?.session.version();
    let revision = version.map(|version| version.revision);
    ensure!(
        revision == Some(1),
        "after one commit the session has revision {revision:?}"
    );
    Ok(())
}

pub(super) async fn load_returns_the_status_of_a_commit_id(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let first = case.write(&user, "{}", LONG).await?;
    case.write(&user, "{}", LONG).await?;
    let status = case.load_with(&user, &first.id).await?.commit_status;
    let applied = CommitStatus::Applied {
        version: first.record.version,
        reply: None,
    };
    ensure!(
        status.as_ref() == Some(&applied),
        "a load returned {status:?} for an applied commit id"
    );
    let unknown = CommitId::random();
    let status = case.load_with(&user, &unknown).await?.commit_status;
    ensure!(
        status.is_none(),
        "a load returned {status:?} for an unknown commit id"
    );
    Ok(())
}

pub(super) async fn repeated_attempt_is_applied_once(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    let attempt = || commit(&id, &loaded.precondition, &record);
    let first = case.apply(&user, attempt()).await?;
    let second = case.apply(&user, attempt()).await?;
    ensure!(
        first == second,
        "the same attempt returned another precondition the second time"
    );
    ensure!(
        case.load(&user).await?.precondition == first,
        "the same attempt changed the session the second time"
    );
    Ok(())
}

pub(super) async fn late_repeated_attempt_undoes_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, r#"{"n":1}"#);
    let attempt = || commit(&id, &loaded.precondition, &record);
    case.apply(&user, attempt()).await?;
    case.write(&user, r#"{"n":2}"#, LONG).await?;
    // With the newer precondition, the caller could overwrite the commit in between with its older
    // record.
    extract!(
        case.commit(&user, attempt()).await?,
        CommitOutcome::Applied(None) => (),
        "an applied commit without a precondition, because the session has changed since"
    );
    let data = case.data(&user).await?;
    ensure!(
        data.as_deref() == Some(r#"{"n":2}"#),
        "after the repeated attempt the data is {data:?}"
    );
    Ok(())
}

pub(super) async fn repeated_attempt_after_expiry_revives_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = CommitId::random();
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    let attempt = || CommitRequest {
        ttl: case.short(),
        ..commit(&id, &loaded.precondition, &record)
    };
    case.apply(&user, attempt()).await?;
    case.sleep(case.short() * 2).await;
    extract!(
        case.commit(&user, attempt()).await?,
        CommitOutcome::Applied(None) => (),
        "an applied commit without a precondition, because the session has expired"
    );
    let session = case.load(&user).await?.session;
    ensure!(
        matches!(session, Session::Expired(_)),
        "the repeated attempt revived the session: {session:?}"
    );
    Ok(())
}
