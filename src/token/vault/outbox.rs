//! The outbox calls of a vault: calls are sealed, and replies with all that the channel is told.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Vault;
use super::envelope::Field;
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitRequest, Due, NewCall, NewReply, Outbox, OutboxChanges, OutboxCommit, OutboxRefusal,
    OutboxStore, QueuedReply, Removal, Settled, Settlement, StateStore, StoredCall, Take, Taken,
    Work,
};

impl<S: StateStore> Vault<S> {
    fn inner_outbox(&self) -> Result<&dyn OutboxStore, StoreError> {
        self.store
            .outbox()
            .ok_or_else(|| StoreError::misconfigured("the store in the vault keeps no outboxes"))
    }

    /// The body; empty if it does not open. The entry must not be dropped: a process with the right
    /// key may still open it.
    fn open_body(&self, user: &UserId, field: Field<'_>, sealed: &[u8]) -> Box<[u8]> {
        self.open_bytes(user, field, sealed).unwrap_or_default()
    }

    fn open_queued(&self, user: &UserId, reply: QueuedReply) -> QueuedReply {
        let text = self.open_body(user, Field::QueuedReply(&reply.id), &reply.body);
        let (is_outcome, to, body) = split(&text).unwrap_or((reply.is_outcome, None, &[]));
        QueuedReply {
            body: body.into(),
            to: to.map(Into::into),
            is_outcome,
            ..reply
        }
    }

    fn open_call(&self, user: &UserId, call: StoredCall) -> StoredCall {
        StoredCall {
            body: self.open_body(user, Field::Call(&call.key), &call.body),
            ..call
        }
    }

    fn open_work(&self, user: &UserId, work: Work) -> Work {
        match work {
            Work::Reply(reply) => Work::Reply(self.open_queued(user, reply)),
            Work::Call(call) => Work::Call(self.open_call(user, call)),
        }
    }

    fn open_outbox(&self, user: &UserId, outbox: Outbox) -> Outbox {
        let replies = outbox.replies.into_iter();
        Outbox {
            replies: replies.map(|reply| self.open_queued(user, reply)).collect(),
            call: outbox.call.map(|call| self.open_call(user, call)),
            ..outbox
        }
    }
}

/// A reply as it is sealed: `o` if it tells an outcome, else `-`; the length of the destination, a
/// space, the destination and the body.
fn joined(reply: &NewReply<'_>) -> Vec<u8> {
    let to = reply.to.unwrap_or_default();
    let flag = if reply.is_outcome { 'o' } else { '-' };
    let mut text = format!("{flag}{} {to}", to.len()).into_bytes();
    text.extend_from_slice(reply.body);
    text
}

/// Whether it tells an outcome, its destination and its body; `None` if it is in another form.
fn split(text: &[u8]) -> Option<(bool, Option<&str>, &[u8])> {
    let (flag, rest) = text.split_first()?;
    let is_outcome = match flag {
        b'o' => true,
        b'-' => false,
        _ => return None,
    };
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let (length, rest) = rest.split_at_checked(space)?;
    let length = std::str::from_utf8(length).ok()?.parse().ok()?;
    // By its length, because a destination may hold any text.
    let (to, body) = rest.get(1..)?.split_at_checked(length)?;
    let to = std::str::from_utf8(to).ok()?;
    Some((is_outcome, (!to.is_empty()).then_some(to), body))
}

#[async_trait]
impl<S: StateStore> OutboxStore for Vault<S> {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let inner = self.inner_outbox()?;
        let id = request.id;
        let remembered = self.seal_reply(user, id, request.reply)?;
        let request = CommitRequest {
            reply: remembered.as_deref().map(str::as_bytes),
            ..request
        };
        // An entry has the id of its commit, or the key of its call, so that its body does not open
        // under another one.
        let reply = changes
            .reply
            .map(|reply| self.seal(user, Field::QueuedReply(id), &joined(&reply)))
            .transpose()?;
        let call = changes
            .call
            .map(|call| self.seal(user, Field::Call(&call.key), call.body))
            .transpose()?;
        let changes = OutboxChanges {
            reply: changes
                .reply
                .zip(reply.as_deref())
                .map(|(reply, sealed)| NewReply {
                    body: sealed.as_bytes(),
                    to: None,
                    // The store needs it too: outcomes outlive a login.
                    ..reply
                }),
            call: changes
                .call
                .zip(call.as_deref())
                .map(|(call, sealed)| NewCall {
                    body: sealed.as_bytes(),
                    ..call
                }),
            ..changes
        };
        Ok(match inner.commit_with(user, request, changes).await? {
            OutboxCommit::Answered {
                outcome,
                replies,
                call,
            } => OutboxCommit::Answered {
                outcome: self.open_outcome(user, id, outcome),
                replies,
                call,
            },
            OutboxCommit::Refused(OutboxRefusal::CallPending(call)) => {
                OutboxCommit::Refused(OutboxRefusal::CallPending(self.open_call(user, call)))
            }
            OutboxCommit::Refused(other) => OutboxCommit::Refused(other),
        })
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        Ok(match self.inner_outbox()?.take(user, take).await? {
            Taken::Work(work) => Taken::Work(self.open_work(user, work)),
            other => other,
        })
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        Ok(match self.inner_outbox()?.settle(user, settlement).await? {
            Settled::Next(work) => Settled::Next(self.open_work(user, work)),
            other => other,
        })
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        let outbox = self.inner_outbox()?.read(user, deadline).await?;
        Ok(self.open_outbox(user, outbox))
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        let outbox = self.inner_outbox()?.show(user, leave_out, deadline).await?;
        Ok(self.open_outbox(user, outbox))
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        self.inner_outbox()?.remove(user, removal, deadline).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        self.inner_outbox()?.due(limit, claim, deadline).await
    }
}
