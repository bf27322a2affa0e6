//! A dropped future does no harm.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::trial::{LONG, Trial, after, commit, put, soon};
use super::violation::{Verdict, Violation, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, CommitStatus, ExpectedToken, Session, StoredToken};

/// Lets a call go so far, then drops it. `None` where it was not back yet.
async fn so_far<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
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
        let back = so_far(
            n % 6,
            trial
                .store()
                .commit(&user, commit(&id, &found.precondition, &record)),
        )
        .await;
        let now = trial.load_under(&user, &id).await?;
        let (changed, recorded) = (now.basis != found.precondition, now.done.is_some());
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
        let applied = resolved == CommitStatus::Applied(record.version);
        ensure!(
            applied == stands,
            "of a dropped commit resolve says {resolved:?}, and the session is {session:?}"
        );
    }
    Ok(())
}

pub(super) async fn a_dropped_token_call_is_done_or_is_not(trial: Trial) -> Verdict {
    let (user, old) = (trial.user("a")?, StoredToken::new("old"));
    for polls in 0..6 {
        trial.put_any(&user, &old, LONG).await?;
        let new = StoredToken::new(format!("new {polls}"));
        let _ = so_far(
            polls,
            trial
                .store()
                .put_token(&user, put(Some(&new), ExpectedToken::Exactly(&old))),
        )
        .await;
        let stands = trial.load(&user).await?.token;
        let whole = stands.as_ref() == Some(&old) || stands.as_ref() == Some(&new);
        ensure!(
            whole,
            "after a token call dropped after {polls} polls, neither token stands"
        );
        // Nor may what is still on its way take effect after what comes next.
        trial.put_any(&user, &old, LONG).await?;
    }
    Ok(())
}
