//! How a store answers a commit with changes to the outbox.

use super::work::StoredCall;
use crate::store::commit::CommitOutcome;

/// How a store answered a commit with changes to the outbox.
#[derive(Debug, Clone)]
#[must_use = "a commit that was refused has changed nothing"]
#[allow(clippy::large_enum_variant)] // matched where it is returned, so a box would only cost
pub enum OutboxCommit {
    /// What [`commit`](crate::StateStore::commit) answers, and the lanes as they are now.
    Answered {
        /// What became of the commit.
        outcome: CommitOutcome,
        /// The queue of replies.
        replies: LaneState,
        /// The call slot.
        call: LaneState,
    },
    /// The outbox does not allow it: nothing was written.
    Refused(OutboxRefusal),
}

/// Why the outbox does not allow a commit.
#[derive(Debug, Clone)]
pub enum OutboxRefusal {
    /// The queue of replies is full.
    Full,
    /// Another call, or the same one, is in the slot.
    CallPending(StoredCall),
    /// The call that was to be concluded is not in the slot.
    NoSuchCall,
    /// The call is in the slot, and the lease of its lane is not the one that the commit requires.
    NotHolder,
    /// An earlier reply is still in the queue.
    Unsent,
}

/// A lane of the outbox, as a commit leaves or finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneState {
    /// It is empty.
    Empty,
    /// What is in it is not due yet.
    Later,
    /// The lease is the caller's: it does the entry that this commit added, and settles it.
    Acquired,
    /// An entry is due and the lease is free: [`take`](super::OutboxStore::take) it.
    Due,
    /// Another holder works on it, and does what is left.
    Held,
}
