//! Tokens stand apart from the session, and are put only where the expected one stands.

use super::trial::{LONG, Trial, commit, following, put};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::id::CommitId;
use crate::store::{
    CommitRequest, ExpectedToken, LeaseHolder, Loaded, Session, StoredToken, TokenOutcome,
};

pub(super) async fn a_token_ends_with_its_own_time(trial: Trial) -> Verdict {
    let (user, token) = (trial.user("a")?, StoredToken::new("token"));
    trial.put_any(&user, &token, trial.short()).await?;
    trial.write(&user, "{}", LONG).await?;
    ensure!(
        trial.load(&user).await?.token == Some(token),
        "a commit changed the token"
    );
    trial.sleep(trial.short() / 2).await;
    trial.write(&user, "{}", LONG).await?;
    trial.sleep(trial.short() * 3 / 4).await;
    answered!(
        trial.load(&user).await?,
        Loaded { session: Session::Live(_), token: None, .. } => (),
        "a live session whose token is over"
    );
    Ok(())
}

pub(super) async fn a_token_call_leaves_the_session_alone(trial: Trial) -> Verdict {
    let (user, token) = (trial.user("a")?, StoredToken::new("token"));
    let first = trial.write(&user, "{}", trial.short()).await?;
    trial.put_any(&user, &token, LONG).await?;
    let _ = trial.claim(&user, &LeaseHolder::random(), LONG).await?;
    ensure!(
        trial.load(&user).await?.basis == first.precondition,
        "a token call changed the basis of the session"
    );
    let (id, next) = (
        CommitId::random(),
        following(Some(first.record.version), "{}"),
    );
    trial
        .apply(
            &user,
            CommitRequest {
                ttl: trial.short(),
                ..commit(&id, &first.precondition, &next)
            },
        )
        .await?;
    trial.put_any(&user, &token, LONG).await?;
    trial.sleep(trial.short() * 4 / 3).await;
    answered!(
        trial.load(&user).await?,
        Loaded { session: Session::Expired(_), token: Some(_), .. } => (),
        "a token that outlives its session and did not slide it"
    );
    Ok(())
}

pub(super) async fn a_token_call_revives_no_session(trial: Trial) -> Verdict {
    let (new, expired, token) = (
        trial.user("a")?,
        trial.user("b")?,
        StoredToken::new("token"),
    );
    trial.write(&expired, "{}", trial.short()).await?;
    trial.sleep(trial.short() * 2).await;
    for user in [&new, &expired] {
        trial.put_any(user, &token, LONG).await?;
    }
    answered!(trial.load(&new).await?.session, Session::New => (), "no session where there was none before the token");
    answered!(trial.load(&expired).await?.session, Session::Expired(_) => (), "a session that a token does not revive");
    Ok(())
}

pub(super) async fn a_commit_leaves_the_token_alone_unless_told(trial: Trial) -> Verdict {
    let (user, token) = (trial.user("a")?, StoredToken::new("token"));
    trial.put_any(&user, &token, LONG).await?;
    let first = trial.write(&user, "{}", LONG).await?;
    ensure!(
        trial.load(&user).await?.token == Some(token),
        "a commit changed the token without being told to"
    );
    let (id, next) = (
        CommitId::random(),
        following(Some(first.record.version), "{}"),
    );
    trial
        .apply(
            &user,
            CommitRequest {
                drop_token: true,
                ..commit(&id, &first.precondition, &next)
            },
        )
        .await?;
    answered!(
        trial.load(&user).await?,
        Loaded { session: Session::Live(_), token: None, .. } => (),
        "a live session whose token was dropped"
    );
    Ok(())
}

pub(super) async fn a_token_is_put_where_the_expected_one_stands(trial: Trial) -> Verdict {
    let (user, one, two) = (
        trial.user("a")?,
        StoredToken::new("one"),
        StoredToken::new("two"),
    );
    let refused = |current: Option<&StoredToken>| TokenOutcome::Conflict {
        current: current.cloned(),
    };
    use ExpectedToken::{Absent, Any, Exactly};
    for (token, expected, outcome, situation) in [
        (
            &one,
            Exactly(&two),
            refused(None),
            "another token is expected where there is none",
        ),
        (
            &one,
            Absent,
            TokenOutcome::Stored,
            "none is expected where there is none",
        ),
        (
            &two,
            Absent,
            refused(Some(&one)),
            "none is expected where there is one",
        ),
        (
            &two,
            Exactly(&two),
            refused(Some(&one)),
            "another token is expected than the one there",
        ),
        (
            &two,
            Exactly(&one),
            TokenOutcome::Stored,
            "the one there is expected",
        ),
        (&one, Any, TokenOutcome::Stored, "any is expected"),
    ] {
        let answer = trial.put(&user, put(Some(token), expected)).await?;
        ensure!(
            answer == outcome,
            "where {situation}, a put is answered {answer:?}, not {outcome:?}"
        );
    }
    ensure!(
        trial.load(&user).await?.token == Some(one),
        "the token is not the one that was put last"
    );
    Ok(())
}

pub(super) async fn of_many_tokens_put_at_once_where_there_is_none_one_is_stored(
    trial: Trial,
) -> Verdict {
    let user = trial.user("a")?;
    let outcomes = trial.at_once(16, |trial, n| {
        let (user, token) = (user.clone(), StoredToken::new(format!("token {n}")));
        async move {
            match trial
                .put(&user, put(Some(&token), ExpectedToken::Absent))
                .await?
            {
                TokenOutcome::Stored => Ok(Some(token)),
                TokenOutcome::Conflict { current: Some(_) } => Ok(None),
                other => Err(Violation::instead_of(
                    "a token that is stored, or refused by another",
                    &other,
                )),
            }
        }
    });
    let stored: Vec<_> = outcomes.await?.into_iter().flatten().collect();
    ensure!(
        stored.len() == 1,
        "of 16 tokens put where there was none {} were stored",
        stored.len()
    );
    ensure!(
        trial.load(&user).await?.token.as_ref() == stored.first(),
        "the token that was stored is not the one that stands"
    );
    Ok(())
}

pub(super) async fn a_token_is_removed(trial: Trial) -> Verdict {
    let (user, token, other) = (
        trial.user("a")?,
        StoredToken::new("token"),
        StoredToken::new("other"),
    );
    trial.put_any(&user, &token, LONG).await?;
    let refused = trial
        .put(&user, put(None, ExpectedToken::Exactly(&other)))
        .await?;
    let stands = TokenOutcome::Conflict {
        current: Some(token.clone()),
    };
    ensure!(
        refused == stands,
        "the removal of another token than the one there is answered {refused:?}"
    );
    let removed = trial
        .put(&user, put(None, ExpectedToken::Exactly(&token)))
        .await?;
    ensure!(
        removed == TokenOutcome::Stored,
        "the removal of the token there is answered {removed:?}"
    );
    ensure!(
        trial.load(&user).await?.token.is_none(),
        "a token that was removed is still there"
    );
    Ok(())
}
