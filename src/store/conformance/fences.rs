//! Resolve says for good whether a commit was applied.

use super::trial::{LONG, Trial, after, commit, following, is_applied, soon};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, Session};

pub(super) async fn resolve_knows_an_applied_commit(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let written = trial.write(&user, "{}", trial.short()).await?;
    for when in ["at once", "when the session has moved on and expired"] {
        let answer = trial.store().resolve(&user, &written.id, soon()).await?;
        ensure!(
            is_applied(&answer, written.record.version),
            "{when}, resolve says {answer:?} of an applied commit"
        );
        trial.write(&user, "{}", trial.short()).await?;
        trial.sleep(trial.short() * 2).await;
    }
    Ok(())
}

pub(super) async fn resolve_fences_an_unknown_commit(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let found = trial.load(&user).await?;
    let record = after(&found, "{}");
    for _ in 0..2 {
        let answer = trial.store().resolve(&user, &id, soon()).await?;
        ensure!(
            answer == CommitStatus::Fenced,
            "resolve says {answer:?} of a commit that never was"
        );
        let outcome = trial
            .commit(&user, commit(&id, &found.precondition, &record))
            .await?;
        answered!(outcome, CommitOutcome::Fenced => (), "a fenced commit");
    }
    answered!(
        trial.load_under(&user, &id).await?,
        Loaded { session: Session::New, commit_status: Some(CommitStatus::Fenced), .. } => (),
        "no session, and a fence under the commit id"
    );
    Ok(())
}

pub(super) async fn resolve_leaves_the_session_alone(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", trial.short()).await?;
    let fenced = trial
        .store()
        .resolve(&user, &CommitId::random(), soon())
        .await?;
    ensure!(
        fenced == CommitStatus::Fenced,
        "resolve says {fenced:?} of a commit that never was"
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
    let _ = trial
        .store()
        .resolve(&user, &CommitId::random(), soon())
        .await?;
    trial.sleep(trial.short() * 4 / 3).await;
    ensure!(
        trial.state(&user).await?.is_none(),
        "resolve slid the expiry of the session"
    );
    Ok(())
}

pub(super) async fn of_a_commit_and_a_resolve_at_once_both_say_the_same(trial: Trial) -> Verdict {
    for n in 0..16 {
        let (user, id) = (trial.user(&format!("{n}"))?, CommitId::random());
        trial.write(&user, "{}", LONG).await?;
        let found = trial.load(&user).await?;
        let record = after(&found, r#"{"late":true}"#);
        let version = record.version;
        let answers = trial.at_once(2, |trial, task| {
            let (user, precondition, record) =
                (user.clone(), found.precondition.clone(), record.clone());
            async move {
                // Whoever goes first has the better chance, so they take turns.
                if (task + n) % 2 == 0 {
                    let answer = trial.store().resolve(&user, &id, soon()).await?;
                    return Ok(is_applied(&answer, version));
                }
                match trial
                    .commit(&user, commit(&id, &precondition, &record))
                    .await?
                {
                    CommitOutcome::Applied(_) => Ok(true),
                    CommitOutcome::Fenced => Ok(false),
                    other => Err(Violation::instead_of(
                        "an applied or a fenced commit",
                        &other,
                    )),
                }
            }
        });
        let answers = answers.await?;
        ensure!(
            answers
                .iter()
                .all(|applied| answers.first() == Some(applied)),
            "a commit and a resolve at once disagree"
        );
        let stands = trial.load(&user).await?.session.version() == Some(version);
        ensure!(
            answers.first() == Some(&stands),
            "the session is not what a commit and a resolve at once agreed on"
        );
    }
    Ok(())
}
