//! What a decided turn changes in the outbox, and what a worker does with it at once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::conversation::Conversation;
use crate::error::Error;
use crate::id::{CallKey, CommitId};
use crate::session;
use crate::store::{
    Delivery, LeaseHolder, LeaseRequest, NewCall, NewReply, OutboxChanges, QueuedReply,
    SessionWrite, StoredCall, WakeUp, Work,
};

/// What a decided turn changes in the outbox.
pub(super) struct Plan {
    pub(super) session: SessionWrite,
    pub(super) concludes: Option<CallKey>,
    pub(super) concluded_by: Option<LeaseHolder>,
    pub(super) only_if_sent: bool,
    pub(super) drop_shown: bool,
    pub(super) delivery: Delivery,
    pub(super) reply: Option<PlannedReply>,
    pub(super) call: Option<(CallKey, Box<str>)>,
    pub(super) lease: Option<LeaseRequest>,
    pub(super) wake_up: WakeUp,
}

/// A reply as it is stored.
pub(super) struct PlannedReply {
    pub(super) body: Box<str>,
    pub(super) to: Option<String>,
    pub(super) is_outcome: bool,
}

/// A call as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "C: Serialize", deserialize = "C: Deserialize<'de>"))]
pub(super) struct CallBody<C> {
    pub(super) call: C,
    /// Where its outcome is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// How long before its announcement the question was asked, in milliseconds. An earlier
    /// announcement of the same call, which a failover has lost, cannot be older.
    #[serde(default)]
    pub(super) asked_before: u64,
}

impl Plan {
    pub(super) fn new(delivery: Delivery, lease: Option<LeaseRequest>) -> Self {
        Self {
            // What a message of the user does; the bot's own commits say otherwise.
            session: SessionWrite::Prolong,
            concludes: None,
            concluded_by: None,
            only_if_sent: false,
            drop_shown: false,
            delivery,
            reply: None,
            call: None,
            lease,
            wake_up: WakeUp::Drop,
        }
    }

    pub(super) fn with_reply<C: Conversation>(
        mut self,
        reply: &C::Reply,
        to: Option<&str>,
        is_outcome: bool,
    ) -> Result<Self, Error> {
        self.reply = Some(PlannedReply {
            body: session::encode_reply::<C::Reply, C::Reply>(reply)?,
            to: to.map(str::to_owned),
            is_outcome,
        });
        Ok(self)
    }

    pub(super) fn with_call<C: Conversation>(
        mut self,
        key: CallKey,
        call: C::Call,
        to: Option<&str>,
        asked_before: Duration,
    ) -> Result<Self, Error> {
        let body = CallBody {
            call,
            to: to.map(str::to_owned),
            asked_before: u64::try_from(asked_before.as_millis()).unwrap_or(u64::MAX),
        };
        let body = session::encode_call::<C, _>(&body)?;
        self.call = Some((key, body));
        Ok(self)
    }

    pub(super) fn changes(&self) -> OutboxChanges<'_> {
        OutboxChanges {
            session: self.session,
            concludes: self.concludes,
            concluded_by: self.concluded_by,
            only_if_sent: self.only_if_sent,
            drop_shown: self.drop_shown,
            reply: self.reply.as_ref().map(|reply| NewReply {
                body: reply.body.as_bytes(),
                to: reply.to.as_deref(),
                is_outcome: reply.is_outcome,
                delivery: self.delivery,
            }),
            call: self.call.as_ref().map(|(key, body)| NewCall {
                key: *key,
                body: body.as_bytes(),
            }),
            lease: self.lease,
            wake_up: self.wake_up,
        }
    }

    /// The reply as a worker takes it that has acquired the lease with the commit of this id.
    // With the bytes that were stored, so that both ways to an entry are read by the same code.
    pub(super) fn first_reply(&self, id: CommitId) -> Option<Work> {
        let reply = self.reply.as_ref()?;
        Some(Work::Reply(QueuedReply {
            id,
            body: reply.body.as_bytes().into(),
            to: reply.to.as_deref().map(Into::into),
            is_outcome: reply.is_outcome,
            attempt: 1,
            in_doubt: false,
        }))
    }

    /// The call as a worker takes it that has acquired the lease with this commit.
    pub(super) fn first_call(&self) -> Option<StoredCall> {
        let (key, body) = self.call.as_ref()?;
        Some(StoredCall {
            key: *key,
            body: body.as_bytes().into(),
            age: Duration::ZERO,
            attempt: 1,
        })
    }
}
