//! A commit applies to what it was decided on, and to nothing else.

use std::sync::Arc;

use super::trial::{LONG, Trial, after, commit, following, soon};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{CommitOutcome, Loaded, Session};

pub(super) async fn a_stale_commit_is_refused_with_the_session_as_it_is(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let stale = trial.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    let newest = trial.write(&user, r#"{"n":2}"#, LONG).await?;
    let record = following(Some(newest.record.version), r#"{"n":3}"#);
    let outcome = trial
        .commit(&user, commit(&CommitId::random(), &stale, &record))
        .await?;
    let current = answered!(outcome, CommitOutcome::Conflict(current) => current, "a conflict");
    let shown = matches!(&current.session, Session::Live(read) if *read == newest.record);
    ensure!(
        shown,
        "the refusal carries another session than the newest: {:?}",
        current.session
    );
    ensure!(
        current.precondition == newest.precondition,
        "the refusal carries another basis than the newest session's"
    );
    ensure!(
        current.commit_status.is_none(),
        "the refusal calls a new commit id recorded: {:?}",
        current.commit_status
    );
    Ok(())
}

pub(super) async fn a_commit_on_a_session_that_expired_meanwhile_is_refused(
    trial: Trial,
) -> Verdict {
    let user = trial.user("a")?;
    let expired = trial.write(&user, "{}", trial.short()).await?;
    trial.sleep(trial.short() * 2).await;
    let next = following(Some(expired.record.version), "{}");
    let outcome = trial
        .commit(
            &user,
            commit(&CommitId::random(), &expired.precondition, &next),
        )
        .await?;
    answered!(
        outcome,
        CommitOutcome::Conflict(Loaded { session: Session::Expired(_), .. }) => (),
        "a conflict that shows the session as expired"
    );
    Ok(())
}

pub(super) async fn a_commit_on_nothing_is_refused_where_there_is_something(
    trial: Trial,
) -> Verdict {
    let user = trial.user("a")?;
    let nothing = trial.load(&user).await?;
    trial.write(&user, "{}", LONG).await?;
    let record = after(&nothing, "{}");
    let outcome = trial
        .commit(
            &user,
            commit(&CommitId::random(), &nothing.precondition, &record),
        )
        .await?;
    answered!(
        outcome,
        CommitOutcome::Conflict(Loaded { session: Session::Live(_), .. }) => (),
        "a conflict that shows the live session"
    );
    Ok(())
}

/// The tag tells two branches at one revision apart.
pub(super) async fn a_commit_on_an_older_session_of_the_same_content_is_refused(
    trial: Trial,
) -> Verdict {
    let user = trial.user("a")?;
    let lost = trial.write(&user, "{}", LONG).await?.precondition;
    trial.store().delete(&user, soon()).await?;
    let other = trial.write(&user, "{}", LONG).await?.record;
    let record = following(Some(other.version), "{}");
    let outcome = trial
        .commit(&user, commit(&CommitId::random(), &lost, &record))
        .await?;
    answered!(outcome, CommitOutcome::Conflict(_) => (), "a conflict, since the other session of this revision is gone");
    Ok(())
}

pub(super) async fn an_expired_session_is_begun_anew(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let old = trial
        .write(&user, r#"{"old":1}"#, trial.short())
        .await?
        .record
        .version;
    trial.sleep(trial.short() * 2).await;
    let new = trial.write(&user, "{}", LONG).await?.record.version;
    ensure!(
        new.revision == old.revision + 1,
        "revision {} was followed by {}",
        old.revision,
        new.revision
    );
    let state = trial.state(&user).await?;
    ensure!(
        state.as_deref() == Some("{}"),
        "the new session's state is {state:?}"
    );
    Ok(())
}

pub(super) async fn of_many_commits_on_one_session_one_applies(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", LONG).await?;
    let outcomes = trial.at_once(16, |trial, n| {
        let (user, precondition) = (user.clone(), first.precondition.clone());
        let record = following(Some(first.record.version), &format!(r#"{{"n":{n}}}"#));
        async move {
            match trial
                .commit(&user, commit(&CommitId::random(), &precondition, &record))
                .await?
            {
                CommitOutcome::Applied(_) => Ok(Some(record.data.clone())),
                CommitOutcome::Conflict(_) => Ok(None),
                other => Err(Violation::instead_of(
                    "an applied commit or a conflict",
                    &other,
                )),
            }
        }
    });
    let winners: Vec<_> = outcomes.await?.into_iter().flatten().collect();
    ensure!(
        winners.len() == 1,
        "of 16 commits on one session {} applied",
        winners.len()
    );
    let state = trial.state(&user).await?;
    ensure!(
        state.as_ref() == winners.first(),
        "the commit that applied is not the one that stands: {state:?}"
    );
    Ok(())
}

pub(super) async fn the_basis_of_a_commit_serves_the_next(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", LONG).await?;
    let (mut record, mut precondition) = (first.record, first.precondition);
    for n in 0..3 {
        let option = (n == 1).then_some("asking".into());
        record = Arc::new(Record {
            option,
            ..Record::clone(&following(Some(record.version), "{}"))
        });
        precondition = trial
            .apply(&user, commit(&CommitId::random(), &precondition, &record))
            .await?;
        ensure!(
            trial.load(&user).await?.precondition == precondition,
            "a load gives another basis than the commit before it"
        );
    }
    Ok(())
}
