//! A commit that is not the user's does no harm to the session.

use std::sync::Arc;

use super::requests::{adds, announces, bodies, concludes, random_key};
use crate::error::StoreError;
use crate::id::CommitId;
use crate::session::Record;
use crate::store::conformance::case::Case;
use crate::store::conformance::requests::{LONG, commit, following, is_applied};
use crate::store::conformance::violation::{CaseResult, ensure, extract};
use crate::store::{
    CommitOutcome, CommitRequest, Outbox, OutboxChanges, OutboxCommit, Session, SessionWrite,
    StoredToken, WakeUp,
};

fn writing<'a>(session: SessionWrite, changes: OutboxChanges<'a>) -> OutboxChanges<'a> {
    OutboxChanges { session, ..changes }
}

pub(crate) async fn kept_expiry_ends_the_session_as_before(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let life = case.short() * 3;
    let keep = writing(SessionWrite::KeepExpiry, adds(b"1"));
    case.send_data(&user, "{}", life, adds(b"1")).await?;
    case.sleep(case.short()).await;
    let sent = case.send_data(&user, r#"{"n":2}"#, LONG, keep).await?;
    let data = case.data(&user).await?;
    ensure!(
        data.as_deref() == Some(r#"{"n":2}"#),
        "after a commit that keeps the expiry, the data is {data:?}"
    );
    let next = case.load(&user).await?.precondition;
    ensure!(
        sent.next.as_ref() == Some(&next),
        "the commit returned another precondition than that of the session it made"
    );
    case.sleep(case.short() * 8 / 3).await;
    let tombstone = extract!(
        case.load(&user).await?.session,
        Session::Expired(tombstone) => tombstone,
        "the session to end when it would have ended before"
    );
    ensure!(
        tombstone == sent.record.tombstone(),
        "the tombstone is not that of the newest session: {tombstone:?}"
    );
    let record = following(Some(sent.record.version), "{}");
    let id = CommitId::random();
    extract!(
        case.commit_with(&user, commit(&id, &next, &record), keep).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Conflict(_), .. } => (),
        "a conflict, because the session has expired"
    );
    Ok(())
}

pub(crate) async fn tombstone_commit_leaves_it_expired(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    case.send_data(&user, "{}", case.short(), announces(key))
        .await?;
    case.sleep(case.short() * 4 / 3).await;
    let expired = case.load(&user).await?;
    let record = Arc::new(Record {
        stage: "paid".into(),
        option: Some("tea".into()),
        ..Record::clone(&following(expired.session.version(), r#"{"n":2}"#))
    });
    let changes = writing(
        SessionWrite::Tombstone,
        OutboxChanges {
            reply: adds(b"1").reply,
            ..concludes(key)
        },
    );
    let id = CommitId::random();
    let request = commit(&id, &expired.precondition, &record);
    extract!(
        case.commit_with(&user, request, changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
        "an applied commit"
    );
    let loaded = case.load_with(&user, &id).await?;
    let tombstone = extract!(
        loaded.session,
        Session::Expired(tombstone) => tombstone,
        "the session to be expired still"
    );
    ensure!(
        tombstone == record.tombstone(),
        "the tombstone is not that of the record: {tombstone:?}"
    );
    let status = loaded.commit_status;
    ensure!(
        status
            .as_ref()
            .is_some_and(|status| is_applied(status, record.version)),
        "the status of the commit is {status:?}"
    );
    // A user's commit that was decided before this one must not be applied over it.
    let again = CommitId::random();
    let stale = commit(&again, &expired.precondition, &record);
    extract!(
        case.commit(&user, stale).await?,
        CommitOutcome::Conflict(_) => (),
        "a conflict, because the tombstone has another version"
    );
    case.write(&user, "{}", LONG).await?;
    Ok(())
}

pub(crate) async fn commit_of_no_session_changes_none(case: Case) -> CaseResult {
    let new = case.user("new")?;
    let known = case.user("known")?;
    let never = case.load(&new).await?.precondition;
    let written = case.write(&known, "{}", LONG).await?;
    for (user, before) in [(&new, &never), (&known, &written.precondition)] {
        let id = CommitId::random();
        // Its precondition is not checked, so that of a new user is as good as any.
        let record = following(None, r#"{"n":2}"#);
        let changes = writing(SessionWrite::Nothing, adds(b"1"));
        let request = commit(&id, &never, &record);
        extract!(
            case.commit_with(user, request.clone(), changes).await?,
            OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
            "an applied commit"
        );
        let now = case.load_with(user, &id).await?;
        ensure!(
            now.precondition == *before,
            "a commit that writes no session left {:?}",
            now.session
        );
        let status = now.commit_status;
        ensure!(
            status
                .as_ref()
                .is_some_and(|status| is_applied(status, record.version)),
            "the status of a commit that wrote no session is {status:?}"
        );
        let other = following(None, "{}");
        // Its id is recorded all the same.
        let again = CommitRequest {
            record: &other,
            ..request
        };
        extract!(
            case.commit_with(user, again, changes).await?,
            OutboxCommit::Answered { outcome: CommitOutcome::Duplicate { .. }, .. } => (),
            "a duplicate"
        );
        let outbox = case.outbox(user).await?;
        ensure!(
            bodies(&outbox) == [b"1"],
            "one commit that was sent twice left {outbox:?}"
        );
    }
    Ok(())
}

pub(crate) async fn conclusion_expects_the_session_it_leaves(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let key = random_key()?;
    case.send(&user, announces(key)).await?;
    let seen = case.load(&user).await?;
    let sent = case.send(&user, adds(b"1")).await?;
    let changes = writing(SessionWrite::Nothing, concludes(key));
    let id = CommitId::random();
    let record = following(Some(sent.record.version), "{}");
    let late = commit(&id, &seen.precondition, &record);
    extract!(
        case.commit_with(&user, late, changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Conflict(_), .. } => (),
        "a conflict, because the session is another than the conclusion was decided on"
    );
    let now = case.load(&user).await?;
    let request = commit(&id, &now.precondition, &record);
    extract!(
        case.commit_with(&user, request, changes).await?,
        OutboxCommit::Answered { outcome: CommitOutcome::Applied(_), .. } => (),
        "an applied commit"
    );
    ensure!(
        case.load(&user).await?.session.version() == Some(sent.record.version),
        "a conclusion that writes no session made a version"
    );
    Ok(())
}

pub(crate) async fn own_commits_drop_no_token(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    case.put_any(&user, &token, LONG).await?;
    case.write(&user, "{}", case.short()).await?;
    let kept = |session| writing(session, OutboxChanges::default());
    case.send(&user, kept(SessionWrite::KeepExpiry)).await?;
    case.sleep(case.short() * 4 / 3).await;
    case.send(&user, kept(SessionWrite::Nothing)).await?;
    let loaded = case.load(&user).await?;
    let record = following(loaded.session.version(), "{}");
    let id = CommitId::random();
    let request = commit(&id, &loaded.precondition, &record);
    let _ = case
        .commit_with(&user, request, kept(SessionWrite::Tombstone))
        .await?;
    ensure!(
        case.token(&user).await? == Some(token),
        "the token is gone after commits that were not told to drop it"
    );
    let id = CommitId::random();
    let request = CommitRequest {
        drop_token: true,
        ..commit(&id, &loaded.precondition, &record)
    };
    let _ = case
        .commit_with(&user, request, kept(SessionWrite::Nothing))
        .await?;
    ensure!(
        case.token(&user).await?.is_none(),
        "the token is there after a commit that was told to drop it"
    );
    Ok(())
}

pub(crate) async fn wake_up_without_a_version_is_refused(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let before = case.load(&user).await?;
    let id = CommitId::random();
    let record = following(None, "{}");
    let changes = OutboxChanges {
        wake_up: WakeUp::After(LONG),
        ..writing(SessionWrite::Nothing, adds(b"1"))
    };
    let request = commit(&id, &before.precondition, &record);
    extract!(
        case.outboxes()?.commit_with(&user, request, changes).await,
        Err(StoreError::Misconfigured { .. }) => (),
        "an error, because there is no version that the wake-up can be bound to"
    );
    let now = case.load_with(&user, &id).await?;
    let outbox = case.outbox(&user).await?;
    ensure!(
        now.commit_status.is_none() && outbox == Outbox::default(),
        "a commit that was refused left {outbox:?}"
    );
    Ok(())
}
