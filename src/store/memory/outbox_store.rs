//! The outboxes of the embedded store.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::MemoryStore;
use super::users::Check;
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitRequest, Due, Outbox, OutboxChanges, OutboxCommit, OutboxStore, Removal, Settled,
    Settlement, Take, Taken,
};

// Never blocks for long, so the deadlines are not needed.
#[async_trait]
impl OutboxStore for MemoryStore {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        changes.check()?;
        self.change(
            user,
            |entry, now| match entry.refuse_with(&request, &changes, now) {
                Some(refusal) => Check::Answer(refusal),
                // A conclusion must be recorded and told, and takes the place of its call: the
                // store exceeds its limit by one commit for each call that is pending.
                None if changes.concludes.is_some() && changes.call.is_none() => Check::Grows(0),
                None => Check::Grows(entry.growth_with(&request, &changes)),
            },
            |entry, now| entry.apply_with(&request, &changes, now, self.retention()),
        )
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        self.change(
            user,
            |entry, now| match entry.outbox(now) {
                Some(outbox) => match outbox.refuse_take(&take, now) {
                    Some(refusal) => Check::Answer(refusal),
                    None => Check::Grows(0),
                },
                None => Check::Answer(Taken::Idle),
            },
            |entry, now| entry.take(&take, now, self.retention()),
        )
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        self.change(
            user,
            |entry, now| match entry.outbox(now) {
                Some(outbox) if outbox.may_settle(&settlement) => Check::Grows(0),
                _ => Check::Answer(Settled::NotHolder),
            },
            |entry, now| entry.settle(&settlement, now, self.retention()),
        )
    }

    async fn read(&self, user: &UserId, _: Instant) -> Result<Outbox, StoreError> {
        Ok(self.users.read(user, |entry, now| {
            let outbox = entry.outbox(now);
            outbox.map_or_else(Outbox::default, |outbox| outbox.read(now))
        }))
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        _: Instant,
    ) -> Result<Outbox, StoreError> {
        self.change(
            user,
            |entry, now| match entry.outbox(now) {
                Some(_) => Check::Grows(0),
                None => Check::Answer(Outbox::default()),
            },
            |entry, now| entry.show(leave_out, now, self.retention()),
        )
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        _: Instant,
    ) -> Result<bool, StoreError> {
        Ok(self.users.reduce(user, |entry, now| {
            entry.remove(removal, now, self.retention())
        }))
    }

    async fn due(&self, limit: usize, claim: Duration, _: Instant) -> Result<Vec<Due>, StoreError> {
        Ok(self.users.due(limit, claim))
    }
}
