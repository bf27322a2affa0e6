//! Users are isolated, and deleting one leaves nothing of that user.

use super::trial::{LONG, Trial, after, commit, soon};
use super::violation::{Verdict, answered, ensure};
use crate::id::CommitId;
use crate::store::{Loaded, Session};

/// User ids that a careless encoding takes for one another.
pub(super) const SIMILAR: [&str; 8] = ["a", "A", "ab", "a.b", "a-b", "a+b", "a@b", "b"];

pub(super) async fn forget_leaves_nothing(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let id = trial.write(&user, "{}", LONG).await?.id;
    let fenced = CommitId::random();
    let _ = trial.store().resolve(&user, &fenced, soon()).await?;
    trial.store().delete(&user, soon()).await?;
    for id in [&id, &fenced] {
        answered!(
            trial.load_under(&user, id).await?,
            Loaded { session: Session::New, commit_status: None, .. } => (),
            "nothing of a deleted user"
        );
    }
    let found = trial.load(&user).await?;
    let record = after(&found, "{}");
    trial
        .apply(&user, commit(&fenced, &found.precondition, &record))
        .await?;
    Ok(())
}

pub(super) async fn forget_of_nobody_is_no_error(trial: Trial) -> Verdict {
    Ok(trial.store().delete(&trial.user("a")?, soon()).await?)
}

pub(super) async fn users_whose_ids_look_alike_are_apart(trial: Trial) -> Verdict {
    // One commit id for all: it belongs to each user separately.
    let id = CommitId::random();
    let mut seen = Vec::new();
    for name in SIMILAR {
        let user = trial.user(name)?;
        answered!(
            trial.load_under(&user, &id).await?,
            Loaded { session: Session::New, commit_status: None, .. } => (),
            "nothing of a new user whose id is similar to another one"
        );
        let found = trial.load(&user).await?;
        let record = after(&found, &format!(r#"{{"of":"{name}"}}"#));
        let precondition = trial
            .apply(&user, commit(&id, &found.precondition, &record))
            .await?;
        seen.push((name, user, precondition));
    }
    if let Some((_, deleted, _)) = seen.pop() {
        trial.store().delete(&deleted, soon()).await?;
    }
    for (name, user, precondition) in seen {
        ensure!(
            trial.load(&user).await?.precondition == precondition,
            "the session of {name} was changed by calls for others"
        );
    }
    Ok(())
}
