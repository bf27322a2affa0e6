//! The calls for sessions.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use tokio::time::Instant;

use super::net::Request;
use super::store::RedisStore;
#[cfg(fuzzing)]
use super::wire::KeyLayout;
use super::wire::{
    FENCE, Key, Keys, RESOLVE, ReplyError, commit_status, hash_with_record, milliseconds,
    read_record,
};
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, OutboxStore, StateStore, StoreError,
    TokenStore,
};

use super::commit::warn_of_lost_commit_ids;

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
        self.remove_user(user, None, deadline).await.map(drop)
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

impl RedisStore {
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
