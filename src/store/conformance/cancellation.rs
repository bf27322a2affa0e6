//! A dropped future does no harm.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::case::Case;
use super::requests::{LONG, after, commit, is_applied, put, soon};
use super::violation::{CaseResult, Violation, ensure};
use crate::id::CommitId;
use crate::store::{CommitOutcome, ExpectedToken, Session, StoredToken};

/// Polls a call so many times, then drops it. `None` if it had not returned by then.
pub(super) async fn polled<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            // Nothing would wake this task after the last poll.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn dropped_commit_took_effect_or_not(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for n in 0..24 {
        let polls = n % 6;
        let id = CommitId::random();
        let loaded = case.load(&user).await?;
        let record = after(&loaded, &format!(r#"{{"n":{n}}}"#));
        let request = commit(&id, &loaded.precondition, &record);
        let answer = polled(polls, case.store().commit(&user, request)).await;
        let now = case.load_with(&user, &id).await?;
        let changed = now.precondition != loaded.precondition;
        let recorded = now.commit_status.is_some();
        ensure!(
            changed == recorded,
            "a commit dropped after {polls} polls took half effect: session changed {changed}, \
             commit id recorded {recorded}"
        );
        match answer {
            None => {}
            Some(Ok(CommitOutcome::Applied(_))) => {
                ensure!(recorded, "a commit was applied, and its id is not recorded")
            }
            Some(other) => return Err(Violation::unexpected("an applied commit", &other)),
        }
        // A commit that is still on its way must not take effect after this.
        let status = case.store().resolve(&user, &id, soon()).await?;
        let session = case.load(&user).await?.session;
        let is_written = matches!(&session, Session::Live(read) if *read == record);
        ensure!(
            is_written == is_applied(&status, record.version),
            "for a dropped commit resolve returned {status:?}, and the session is {session:?}"
        );
    }
    Ok(())
}

pub(super) async fn dropped_token_call_took_effect_or_not(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let old = StoredToken::new("old");
    for polls in 0..6 {
        case.put_any(&user, &old, LONG).await?;
        let new = StoredToken::new(format!("new {polls}"));
        let request = put(Some(&new), ExpectedToken::Exactly(&old));
        let _ = polled(polls, case.tokens()?.put_token(&user, request)).await;
        let found = case.token(&user).await?;
        ensure!(
            found.as_ref() == Some(&old) || found.as_ref() == Some(&new),
            "after a put that was dropped after {polls} polls, neither token is in the store"
        );
        // The dropped put must not take effect after this one either.
        case.put_any(&user, &old, LONG).await?;
    }
    Ok(())
}
