//! A session is seen whole, or not at all, by whoever looks while it is written or while it expires.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::trial::{LONG, Trial, commit, following};
use super::violation::{Verdict, Violation, ensure};
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{CommitOutcome, Session};

pub(super) async fn a_reader_never_sees_half_a_commit(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let first = trial.write(&user, "{}", LONG).await?;
    let written = |n: usize, last: &Record| {
        let option = n.is_multiple_of(2).then(|| format!("option_{n}").into());
        let menu = Some(format!("menu:{n}").into());
        let record = following(Some(last.version), &format!(r#"{{"n":{n}}}"#));
        Arc::new(Record {
            stage: format!("stage_{n}").into(),
            option,
            menu,
            ..Record::clone(&record)
        })
    };
    let (mut last, mut precondition) = (first.record, first.precondition);
    for n in 0..16 {
        let record = written(n, &last);
        let seen = trial.at_once(4, |trial, task| {
            let (user, precondition, before, after) = (
                user.clone(),
                precondition.clone(),
                Arc::clone(&last),
                Arc::clone(&record),
            );
            async move {
                if task == 2 {
                    return Ok(Some(
                        trial
                            .apply(&user, commit(&CommitId::random(), &precondition, &after))
                            .await?,
                    ));
                }
                for _ in 0..8 {
                    let found = trial.load(&user).await?.session;
                    let whole =
                        matches!(&found, Session::Live(read) if *read == before || *read == after);
                    ensure!(
                        whole,
                        "a load during a commit saw neither what was nor what came: {found:?}"
                    );
                    tokio::task::yield_now().await;
                }
                Ok(None)
            }
        });
        let applied = seen.await?.into_iter().flatten().next();
        (last, precondition) = (
            record,
            applied.ok_or_else(|| Violation::new("a commit was not applied"))?,
        );
    }
    Ok(())
}

pub(super) async fn a_session_expires_all_at_once(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    let record = trial
        .write(&user, r#"{"whole":true}"#, trial.short())
        .await?
        .record;
    let end = Instant::now() + trial.short() * 2;
    while Instant::now() < end {
        match trial.load(&user).await?.session {
            Session::Live(read) => ensure!(
                read == record,
                "a session on its way out came back as {read:?}"
            ),
            Session::Expired(trace) => {
                ensure!(
                    trace == record.tombstone(),
                    "what remains is not the trace of what expired: {trace:?}"
                );
                return Ok(());
            }
            other => {
                return Err(Violation::instead_of(
                    "the whole session, or its trace",
                    &other,
                ));
            }
        }
        trial.sleep(Duration::from_millis(1)).await;
    }
    Err(Violation::new("the session did not expire"))
}

pub(super) async fn a_refused_commit_writes_nothing(trial: Trial) -> Verdict {
    let (user, id) = (trial.user("a")?, CommitId::random());
    let stale = trial.write(&user, r#"{"n":1}"#, LONG).await?.precondition;
    trial.write(&user, r#"{"n":2}"#, trial.short()).await?;
    let before = trial.load(&user).await?;
    let record = following(None, "{}");
    let outcome = trial.commit(&user, commit(&id, &stale, &record)).await?;
    ensure!(
        matches!(outcome, CommitOutcome::Conflict(_)),
        "a stale commit was not refused: {outcome:?}"
    );
    let found = trial.load_under(&user, &id).await?;
    ensure!(
        found.precondition == before.precondition,
        "a refused commit changed the session"
    );
    ensure!(
        found.commit_status.is_none(),
        "a refused commit was recorded: {:?}",
        found.commit_status
    );
    trial.sleep(trial.short() * 2).await;
    let found = trial.load(&user).await?.session;
    ensure!(
        matches!(found, Session::Expired(_)),
        "a refused commit slid the expiry: {found:?}"
    );
    Ok(())
}
