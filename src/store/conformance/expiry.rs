//! A session lives until `min(now + ttl, began + max_lifetime)`.

use super::trial::{Trial, after, commit, following};
use super::violation::{Verdict, Violation, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitRequest, Loaded, Session};

pub(super) async fn a_commit_slides_the_expiry(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    for _ in 0..4 {
        trial.write(&user, "{}", trial.short()).await?;
        trial.sleep(trial.short() / 2).await;
        ensure!(
            trial.state(&user).await?.is_some(),
            "the session expired although a commit had slid its expiry"
        );
    }
    trial.sleep(trial.short() * 3 / 4).await;
    ensure!(
        trial.state(&user).await?.is_none(),
        "the session outlived its TTL"
    );
    Ok(())
}

pub(super) async fn a_session_ends_with_its_lifetime(trial: Trial) -> Verdict {
    let (user, max_lifetime) = (trial.user("a")?, trial.short() * 2);
    let mut precondition = trial.load(&user).await?.precondition;
    let mut record = following(None, "{}");
    for n in 0..20 {
        let id = CommitId::random();
        match trial
            .commit(
                &user,
                CommitRequest {
                    ttl: trial.short(),
                    max_lifetime,
                    ..commit(&id, &precondition, &record)
                },
            )
            .await?
        {
            CommitOutcome::Applied(Some(next)) => precondition = next,
            CommitOutcome::Conflict(Loaded {
                session: Session::Expired(_),
                ..
            }) if n >= 4 => return Ok(()),
            other => {
                return Err(Violation::instead_of(
                    "a session that lives for its lifetime",
                    &other,
                ));
            }
        }
        record = following(Some(record.version), "{}");
        trial.sleep(trial.short() / 2).await;
    }
    Err(Violation::new(
        "a session that is kept busy outlives its lifetime",
    ))
}

pub(super) async fn a_lifetime_begins_with_the_session(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    for _ in 0..2 {
        let found = trial.load(&user).await?;
        ensure!(
            !matches!(found.session, Session::Live(_)),
            "the session outlived its lifetime"
        );
        let (id, record) = (CommitId::random(), after(&found, "{}"));
        trial
            .apply(
                &user,
                CommitRequest {
                    max_lifetime: trial.short(),
                    ..commit(&id, &found.precondition, &record)
                },
            )
            .await?;
        ensure!(
            trial.state(&user).await?.is_some(),
            "a session begun anew did not get a max_lifetime of its own"
        );
        trial.sleep(trial.short() * 4 / 3).await;
    }
    Ok(())
}
