//! A call returns by its deadline, and what it says of a commit is true.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::trial::{LONG, Trial, Written, after, commit, is_applied, soon};
use super::violation::{Verdict, Violation, answered, ensure};
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::session::Record;
use crate::store::{CommitOutcome, CommitRequest, Session};

/// How late an answer may be on a busy machine. A store that waits on for its own reasons is far later.
const GRACE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_millis(300);

/// Awaits a call that is to be back by its deadline.
pub(super) async fn back_by<T>(
    deadline: Instant,
    what: &str,
    call: impl Future<Output = T>,
) -> Result<T, Violation> {
    let late = |_| Violation::new(format!("{what} was not back {GRACE:?} after its deadline"));
    timeout(
        deadline.saturating_duration_since(Instant::now()) + GRACE,
        call,
    )
    .await
    .map_err(late)
}

/// A commit, and what was said of it.
struct Attempt {
    id: CommitId,
    record: Arc<Record>,
    said: Result<CommitOutcome, StoreError>,
}

/// Asks what became of a commit, and compares that with what was said of it.
async fn assert_true(trial: &Trial, user: &UserId, attempt: &Attempt) -> Verdict {
    let Attempt { id, record, said } = attempt;
    let truth = trial.store().resolve(user, id, soon()).await?;
    let applied = is_applied(&truth, record.version);
    match said {
        Ok(CommitOutcome::Applied(_)) => ensure!(
            applied,
            "a commit was said to be applied, and was not: {truth:?}"
        ),
        Err(StoreError::Unknown { commit_id, .. }) => ensure!(
            commit_id == id,
            "the error names commit {commit_id}, not {id}"
        ),
        Err(error) => ensure!(
            !applied,
            "a commit was applied, and the answer was not that this is unknown, but {error:?}"
        ),
        other => {
            return Err(Violation::instead_of(
                "an applied commit or an error",
                other,
            ));
        }
    }
    let session = trial.load(user).await?.session;
    let stands = matches!(&session, Session::Live(read) if read == record);
    ensure!(
        stands == applied,
        "resolve says {truth:?}, and the session is {session:?}"
    );
    Ok(())
}

pub(super) async fn a_commit_without_time_says_truly_what_became_of_it(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    for n in 0..10 {
        let (id, found) = (CommitId::random(), trial.load(&user).await?);
        let record = after(&found, &format!(r#"{{"n":{n}}}"#));
        let deadline = Instant::now() + Duration::from_micros(100) * n;
        let call = trial.store().commit(
            &user,
            CommitRequest {
                deadline,
                ..commit(&id, &found.precondition, &record)
            },
        );
        let said = back_by(deadline, "a commit", call).await?;
        assert_true(&trial, &user, &Attempt { id, record, said }).await?;
    }
    Ok(())
}

pub(super) async fn a_commit_that_gets_no_answer_says_truly_what_became_of_it(
    trial: Trial,
) -> Verdict {
    let user = trial.user("a")?;
    let Written {
        record: last,
        precondition,
        ..
    } = trial.write(&user, "{}", LONG).await?;
    let (id, record) = (
        CommitId::random(),
        super::trial::following(Some(last.version), r#"{"late":true}"#),
    );
    trial.stall().await?;
    let deadline = Instant::now() + PATIENCE;
    let call = trial.store().commit(
        &user,
        CommitRequest {
            deadline,
            ..commit(&id, &precondition, &record)
        },
    );
    let said = back_by(deadline, "a commit to a store that does not answer", call).await;
    trial.resume().await?;
    assert_true(
        &trial,
        &user,
        &Attempt {
            id,
            record,
            said: said?,
        },
    )
    .await
}

pub(super) async fn a_store_that_does_not_answer_is_an_error_by_the_deadline(
    trial: Trial,
) -> Verdict {
    let (user, gone) = (trial.user("a")?, trial.user("b")?);
    trial.write(&user, "{}", LONG).await?;
    trial.stall().await?;
    let said = calls_in_vain(&trial, &user, &gone).await;
    trial.resume().await?;
    said?;
    answered!(trial.load(&user).await?.session, Session::Live(_) => (), "a session that outlives the silence");
    Ok(())
}

/// Every call that says nothing of a commit. None of them has an answer to give.
async fn calls_in_vain(trial: &Trial, user: &UserId, gone: &UserId) -> Verdict {
    let store = trial.store();
    let deadline = || Instant::now() + PATIENCE;
    let found = back_by(deadline(), "a load", store.load(user, None, deadline())).await?;
    ensure!(
        found.is_err(),
        "a store that cannot be asked says {:?}",
        found.map(|found| found.session)
    );
    let resolved = back_by(
        deadline(),
        "resolve",
        store.resolve(user, &CommitId::random(), deadline()),
    )
    .await?;
    ensure!(
        resolved.is_err(),
        "a store that cannot be asked resolves {resolved:?}"
    );
    let forgotten = back_by(deadline(), "forget", store.delete(gone, deadline())).await?;
    ensure!(
        forgotten.is_err(),
        "a store that cannot be asked says that it forgot"
    );
    Ok(())
}
