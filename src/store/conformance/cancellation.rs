//! A dropped future does no harm.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::trial::{Trial, after, commit, is_applied, soon};
use super::violation::{Verdict, Violation, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, Session};

/// Polls a call so often, then drops it. `None` where it was not back yet.
pub(super) async fn polled<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(back) => Poll::Ready(Some(back)),
            // The last poll is the last there will be: nobody wakes a future that is dropped.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn a_dropped_commit_is_done_or_is_not(trial: Trial) -> Verdict {
    let user = trial.user("a")?;
    for n in 0..24 {
        let (id, found) = (CommitId::random(), trial.load(&user).await?);
        let record = after(&found, &format!(r#"{{"n":{n}}}"#));
        let back = polled(
            n % 6,
            trial
                .store()
                .commit(&user, commit(&id, &found.precondition, &record)),
        )
        .await;
        let now = trial.load_under(&user, &id).await?;
        let (changed, recorded) = (
            now.precondition != found.precondition,
            now.commit_status.is_some(),
        );
        ensure!(
            changed == recorded,
            "dropped after {} polls, a commit did half: session {changed}, id {recorded}",
            n % 6
        );
        match back {
            None => {}
            Some(Ok(CommitOutcome::Applied(_))) => {
                ensure!(recorded, "a commit was applied, and is not recorded")
            }
            Some(other) => return Err(Violation::instead_of("an applied commit", &other)),
        }
        // What is still on its way must not come between: from here on it may not take effect.
        let resolved = trial.store().resolve(&user, &id, soon()).await?;
        let session = trial.load(&user).await?.session;
        let stands = matches!(&session, Session::Live(read) if *read == record);
        let applied = is_applied(&resolved, record.version);
        ensure!(
            applied == stands,
            "of a dropped commit resolve says {resolved:?}, and the session is {session:?}"
        );
    }
    Ok(())
}
