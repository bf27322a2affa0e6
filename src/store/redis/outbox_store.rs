//! The calls for outboxes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use tokio::time::Instant;

use super::index::Replied;
use super::net::Request;
use super::store::RedisStore;
use super::wire::{milliseconds, outbox};
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitRequest, Due, Outbox, OutboxChanges, OutboxCommit, OutboxStore, Removal, Settled,
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
        changes.check()?;
        self.check_outbox_rights(request.deadline).await?;
        let replied = match self.own_index() {
            Some(index) => {
                self.send_with(user, &request, &changes, Some(&index), None)
                    .await?
            }
            None => self.commit_with_hint(user, &request, &changes).await?,
        };
        match replied {
            Replied::Commit(sent, replies, call) => Ok(OutboxCommit::Answered {
                outcome: self.committed(user, &request, sent)?,
                replies,
                call,
            }),
            Replied::Refused(why) => Ok(OutboxCommit::Refused(why)),
            // Without a hint, no commit is late.
            Replied::Late => Err(StoreError::unavailable("unexpected reply")),
        }
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        self.check_outbox_rights(take.deadline).await?;
        let keys = self.settings.naming.keys(user);
        let index = self.own_index();
        let retention = milliseconds(self.settings.retention);
        let call = outbox::take(&keys, &take, index.as_deref(), user.expose(), retention);
        let value = self.ask(keys.id(), call, take.deadline).await?;
        Ok(outbox::taken(value)?)
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        self.check_outbox_rights(settlement.deadline).await?;
        let keys = self.settings.naming.keys(user);
        let index = self.own_index();
        let retention = milliseconds(self.settings.retention);
        let user = user.expose();
        let call = outbox::settle(&keys, &settlement, index.as_deref(), user, retention);
        let value = self.ask(keys.id(), call, settlement.deadline).await?;
        Ok(outbox::settled(value)?)
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.look(user, None, deadline).await
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        self.look(user, Some(leave_out), deadline).await
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        self.remove_user(user, Some(removal), deadline).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        self.check_outbox_rights(deadline).await?;
        self.claim(limit, claim, deadline).await
    }
}

impl RedisStore {
    /// Removes what is kept of a user: all of it if no removal says what, also an outbox that
    /// cannot be read.
    pub(super) async fn remove_user(
        &self,
        user: &UserId,
        removal: Option<Removal>,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let keys = self.settings.naming.keys(user);
        let retention = milliseconds(self.settings.retention);
        // On a cluster, or without the rights of a bot, the next look at the user removes the
        // entries that are not needed any more.
        let has_rights = self.has_outbox_rights.load(Ordering::Relaxed);
        let index = self.own_index().filter(|_| has_rights);
        let call = outbox::remove(&keys, removal, index, user.expose(), retention);
        // With its text, because it is sent once: a server that did not know it would only say so.
        let request = Request::script_in_full(&call.by_hash, call.text).once();
        let value = self.answered(keys.id(), &request, deadline).await?;
        Ok(value == Value::Int(1))
    }

    async fn look(
        &self,
        user: &UserId,
        leave_out: Option<&[CommitId]>,
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        self.check_outbox_rights(deadline).await?;
        let keys = self.settings.naming.keys(user);
        let call = outbox::show(&keys, leave_out, milliseconds(self.settings.retention));
        let value = self.ask(keys.id(), call, deadline).await?;
        Ok(outbox::outbox(value)?)
    }
}
