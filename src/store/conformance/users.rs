//! Users are isolated, and deleting one leaves nothing of that user.

use super::case::Case;
use super::requests::{LONG, after, commit, soon};
use super::violation::{CaseResult, ensure, extract};
use crate::id::CommitId;
use crate::store::{Lease, LeaseHolder, Loaded, Session, StoredToken};

/// User ids that a careless encoding confuses.
pub(super) const SIMILAR: [&str; 8] = ["a", "A", "ab", "a.b", "a-b", "a+b", "a@b", "b"];

pub(super) async fn delete_leaves_no_session_and_no_commit_id(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let id = case.write(&user, "{}", LONG).await?.id;
    let fenced = CommitId::random();
    let _ = case.store().resolve(&user, &fenced, soon()).await?;
    case.store().delete(&user, soon()).await?;
    for id in [&id, &fenced] {
        extract!(
            case.load_with(&user, id).await?,
            Loaded { session: Session::New, commit_status: None, .. } => (),
            "nothing of a deleted user"
        );
    }
    let loaded = case.load(&user).await?;
    let record = after(&loaded, "{}");
    case.apply(&user, commit(&fenced, &loaded.precondition, &record))
        .await?;
    Ok(())
}

pub(super) async fn delete_leaves_no_token_and_no_lease(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.put_any(&user, &StoredToken::new("token"), LONG)
        .await?;
    let _ = case.acquire(&user, &LeaseHolder::random(), LONG).await?;
    case.store().delete(&user, soon()).await?;
    ensure!(
        case.token(&user).await?.is_none(),
        "the token of a deleted user is still in the store"
    );
    extract!(
        case.acquire(&user, &LeaseHolder::random(), LONG).await?,
        Lease::Acquired => (),
        "the lease of a deleted user to be free"
    );
    Ok(())
}

pub(super) async fn delete_of_an_unknown_user_succeeds(case: Case) -> CaseResult {
    Ok(case.store().delete(&case.user("a")?, soon()).await?)
}

pub(super) async fn similar_user_ids_are_isolated(case: Case) -> CaseResult {
    // One commit id for all: it belongs to each user separately.
    let id = CommitId::random();
    let mut seen = Vec::new();
    for name in SIMILAR {
        let user = case.user(name)?;
        extract!(
            case.load_with(&user, &id).await?,
            Loaded { session: Session::New, commit_status: None, .. } => (),
            "nothing of a new user whose id is similar to another one"
        );
        let loaded = case.load(&user).await?;
        let record = after(&loaded, &format!(r#"{{"of":"{name}"}}"#));
        let precondition = case
            .apply(&user, commit(&id, &loaded.precondition, &record))
            .await?;
        seen.push((name, user, precondition));
    }
    if let Some((_, deleted, _)) = seen.pop() {
        case.store().delete(&deleted, soon()).await?;
    }
    for (name, user, precondition) in seen {
        ensure!(
            case.load(&user).await?.precondition == precondition,
            "the session of {name} was changed by calls for others"
        );
    }
    Ok(())
}

pub(super) async fn tokens_of_similar_user_ids_are_isolated(case: Case) -> CaseResult {
    let mut seen = Vec::new();
    for name in SIMILAR {
        let user = case.user(name)?;
        let token = StoredToken::new(format!("token of {name}"));
        let loaded = case.token(&user).await?;
        ensure!(
            loaded.is_none(),
            "a new user whose id is similar to another one has a token"
        );
        case.put_any(&user, &token, LONG).await?;
        let lease = case.acquire(&user, &LeaseHolder::random(), LONG).await?;
        ensure!(
            lease == Lease::Acquired,
            "the lease of {name} is held for another user: {lease:?}"
        );
        seen.push((name, user, token));
    }
    if let Some((_, deleted, _)) = seen.pop() {
        case.store().delete(&deleted, soon()).await?;
    }
    for (name, user, token) in seen {
        ensure!(
            case.token(&user).await? == Some(token),
            "the token of {name} was changed by calls for others"
        );
    }
    Ok(())
}
