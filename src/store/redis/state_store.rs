//! The calls for sessions.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use tokio::time::Instant;

use super::net::{Answer, Failure, Request};
use super::store::RedisStore;
#[cfg(fuzzing)]
use super::wire::KeyLayout;
use super::wire::outbox::OutboxArgs;
use super::wire::{
    Expected, FENCE, Key, Keys, Layout, NewLine, RESOLVE, ReplyError, commit_status,
    hash_with_record, milliseconds, read_record,
};
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, OutboxStore, Session, StateStore,
    StoreError, TokenStore,
};

#[async_trait]
impl StateStore for RedisStore {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        let keys = self.settings.naming.keys(user);
        let request = Request::transaction(self.layout.reads(&keys, commit));
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        let Value::Array(mut values) = answer.value else {
            return Err(ReplyError::Unexpected.into());
        };
        let recorded_in = match commit {
            Some(_) => hash_with_record(&mut values)?,
            None => None,
        };
        let mut loaded = self.layout.loaded(values)?;
        warn_of_lost_commit_ids(user, &loaded);
        if let (Some(commit), Some(hash)) = (commit, recorded_in) {
            loaded.commit_status = self.recorded(&keys, hash, commit, deadline).await?;
        }
        Ok(loaded)
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let sent = self.send_commit(user, &request, None).await?;
        self.committed(user, &request, sent)
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let keys = self.settings.naming.keys(user);
        let [done_0, done_1] = Key::DONE;
        let mut call = RESOLVE.on(&keys, [done_0, done_1, Key::VERSION, Key::DATA]);
        call.arg(commit.to_string())
            .arg(FENCE)
            .arg(milliseconds(self.settings.retention));
        let request = Request::script(call.by_hash, call.text);
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        if answer.value == Value::Int(0) {
            return Err(StoreError::misconfigured(
                "the commit ids of this user are lost, so none can be resolved; \
                 set maxmemory-policy to noeviction",
            ));
        }
        Ok(commit_status(answer.value)?.ok_or(ReplyError::Unexpected)?)
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let keys = self.settings.naming.keys(user);
        // Unlike DEL, it does not keep the server from other work while it frees a large hash.
        let mut delete = redis::cmd("UNLINK");
        delete.arg(Key::ALL.map(|key| keys.name(key)).as_slice());
        let request = Request::command(delete).once();
        self.endpoints.call(keys.id(), &request, deadline).await?;
        self.forget(user, deadline).await
    }

    fn retention(&self) -> Duration {
        self.settings.retention
    }

    fn namespace(&self) -> &str {
        self.settings
            .naming
            .namespace
            .as_deref()
            .unwrap_or_default()
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        Some(self)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}

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

    /// What is recorded under a commit id in this hash. A record never changes, so it need not be
    /// read together with the session; only a `delete` can come between.
    async fn recorded(
        &self,
        keys: &Keys,
        hash: Key,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<Option<CommitStatus>, StoreError> {
        let request = Request::command(read_record(&keys.name(hash), commit));
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        Ok(commit_status(answer.value)?)
    }
}

/// Says that a message may take effect twice. Of a live session, its recovery says so.
fn warn_of_lost_commit_ids(user: &UserId, loaded: &Loaded) {
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

/// What a load makes of these values of the session's keys, of whether commit ids are kept, and of
/// this record: for the fuzzer alone.
#[cfg(fuzzing)]
pub fn read_reply(
    layout: KeyLayout,
    values: Vec<Option<Vec<u8>>>,
    kept: bool,
    recorded: Option<Vec<u8>>,
) -> Result<Loaded, StoreError> {
    let value = |bytes: Option<Vec<u8>>| bytes.map_or(Value::Nil, Value::BulkString);
    let mut values: Vec<_> = values.into_iter().map(value).collect();
    values.push(Value::Int(kept.into()));
    Ok(Loaded {
        commit_status: commit_status(value(recorded))?,
        ..layout.layout().loaded(values)?
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::session::{Record, Version};
    use crate::store::Precondition;
    use crate::store::redis::wire::KeyLayout;
    use crate::store::redis::wire::fixture::record;

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
