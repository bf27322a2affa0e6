//! The entries of an outbox, and the requests of those who work on them.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::changes::LeaseRequest;
use crate::id::{CallKey, CommitId, UserId};
use crate::session::Version;
use crate::store::debug;
use crate::store::token_store::LeaseHolder;

/// A lane of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The queue of replies.
    Replies,
    /// The call slot.
    Call,
}

/// A reply in the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct QueuedReply {
    /// The commit that added it. No two replies have the same.
    pub id: CommitId,
    /// The reply, as it was added.
    pub body: Box<[u8]>,
    /// Where it goes.
    pub to: Option<Box<str>>,
    /// Whether it tells the outcome of a call.
    pub is_outcome: bool,
    /// How often it was taken, this time included. 0 if it was not taken.
    pub attempt: u32,
    /// Whether an earlier attempt may have sent it.
    pub in_doubt: bool,
}

/// The call in the slot.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// Its idempotency key.
    pub key: CallKey,
    /// The call, as it was added.
    pub body: Box<[u8]>,
    /// How long ago it was announced, by the store's clock.
    pub age: Duration,
    /// How often it was taken, this time included. 0 if it was not taken.
    pub attempt: u32,
}

/// An entry that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The first reply of the queue.
    Reply(QueuedReply),
    /// The call in the slot.
    Call(StoredCall),
}

/// A request for the lease on a lane and its first entry.
#[derive(Debug, Clone, Copy)]
pub struct Take {
    /// The lane.
    pub lane: Lane,
    /// The lease.
    pub lease: LeaseRequest,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

/// How a store answered a [`Take`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a lease that is not used keeps others waiting"]
pub enum Taken {
    /// The lease is the caller's, and this is to be done.
    Work(Work),
    /// Another holder has the lease.
    Held {
        /// How long it still lasts.
        remaining: Duration,
    },
    /// Nothing is due.
    Idle,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Settlement {
    /// The entry. If it is not the first of its lane any more, it was settled before: nothing is
    /// removed or postponed, and the answer says what is next. So the same settlement may be sent
    /// again, and may arrive late.
    pub entry: EntryId,
    /// Who took it.
    pub holder: LeaseHolder,
    /// `None` if the entry is done: a reply is removed, and the next one is taken if it is due. A
    /// call is removed by its [conclusion](super::OutboxChanges::concludes) alone.
    pub retry: Option<Retry>,
    /// How long the lease lasts from now, if the next entry is taken.
    pub length: Duration,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

/// Names an entry of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryId {
    /// A reply, by the commit that added it.
    Reply(CommitId),
    /// A call, by its key.
    Call(CallKey),
}

/// An entry stays and is taken again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Not before so long from now.
    pub after: Duration,
    /// Whether the attempt may have sent the reply.
    pub in_doubt: bool,
}

/// How a store answered a [`Settlement`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the next entry is the caller's to do"]
pub enum Settled {
    /// The lease goes on, and this is to be done next.
    Next(Work),
    /// The lease is released.
    Released,
    /// The lease is not the caller's any more: nothing was written.
    NotHolder,
}

/// All that is in an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outbox {
    /// The replies, the oldest first.
    pub replies: Vec<QueuedReply>,
    /// The call in the slot.
    pub call: Option<StoredCall>,
    /// The wake-up, if there is one.
    pub reminder: Option<Reminder>,
}

impl Outbox {
    /// The most replies that wait for a user.
    pub const MAX_REPLIES: usize = 32;
    /// The most bytes of their bodies together.
    pub const MAX_BYTES: usize = 64 * 1024;
}

/// A wake-up that is bound to a version of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// The version.
    pub version: Version,
    /// How long until it is due; zero if it is.
    pub after: Duration,
}

/// A user for whom something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The user.
    pub user: UserId,
    /// Whether it is the wake-up, and not the work in the outbox.
    pub is_reminder: bool,
}

// By hand, because a body must not be shown.
impl fmt::Debug for QueuedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedReply")
            .field("id", &self.id)
            .field("body", &debug::Bytes(self.body.len()))
            .field("is_outcome", &self.is_outcome)
            .field("attempt", &self.attempt)
            .field("in_doubt", &self.in_doubt)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCall")
            .field("key", &self.key)
            .field("body", &debug::Bytes(self.body.len()))
            .field("age", &self.age)
            .field("attempt", &self.attempt)
            .finish()
    }
}
