//! The path of a commit: sent, answered, and what the answer means.

use redis::Value;

use super::net::{Answer, Failure, Request};
use super::store::RedisStore;
use super::wire::outbox::OutboxArgs;
use super::wire::{Expected, Layout, NewLine, ReplyError, commit_status, milliseconds};
use crate::id::UserId;
use crate::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, Session, StoreError};

/// A commit that was sent, and the answer.
pub(super) struct SentCommit {
    line: NewLine,
    start: Option<i64>,
    pub(super) answer: Result<Answer, Failure>,
}

impl RedisStore {
    /// Sends a commit, with changes to the outbox if there are any.
    pub(super) async fn send_commit(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        with: Option<&OutboxArgs<'_>>,
    ) -> Result<SentCommit, StoreError> {
        let line = NewLine::of(request.record).ok_or_else(|| {
            StoreError::misconfigured(
                "a name in the record is too long, or not ASCII without spaces",
            )
        })?;
        let expected = Expected::decode(request.precondition).ok_or_else(|| {
            StoreError::misconfigured("the precondition was not made by a Redis store")
        })?;
        let keys = self.settings.naming.keys(user);
        let retention = milliseconds(self.settings.retention);
        let call = self
            .layout
            .commit(&keys, request, &expected, &line, retention, with);
        let sent = Request::script(call.by_hash, call.text);
        let answer = self
            .endpoints
            .call(keys.id(), &sent, request.deadline)
            .await;
        Ok(SentCommit {
            line,
            start: expected.start,
            answer,
        })
    }

    /// What became of a commit.
    pub(super) fn committed(
        &self,
        user: &UserId,
        request: &CommitRequest<'_>,
        sent: SentCommit,
    ) -> Result<CommitOutcome, StoreError> {
        let outcome = outcome(self.layout, request, &sent.line, sent.start, sent.answer)?;
        if let CommitOutcome::Conflict(newest) = &outcome {
            warn_of_lost_commit_ids(user, newest);
        }
        Ok(outcome)
    }
}

/// Says that a message may take effect twice. Of a live session, its recovery says so.
pub(super) fn warn_of_lost_commit_ids(user: &UserId, loaded: &Loaded) {
    let lost = Expected::decode(&loaded.precondition).is_some_and(|expected| expected.is_lost());
    if lost && matches!(loaded.session, Session::Expired(_)) {
        tracing::warn!(?user, "The commit ids of an expired session are lost");
    }
}

/// What became of a commit. `start` is that of the session that it goes on with.
fn outcome(
    layout: &dyn Layout,
    request: &CommitRequest<'_>,
    line: &NewLine,
    start: Option<i64>,
    answer: Result<Answer, Failure>,
) -> Result<CommitOutcome, StoreError> {
    let failed = |error: StoreError, maybe_applied: bool| {
        if maybe_applied {
            StoreError::unknown(*request.id).with_source(error)
        } else {
            error
        }
    };
    let answer = answer.map_err(|failure| {
        let maybe_applied = failure.maybe_applied;
        failed(failure.into(), maybe_applied)
    })?;
    let mut values = match answer.value {
        Value::Int(now) => {
            let next = layout.next(line, start.unwrap_or(now));
            return Ok(CommitOutcome::Applied(Some(next)));
        }
        Value::Array(values) => values,
        _ => return Err(failed(ReplyError::Unexpected.into(), true)),
    };
    // What is recorded under the commit id comes last. It holds even if the session cannot be read.
    let recorded = values
        .pop()
        .map_or(Ok(None), commit_status)
        .map_err(|error| failed(error.into(), answer.maybe_applied || error.maybe_applied()))?;
    let current = layout.loaded(values);
    match recorded {
        Some(CommitStatus::Fenced) => return Ok(CommitOutcome::Fenced),
        Some(CommitStatus::Applied { version, .. }) if version == request.record.version => {
            let next = current
                .ok()
                .and_then(|current| current.precondition_at(version));
            return Ok(CommitOutcome::Applied(next));
        }
        _ => {}
    }
    let current = current.map_err(|error| failed(error.into(), error.maybe_applied()))?;
    Ok(match recorded {
        Some(CommitStatus::Applied { version, reply }) => CommitOutcome::Duplicate {
            version,
            reply,
            current,
        },
        _ => CommitOutcome::Conflict(current),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::id::CommitId;
    use crate::session::{Record, Version};
    use crate::store::Precondition;
    use crate::store::redis::wire::fixture::record;
    use crate::store::redis::wire::{FENCE, KeyLayout};

    const OURS: Version = Version {
        revision: 7,
        tag: 0xab,
    };

    fn recorded(version: Version) -> Value {
        Value::BulkString(version.to_string().into())
    }

    /// What becomes of a refused commit whose session is too large to be read.
    fn refused(recorded: Value, maybe_applied: bool) -> Result<CommitOutcome, StoreError> {
        let id = CommitId::random();
        let record = Record {
            version: OURS,
            ..record(None, None)
        };
        let line = NewLine::of(&record).unwrap();
        let precondition = Precondition::new([0; 9]);
        let request = CommitRequest {
            id: &id,
            precondition: &precondition,
            record: &Arc::new(record),
            reply: None,
            drop_token: false,
            ttl: Duration::from_secs(300),
            max_lifetime: Duration::from_secs(300),
            deadline: Instant::now(),
        };
        let too_large = Value::BulkString(vec![b'x'; Record::MAX_DATA + 1]);
        let mut values = vec![Value::Nil, too_large, Value::Nil, Value::Nil, Value::Nil];
        values.extend([Value::Int(1), recorded]);
        let answer = Answer {
            value: Value::Array(values),
            maybe_applied,
        };
        let layout = KeyLayout::FiveKeys.layout();
        outcome(layout, &request, &line, None, Ok(answer))
    }

    #[test]
    fn a_record_counts_if_the_session_is_unreadable() {
        let other = Version {
            revision: 8,
            tag: 0xab,
        };
        for maybe_applied in [false, true] {
            let applied = refused(recorded(OURS), maybe_applied);
            assert!(matches!(applied, Ok(CommitOutcome::Applied(None))));
            let fenced = refused(Value::BulkString(FENCE.into()), maybe_applied);
            assert!(matches!(fenced, Ok(CommitOutcome::Fenced)));
            for not_ours in [recorded(other), Value::Nil] {
                let error = refused(not_ours, maybe_applied);
                assert!(matches!(error, Err(StoreError::TooLarge { .. })));
            }
        }
    }

    #[test]
    fn an_unreadable_record_leaves_a_repeat_unknown() {
        let junk = || Value::BulkString(b"junk".to_vec());
        let once = refused(junk(), false);
        assert!(matches!(once, Err(StoreError::Corrupt { .. })));
        let again = refused(junk(), true);
        assert!(matches!(again, Err(StoreError::Unknown { .. })));
    }
}
