//! Tokens are independent of the session, and are put over the expected one only.

use super::case::Case;
use super::requests::{LONG, commit, following, put};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::id::CommitId;
use crate::store::{
    CommitOutcome, CommitRequest, ExpectedToken, LeaseHolder, Session, StoredToken, TokenOutcome,
};

pub(super) async fn reading_a_token_changes_nothing(case: Case) -> CaseResult {
    let user = case.user("a")?;
    ensure!(case.token(&user).await?.is_none(), "a new user has a token");
    let token = StoredToken::new("token");
    case.write(&user, "{}", case.short()).await?;
    case.put_any(&user, &token, case.short()).await?;
    // Half a lifetime, then three quarters: what was not prolonged is gone after both.
    case.sleep(case.short() / 2).await;
    ensure!(
        case.token(&user).await? == Some(token),
        "the token was not read as it was put"
    );
    case.load(&user).await?;
    case.sleep(case.short() * 3 / 4).await;
    ensure!(
        case.token(&user).await?.is_none(),
        "reading the token or the session prolonged the token"
    );
    let session = case.load(&user).await?.session;
    ensure!(
        matches!(session, Session::Expired(_)),
        "reading the token prolonged the session: {session:?}"
    );
    Ok(())
}

pub(super) async fn longest_token_is_kept(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("t".repeat(case.longest_text().await?));
    case.put_any(&user, &token, LONG).await?;
    ensure!(
        case.token(&user).await? == Some(token),
        "the longest token was not read as it was put"
    );
    Ok(())
}

pub(super) async fn token_ends_at_its_own_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    case.put_any(&user, &token, case.short()).await?;
    case.write(&user, "{}", LONG).await?;
    ensure!(
        case.token(&user).await? == Some(token),
        "a commit changed the token"
    );
    case.sleep(case.short() / 2).await;
    case.write(&user, "{}", LONG).await?;
    case.sleep(case.short() * 3 / 4).await;
    ensure!(
        case.token(&user).await?.is_none(),
        "the token outlived its time"
    );
    extract!(
        case.load(&user).await?.session,
        Session::Live(_) => (),
        "the session to outlive its token"
    );
    Ok(())
}

pub(super) async fn token_call_leaves_the_session_alone(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    let first = case.write(&user, "{}", case.short()).await?;
    case.put_any(&user, &token, LONG).await?;
    let _ = case.acquire(&user, &LeaseHolder::random(), LONG).await?;
    ensure!(
        case.load(&user).await?.precondition == first.precondition,
        "a token call changed the precondition of the session"
    );
    let id = CommitId::random();
    let next = following(Some(first.record.version), "{}");
    let request = CommitRequest {
        ttl: case.short(),
        ..commit(&id, &first.precondition, &next)
    };
    case.apply(&user, request).await?;
    case.put_any(&user, &token, LONG).await?;
    case.sleep(case.short() * 4 / 3).await;
    extract!(
        case.load(&user).await?.session,
        Session::Expired(_) => (),
        "a session that a token call did not prolong"
    );
    ensure!(
        case.token(&user).await? == Some(token),
        "the token ended with the session"
    );
    Ok(())
}

pub(super) async fn token_call_revives_no_session(case: Case) -> CaseResult {
    let new = case.user("a")?;
    let expired = case.user("b")?;
    let token = StoredToken::new("token");
    case.write(&expired, "{}", case.short()).await?;
    case.sleep(case.short() * 2).await;
    // A token of a user without a session must not make one look new or live.
    for user in [&new, &expired] {
        case.put_any(user, &token, LONG).await?;
    }
    extract!(
        case.load(&new).await?.session,
        Session::New => (),
        "a new user to have no session after a token call"
    );
    extract!(
        case.load(&expired).await?.session,
        Session::Expired(_) => (),
        "an expired session to stay expired after a token call"
    );
    Ok(())
}

pub(super) async fn commit_drops_the_token_only_if_told(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    case.put_any(&user, &token, LONG).await?;
    let first = case.write(&user, "{}", LONG).await?;
    ensure!(
        case.token(&user).await? == Some(token),
        "a commit changed the token without being told to"
    );
    let id = CommitId::random();
    let next = following(Some(first.record.version), "{}");
    let request = CommitRequest {
        drop_token: true,
        ..commit(&id, &first.precondition, &next)
    };
    case.apply(&user, request).await?;
    ensure!(
        case.token(&user).await?.is_none(),
        "a commit that drops the token left it in the store"
    );
    extract!(
        case.load(&user).await?.session,
        Session::Live(_) => (),
        "a live session after a commit that dropped the token"
    );
    Ok(())
}

pub(super) async fn refused_commit_drops_no_token(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    let stale = case.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    case.write(&user, r#"{"n":2}"#, LONG).await?;
    case.put_any(&user, &token, LONG).await?;
    let id = CommitId::random();
    let record = following(None, "{}");
    let request = CommitRequest {
        drop_token: true,
        ..commit(&id, &stale, &record)
    };
    extract!(
        case.commit(&user, request).await?,
        CommitOutcome::Conflict(_) => (),
        "a stale commit to be refused"
    );
    ensure!(
        case.token(&user).await? == Some(token),
        "a refused commit dropped the token"
    );
    Ok(())
}

pub(super) async fn token_is_put_over_the_expected_one_only(case: Case) -> CaseResult {
    use ExpectedToken::{Absent, Any, Exactly};
    let user = case.user("a")?;
    let one = StoredToken::new("one");
    let two = StoredToken::new("two");
    let conflict = |current: Option<&StoredToken>| TokenOutcome::Conflict {
        current: current.cloned(),
    };
    for (token, expected, outcome, situation) in [
        (
            &one,
            Exactly(&two),
            conflict(None),
            "a token is expected and the user has no token",
        ),
        (
            &one,
            Absent,
            TokenOutcome::Stored,
            "no token is expected and the user has no token",
        ),
        (
            &two,
            Absent,
            conflict(Some(&one)),
            "no token is expected and the user has one",
        ),
        (
            &two,
            Exactly(&two),
            conflict(Some(&one)),
            "another token is expected than the stored one",
        ),
        (
            &two,
            Exactly(&one),
            TokenOutcome::Stored,
            "the stored token is expected",
        ),
        (&one, Any, TokenOutcome::Stored, "any token is expected"),
    ] {
        let answer = case.put(&user, put(Some(token), expected)).await?;
        ensure!(
            answer == outcome,
            "if {situation}, a put is answered {answer:?}, not {outcome:?}"
        );
    }
    ensure!(
        case.token(&user).await? == Some(one),
        "the token is not the one that was put last"
    );
    Ok(())
}

pub(super) async fn one_of_many_first_tokens_is_stored(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let outcomes = case.at_once(16, |case, n| {
        let user = user.clone();
        let token = StoredToken::new(format!("token {n}"));
        async move {
            let first = put(Some(&token), ExpectedToken::Absent);
            match case.put(&user, first).await? {
                TokenOutcome::Stored => Ok(Some(token)),
                TokenOutcome::Conflict { current: Some(_) } => Ok(None),
                other => Err(Violation::unexpected(
                    "a token to be stored, or to be refused with the stored one",
                    &other,
                )),
            }
        }
    });
    let stored: Vec<_> = outcomes.await?.into_iter().flatten().collect();
    ensure!(
        stored.len() == 1,
        "of 16 first tokens put at once, {} were stored",
        stored.len()
    );
    ensure!(
        case.token(&user).await?.as_ref() == stored.first(),
        "the token in the store is not the one that was said to be stored"
    );
    Ok(())
}

pub(super) async fn token_is_removed(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    let other = StoredToken::new("other");
    case.put_any(&user, &token, LONG).await?;
    let refused = case
        .put(&user, put(None, ExpectedToken::Exactly(&other)))
        .await?;
    let conflict = TokenOutcome::Conflict {
        current: Some(token.clone()),
    };
    ensure!(
        refused == conflict,
        "the removal of a token that is not the stored one is answered {refused:?}"
    );
    let removed = case
        .put(&user, put(None, ExpectedToken::Exactly(&token)))
        .await?;
    ensure!(
        removed == TokenOutcome::Stored,
        "the removal of the stored token is answered {removed:?}"
    );
    ensure!(
        case.token(&user).await?.is_none(),
        "a removed token is still in the store"
    );
    Ok(())
}
