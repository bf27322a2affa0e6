//! What cannot be read is told from what is not there.

use super::trial::{LONG, Trial, after, commit, following};
use super::violation::{Verdict, answered, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, Loaded, Session};

pub(super) async fn a_damaged_session_is_none_of_the_other_answers(trial: Trial) -> Verdict {
    let (damaged, whole) = (trial.user("a")?, trial.user("b")?);
    for user in [&damaged, &whole] {
        trial.write(user, "{}", LONG).await?;
    }
    trial.damage(&damaged).await?;
    for _ in 0..2 {
        let found = trial.load(&damaged).await?.session;
        answered!(found, Session::Corrupt { .. } => (), "a damaged session, however often it is loaded");
    }
    answered!(trial.load(&whole).await?.session, Session::Live(_) => (), "a session that the damage did not touch");
    Ok(())
}

pub(super) async fn a_commit_on_what_was_damaged_meanwhile_is_refused(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let written = trial.write(&user, "{}", LONG).await?;
    trial.damage(&user).await?;
    let next = following(Some(written.record.version), "{}");
    answered!(
        trial.commit(&user, commit(&CommitId::random(), &written.precondition, &next)).await?,
        CommitOutcome::Conflict(Loaded { session: Session::Corrupt { .. }, .. }) => (),
        "a conflict that shows the session as damaged"
    );
    Ok(())
}

pub(super) async fn a_damaged_session_is_written_anew(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    trial.write(&user, r#"{"old":1}"#, LONG).await?;
    trial.damage(&user).await?;
    let found = trial.load(&user).await?;
    let record = after(&found, r#"{"new":1}"#);
    trial
        .apply(
            &user,
            commit(&CommitId::random(), &found.precondition, &record),
        )
        .await?;
    let read =
        answered!(trial.load(&user).await?.session, Session::Live(read) => read, "a live session");
    ensure!(
        read == record,
        "what was written over the damage came back as {read:?}"
    );
    Ok(())
}
