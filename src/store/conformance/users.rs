//! Users are apart, and forgetting one leaves nothing of them.

use super::trial::{LONG, Trial, after, commit, soon};
use super::violation::{Verdict, answered, ensure};
use crate::id::CommitId;
use crate::store::{Lease, LeaseHolder, Loaded, Session, StoredToken};

pub(super) async fn forget_leaves_nothing(trial: Trial) -> Verdict {
    let (user, owner, token) = (
        trial.user("a")?,
        LeaseHolder::random(),
        StoredToken::new("token"),
    );
    let (id, fenced) = (trial.write(&user, "{}", LONG).await?.id, CommitId::random());
    let _ = trial.store().resolve(&user, &fenced, soon()).await?;
    trial.put_any(&user, &token, LONG).await?;
    let _ = trial.claim(&user, &owner, LONG).await?;
    trial.store().delete(&user, soon()).await?;
    for id in [&id, &fenced] {
        answered!(
            trial.load_under(&user, id).await?,
            Loaded { session: Session::New, token: None, done: None, .. } => (),
            "nothing of a user who was forgotten"
        );
    }
    let claim = trial.claim(&user, &LeaseHolder::random(), LONG).await?;
    ensure!(
        claim == Lease::Won,
        "the claim of a user who was forgotten still stands: {claim:?}"
    );
    let found = trial.load(&user).await?;
    trial
        .apply(
            &user,
            commit(&fenced, &found.precondition, &after(&found, "{}")),
        )
        .await?;
    Ok(())
}

pub(super) async fn forget_of_nobody_is_no_error(trial: Trial) -> Verdict {
    Ok(trial.store().delete(&trial.user("a")?, soon()).await?)
}

pub(super) async fn users_whose_ids_look_alike_are_apart(trial: Trial) -> Verdict {
    let names = ["a", "A", "ab", "a.b", "a-b", "a+b", "a@b", "b"];
    let (id, mut seen) = (CommitId::random(), Vec::new());
    // One commit id for all: it is each user's own.
    for name in names {
        let (user, token) = (
            trial.user(name)?,
            StoredToken::new(format!("token of {name}")),
        );
        answered!(
            trial.load_under(&user, &id).await?,
            Loaded { session: Session::New, token: None, done: None, .. } => (),
            "nothing of a user whose id looks like another's"
        );
        let found = trial.load(&user).await?;
        let basis = trial
            .apply(
                &user,
                commit(
                    &id,
                    &found.precondition,
                    &after(&found, &format!(r#"{{"of":"{name}"}}"#)),
                ),
            )
            .await?;
        trial.put_any(&user, &token, LONG).await?;
        let claim = trial.claim(&user, &LeaseHolder::random(), LONG).await?;
        ensure!(
            claim == Lease::Won,
            "the claim of {name} is another user's: {claim:?}"
        );
        seen.push((name, user, token, basis));
    }
    let forgotten = seen.pop();
    if let Some((_, user, ..)) = &forgotten {
        trial.store().delete(user, soon()).await?;
    }
    for (name, user, token, basis) in seen {
        let found = trial.load(&user).await?;
        ensure!(
            found.basis == basis,
            "the session of {name} was changed by calls for others"
        );
        ensure!(
            found.token == Some(token),
            "the token of {name} was changed by calls for others"
        );
    }
    Ok(())
}
