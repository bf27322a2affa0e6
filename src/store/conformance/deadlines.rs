//! A call returns by its deadline, and what it says about a commit is true.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::case::Case;
use super::requests::{LONG, after, commit, following, is_applied, put, soon};
use super::violation::{CaseResult, Violation, ensure, extract};
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::session::Record;
use crate::store::{
    CommitOutcome, CommitRequest, ExpectedToken, LeaseHolder, Session, StoredToken, TokenPut,
};

/// How late an answer may be, because the machine is busy. A store that ignores deadlines is later.
const GRACE: Duration = Duration::from_secs(2);

/// The deadline of a call that gets no answer.
pub(super) const NO_ANSWER: Duration = Duration::from_millis(300);

/// Awaits a call that must return by its deadline.
pub(super) async fn back_by<T>(
    deadline: Instant,
    call: &str,
    answer: impl Future<Output = T>,
) -> Result<T, Violation> {
    let limit = deadline.saturating_duration_since(Instant::now()) + GRACE;
    let late = |_| {
        Violation::new(format!(
            "{call} had not returned {GRACE:?} after its deadline"
        ))
    };
    timeout(limit, answer).await.map_err(late)
}

/// A commit, and how the store answered it.
pub(super) struct Attempt {
    pub(super) id: CommitId,
    pub(super) record: Arc<Record>,
    pub(super) answer: Result<CommitOutcome, StoreError>,
}

impl Attempt {
    /// Compares the answer with what resolve and a load say afterwards.
    pub(super) async fn check(&self, case: &Case, user: &UserId) -> CaseResult {
        let status = case.store().resolve(user, &self.id, soon()).await?;
        let applied = is_applied(&status, self.record.version);
        match &self.answer {
            Ok(CommitOutcome::Applied(_)) => ensure!(
                applied,
                "a commit was answered as applied, and resolve returned {status:?}"
            ),
            Err(StoreError::Unknown { commit_id, .. }) => ensure!(
                *commit_id == self.id,
                "the error names commit {commit_id}, not {}",
                self.id
            ),
            Err(error) => ensure!(
                !applied,
                "a commit was applied, and the answer was not `Unknown` but {error:?}"
            ),
            other => {
                let expected = "an applied commit or an error";
                return Err(Violation::unexpected(expected, other));
            }
        }
        let session = case.load(user).await?.session;
        let is_written = matches!(&session, Session::Live(read) if *read == self.record);
        ensure!(
            is_written == applied,
            "resolve returned {status:?}, and the session is {session:?}"
        );
        Ok(())
    }
}

pub(super) async fn commit_with_no_time_reports_the_truth(case: Case) -> CaseResult {
    let user = case.user("a")?;
    for n in 0..10 {
        let id = CommitId::random();
        let loaded = case.load(&user).await?;
        let record = after(&loaded, &format!(r#"{{"n":{n}}}"#));
        let deadline = Instant::now() + Duration::from_micros(100) * n;
        let request = CommitRequest {
            deadline,
            ..commit(&id, &loaded.precondition, &record)
        };
        let answer = back_by(deadline, "commit", case.store().commit(&user, request)).await?;
        let attempt = Attempt { id, record, answer };
        attempt.check(&case, &user).await?;
    }
    Ok(())
}

pub(super) async fn unanswered_commit_reports_the_truth(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let last = case.write(&user, "{}", LONG).await?;
    let id = CommitId::random();
    let record = following(Some(last.record.version), r#"{"late":true}"#);
    case.stall().await?;
    let deadline = Instant::now() + NO_ANSWER;
    let request = CommitRequest {
        deadline,
        ..commit(&id, &last.precondition, &record)
    };
    let answer = back_by(deadline, "commit", case.store().commit(&user, request)).await;
    case.resume().await?;
    let answer = answer?;
    let attempt = Attempt { id, record, answer };
    attempt.check(&case, &user).await
}

pub(super) async fn silent_store_fails_calls_in_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    case.write(&user, "{}", LONG).await?;
    case.stall().await?;
    let answers = unanswered_calls(&case, &user).await;
    case.resume().await?;
    answers?;
    extract!(
        case.load(&user).await?.session,
        Session::Live(_) => (),
        "the session to be live after the store was silent"
    );
    Ok(())
}

/// Every session call except commit, to a store that does not answer.
async fn unanswered_calls(case: &Case, user: &UserId) -> CaseResult {
    let store = case.store();
    // A user of its own: a delete that failed may still be carried out.
    let deleted = case.user("b")?;
    let deadline = || Instant::now() + NO_ANSWER;

    let end = deadline();
    let loaded = back_by(end, "load", store.load(user, None, end)).await?;
    let session = loaded.map(|loaded| loaded.session);
    ensure!(
        session.is_err(),
        "a silent store answered load with {session:?}"
    );
    let end = deadline();
    let id = CommitId::random();
    let status = back_by(end, "resolve", store.resolve(user, &id, end)).await?;
    ensure!(
        status.is_err(),
        "a silent store answered resolve with {status:?}"
    );
    let end = deadline();
    let deleted = back_by(end, "delete", store.delete(&deleted, end)).await?;
    ensure!(deleted.is_err(), "a silent store answered delete");
    Ok(())
}

pub(super) async fn silent_store_fails_token_calls_in_time(case: Case) -> CaseResult {
    let user = case.user("a")?;
    let token = StoredToken::new("token");
    case.put_any(&user, &token, LONG).await?;
    case.stall().await?;
    let answers = unanswered_token_calls(&case).await;
    case.resume().await?;
    answers?;
    ensure!(
        case.token(&user).await? == Some(token),
        "the token was changed by calls for another user"
    );
    Ok(())
}

/// Every token call, to a store that does not answer.
async fn unanswered_token_calls(case: &Case) -> CaseResult {
    // A user of its own: a put that failed may still be carried out.
    let user = case.user("b")?;
    let tokens = case.tokens()?;
    let holder = LeaseHolder::random();
    let token = StoredToken::new("late");
    let deadline = || Instant::now() + NO_ANSWER;

    let end = deadline();
    let loaded = back_by(end, "load_token", tokens.load_token(&user, end)).await?;
    ensure!(
        loaded.is_err(),
        "a silent store answered load_token with {loaded:?}"
    );
    let end = deadline();
    let request = TokenPut {
        deadline: end,
        ..put(Some(&token), ExpectedToken::Any)
    };
    let stored = back_by(end, "put_token", tokens.put_token(&user, request)).await?;
    ensure!(
        stored.is_err(),
        "a silent store answered put_token with {stored:?}"
    );
    let end = deadline();
    let call = tokens.acquire_refresh_lease(&user, &holder, LONG, end);
    let lease = back_by(end, "acquire_refresh_lease", call).await?;
    ensure!(
        lease.is_err(),
        "a silent store answered acquire_refresh_lease with {lease:?}"
    );
    let end = deadline();
    let call = tokens.release_refresh_lease(&user, &holder, end);
    let released = back_by(end, "release_refresh_lease", call).await?;
    ensure!(
        released.is_err(),
        "a silent store answered release_refresh_lease"
    );
    Ok(())
}
