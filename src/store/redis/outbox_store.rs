//! The calls for outboxes.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use tokio::time::Instant;

use super::net::{Answer, Request};
use super::store::RedisStore;
use super::wire::outbox::{self, CommitReply, OutboxArgs};
use super::wire::{ReplyError, milliseconds};
use crate::id::UserId;
use crate::store::{
    CommitRequest, Due, LaneState, Outbox, OutboxChanges, OutboxCommit, OutboxStore, Settled,
    Settlement, StoreError, Take, Taken,
};

#[async_trait]
impl OutboxStore for RedisStore {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let index = self.settings.naming.index();
        let with = OutboxArgs {
            user: user.expose(),
            commit: request.id,
            version: request.record.version,
            changes: &changes,
            index: Some(&index),
        };
        let mut sent = self.send_commit(user, &request, Some(&with)).await?;
        let mut lanes = (LaneState::Empty, LaneState::Empty);
        if let Ok(answer) = sent.answer {
            let maybe_applied = answer.maybe_applied;
            let unreadable = |error: ReplyError| {
                StoreError::unknown(*request.id).with_source(StoreError::from(error))
            };
            match outbox::commit_reply(answer.value).map_err(unreadable)? {
                CommitReply::Refused(why) => return Ok(OutboxCommit::Refused(why)),
                CommitReply::Answered(value, replies, call) => {
                    lanes = (replies, call);
                    sent.answer = Ok(Answer {
                        value,
                        maybe_applied,
                    });
                }
            }
        }
        let (replies, call) = lanes;
        Ok(OutboxCommit::Answered {
            outcome: self.committed(user, &request, sent)?,
            replies,
            call,
        })
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        let keys = self.settings.naming.keys(user);
        let index = self.settings.naming.index();
        let retention = milliseconds(self.settings.retention);
        let call = outbox::take(&keys, &take, Some(&index), user.expose(), retention);
        let request = Request::script(call.by_hash, call.text);
        let answer = self
            .endpoints
            .call(keys.id(), &request, take.deadline)
            .await?;
        Ok(outbox::taken(answer.value)?)
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        let keys = self.settings.naming.keys(user);
        let index = self.settings.naming.index();
        let retention = milliseconds(self.settings.retention);
        let user = user.expose();
        let call = outbox::settle(&keys, &settlement, Some(&index), user, retention);
        let request = Request::script(call.by_hash, call.text);
        let answer = self
            .endpoints
            .call(keys.id(), &request, settlement.deadline)
            .await?;
        Ok(outbox::settled(answer.value)?)
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.look(user, false, deadline).await
    }

    async fn show(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.look(user, true, deadline).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        let index = self.settings.naming.index();
        let call = outbox::due(&index, limit, claim);
        let request = Request::script(call.by_hash, call.text);
        let answer = self.endpoints.call(&index, &request, deadline).await?;
        let Value::Array(members) = answer.value else {
            return Err(ReplyError::Unexpected.into());
        };
        let due = |member| {
            let (is_reminder, user) = outbox::due_member(member)?;
            let user = UserId::new(user).ok()?;
            Some(Due { user, is_reminder })
        };
        Ok(members.into_iter().filter_map(due).collect())
    }
}

impl RedisStore {
    async fn look(
        &self,
        user: &UserId,
        marks: bool,
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        let keys = self.settings.naming.keys(user);
        let call = outbox::show(&keys, marks, milliseconds(self.settings.retention));
        let request = Request::script(call.by_hash, call.text);
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        Ok(outbox::outbox(answer.value)?)
    }

    /// Removes a user from the index.
    pub(super) async fn forget(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let index = self.settings.naming.index();
        let mut forget = redis::cmd("ZREM");
        forget.arg(&index);
        for letter in ["w", "r"] {
            forget.arg([letter, user.expose()].concat());
        }
        let request = Request::command(forget);
        self.endpoints.call(&index, &request, deadline).await?;
        Ok(())
    }
}
