//! Tokens are independent of the session, and are put over the expected one only.

use std::time::Duration;

use tokio::time::Instant;

use super::cancellation::polled;
use super::deadlines::back_by;
use super::trial::{LONG, Trial, commit, following, put, soon};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::id::CommitId;
use crate::store::{
    CommitOutcome, CommitRequest, ExpectedToken, Lease, LeaseHolder, Session, StoredToken,
    TokenOutcome, TokenPut,
};

pub(super) async fn reading_a_token_changes_nothing(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    ensure!(
        trial.token(&user).await?.is_none(),
        "a new user has a token"
    );
    let token = StoredToken::new("token");
    trial.write(&user, "{}", trial.short()).await?;
    trial.put_any(&user, &token, trial.short()).await?;
    trial.sleep(trial.short() / 2).await;
    ensure!(
        trial.token(&user).await? == Some(token),
        "the token was not read as it was put"
    );
    trial.load(&user).await?;
    trial.sleep(trial.short() * 3 / 4).await;
    ensure!(
        trial.token(&user).await?.is_none(),
        "reading the token or the session prolonged the token"
    );
    let session = trial.load(&user).await?.session;
    ensure!(
        matches!(session, Session::Expired(_)),
        "reading the token prolonged the session: {session:?}"
    );
    Ok(())
}

pub(super) async fn longest_token_is_kept(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("t".repeat(trial.longest_text().await?));
    trial.put_any(&user, &token, LONG).await?;
    ensure!(
        trial.token(&user).await? == Some(token),
        "the longest token was not read as it was put"
    );
    Ok(())
}

pub(super) async fn token_ends_at_its_own_time(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    trial.put_any(&user, &token, trial.short()).await?;
    trial.write(&user, "{}", LONG).await?;
    ensure!(
        trial.token(&user).await? == Some(token),
        "a commit changed the token"
    );
    trial.sleep(trial.short() / 2).await;
    trial.write(&user, "{}", LONG).await?;
    trial.sleep(trial.short() * 3 / 4).await;
    ensure!(
        trial.token(&user).await?.is_none(),
        "the token outlived its time"
    );
    answered!(
        trial.load(&user).await?.session,
        Session::Live(_) => (),
        "the session to outlive its token"
    );
    Ok(())
}

pub(super) async fn token_call_leaves_the_session_alone(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    let first = trial.write(&user, "{}", trial.short()).await?;
    trial.put_any(&user, &token, LONG).await?;
    let _ = trial.acquire(&user, &LeaseHolder::random(), LONG).await?;
    ensure!(
        trial.load(&user).await?.precondition == first.precondition,
        "a token call changed the precondition of the session"
    );
    let id = CommitId::random();
    let next = following(Some(first.record.version), "{}");
    let request = CommitRequest {
        ttl: trial.short(),
        ..commit(&id, &first.precondition, &next)
    };
    trial.apply(&user, request).await?;
    trial.put_any(&user, &token, LONG).await?;
    trial.sleep(trial.short() * 4 / 3).await;
    answered!(
        trial.load(&user).await?.session,
        Session::Expired(_) => (),
        "a session that a token call did not prolong"
    );
    ensure!(
        trial.token(&user).await? == Some(token),
        "the token ended with the session"
    );
    Ok(())
}

pub(super) async fn token_call_revives_no_session(trial: Trial) -> Verdict {
    let new = trial.user("a")?;
    let expired = trial.user("b")?;
    let token = StoredToken::new("token");
    trial.write(&expired, "{}", trial.short()).await?;
    trial.sleep(trial.short() * 2).await;
    for user in [&new, &expired] {
        trial.put_any(user, &token, LONG).await?;
    }
    answered!(
        trial.load(&new).await?.session,
        Session::New => (),
        "a new user to have no session after a token call"
    );
    answered!(
        trial.load(&expired).await?.session,
        Session::Expired(_) => (),
        "an expired session to stay expired after a token call"
    );
    Ok(())
}

pub(super) async fn commit_drops_the_token_only_if_told(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    trial.put_any(&user, &token, LONG).await?;
    let first = trial.write(&user, "{}", LONG).await?;
    ensure!(
        trial.token(&user).await? == Some(token),
        "a commit changed the token without being told to"
    );
    let id = CommitId::random();
    let next = following(Some(first.record.version), "{}");
    let request = CommitRequest {
        drop_token: true,
        ..commit(&id, &first.precondition, &next)
    };
    trial.apply(&user, request).await?;
    ensure!(
        trial.token(&user).await?.is_none(),
        "a commit that drops the token left it in the store"
    );
    answered!(
        trial.load(&user).await?.session,
        Session::Live(_) => (),
        "a live session after a commit that dropped the token"
    );
    Ok(())
}

pub(super) async fn refused_commit_drops_no_token(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    let stale = trial.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    trial.write(&user, r#"{"n":2}"#, LONG).await?;
    trial.put_any(&user, &token, LONG).await?;
    let id = CommitId::random();
    let record = following(None, "{}");
    let request = CommitRequest {
        drop_token: true,
        ..commit(&id, &stale, &record)
    };
    answered!(
        trial.commit(&user, request).await?,
        CommitOutcome::Conflict(_) => (),
        "a stale commit to be refused"
    );
    ensure!(
        trial.token(&user).await? == Some(token),
        "a refused commit dropped the token"
    );
    Ok(())
}

pub(super) async fn token_is_put_over_the_expected_one_only(trial: Trial) -> Verdict {
    use ExpectedToken::{Absent, Any, Exactly};
    let user = trial.user("a")?;
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
            "a token is expected and there is none",
        ),
        (
            &one,
            Absent,
            TokenOutcome::Stored,
            "no token is expected and there is none",
        ),
        (
            &two,
            Absent,
            conflict(Some(&one)),
            "no token is expected and there is one",
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
        let answer = trial.put(&user, put(Some(token), expected)).await?;
        ensure!(
            answer == outcome,
            "if {situation}, a put is answered {answer:?}, not {outcome:?}"
        );
    }
    ensure!(
        trial.token(&user).await? == Some(one),
        "the token is not the one that was put last"
    );
    Ok(())
}

pub(super) async fn one_of_many_first_tokens_is_stored(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let outcomes = trial.at_once(16, |trial, n| {
        let user = user.clone();
        let token = StoredToken::new(format!("token {n}"));
        async move {
            let first = put(Some(&token), ExpectedToken::Absent);
            match trial.put(&user, first).await? {
                TokenOutcome::Stored => Ok(Some(token)),
                TokenOutcome::Conflict { current: Some(_) } => Ok(None),
                other => Err(Violation::instead_of(
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
        trial.token(&user).await?.as_ref() == stored.first(),
        "the token in the store is not the one that was said to be stored"
    );
    Ok(())
}

pub(super) async fn token_is_removed(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    let other = StoredToken::new("other");
    trial.put_any(&user, &token, LONG).await?;
    let refused = trial
        .put(&user, put(None, ExpectedToken::Exactly(&other)))
        .await?;
    let conflict = TokenOutcome::Conflict {
        current: Some(token.clone()),
    };
    ensure!(
        refused == conflict,
        "the removal of a token that is not the stored one is answered {refused:?}"
    );
    let removed = trial
        .put(&user, put(None, ExpectedToken::Exactly(&token)))
        .await?;
    ensure!(
        removed == TokenOutcome::Stored,
        "the removal of the stored token is answered {removed:?}"
    );
    ensure!(
        trial.token(&user).await?.is_none(),
        "a removed token is still in the store"
    );
    Ok(())
}

pub(super) async fn delete_leaves_no_token_and_no_lease(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    trial
        .put_any(&user, &StoredToken::new("token"), LONG)
        .await?;
    let _ = trial.acquire(&user, &LeaseHolder::random(), LONG).await?;
    trial.store().delete(&user, soon()).await?;
    ensure!(
        trial.token(&user).await?.is_none(),
        "the token of a deleted user is still in the store"
    );
    answered!(
        trial.acquire(&user, &LeaseHolder::random(), LONG).await?,
        Lease::Acquired => (),
        "the lease of a deleted user to be free"
    );
    Ok(())
}

pub(super) async fn tokens_of_similar_user_ids_are_apart(trial: Trial) -> Verdict {
    let mut seen = Vec::new();
    for name in super::users::SIMILAR {
        let user = trial.user(name)?;
        let token = StoredToken::new(format!("token of {name}"));
        let found = trial.token(&user).await?;
        ensure!(
            found.is_none(),
            "a new user whose id is similar to another one has a token"
        );
        trial.put_any(&user, &token, LONG).await?;
        let lease = trial.acquire(&user, &LeaseHolder::random(), LONG).await?;
        ensure!(
            lease == Lease::Acquired,
            "the lease of {name} is held for another user: {lease:?}"
        );
        seen.push((name, user, token));
    }
    if let Some((_, deleted, _)) = seen.pop() {
        trial.store().delete(&deleted, soon()).await?;
    }
    for (name, user, token) in seen {
        ensure!(
            trial.token(&user).await? == Some(token),
            "the token of {name} was changed by calls for others"
        );
    }
    Ok(())
}

pub(super) async fn dropped_token_call_took_effect_or_not(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let old = StoredToken::new("old");
    for polls in 0..6 {
        trial.put_any(&user, &old, LONG).await?;
        let new = StoredToken::new(format!("new {polls}"));
        let request = put(Some(&new), ExpectedToken::Exactly(&old));
        let _ = polled(polls, trial.tokens()?.put_token(&user, request)).await;
        let found = trial.token(&user).await?;
        ensure!(
            found.as_ref() == Some(&old) || found.as_ref() == Some(&new),
            "after a put that was dropped after {polls} polls, neither token is in the store"
        );
        // What is still on its way must not take effect after the next put either.
        trial.put_any(&user, &old, LONG).await?;
    }
    Ok(())
}

pub(super) async fn silent_store_fails_token_calls_in_time(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let token = StoredToken::new("token");
    trial.put_any(&user, &token, LONG).await?;
    trial.stall().await?;
    let answers = unanswered_calls(&trial).await;
    trial.resume().await?;
    answers?;
    ensure!(
        trial.token(&user).await? == Some(token),
        "the token was changed by calls for another user"
    );
    Ok(())
}

/// Every token call, to a store that does not answer.
async fn unanswered_calls(trial: &Trial) -> Verdict {
    // A user of its own: a put that failed may still be carried out.
    let user = trial.user("b")?;
    let tokens = trial.tokens()?;
    let holder = LeaseHolder::random();
    let token = StoredToken::new("late");
    let deadline = || Instant::now() + Duration::from_millis(300);

    let end = deadline();
    let found = back_by(end, "load_token", tokens.load_token(&user, end)).await?;
    ensure!(
        found.is_err(),
        "a silent store answers load_token with {found:?}"
    );
    let end = deadline();
    let request = TokenPut {
        deadline: end,
        ..put(Some(&token), ExpectedToken::Any)
    };
    let stored = back_by(end, "put_token", tokens.put_token(&user, request)).await?;
    ensure!(
        stored.is_err(),
        "a silent store answers put_token with {stored:?}"
    );
    let end = deadline();
    let call = tokens.acquire_refresh_lease(&user, &holder, LONG, end);
    let lease = back_by(end, "acquire_refresh_lease", call).await?;
    ensure!(
        lease.is_err(),
        "a silent store answers acquire_refresh_lease with {lease:?}"
    );
    let end = deadline();
    let call = tokens.release_refresh_lease(&user, &holder, end);
    let released = back_by(end, "release_refresh_lease", call).await?;
    ensure!(
        released.is_err(),
        "a silent store answers release_refresh_lease"
    );
    Ok(())
}
