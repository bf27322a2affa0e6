//! What a commit changes in the outbox.

use std::fmt;
use std::time::Duration;

use crate::error::StoreError;
use crate::id::CallKey;
use crate::session::Version;
use crate::store::debug;
use crate::store::token_store::LeaseHolder;

/// What a commit changes in the outbox of its user. The default changes nothing but the wake-up,
/// which it drops.
#[derive(Debug, Clone, Copy, Default)]
pub struct OutboxChanges<'a> {
    /// What is written of the session.
    pub session: SessionWrite,
    /// The call that this commit concludes: it must be in the slot, and is removed.
    pub concludes: Option<CallKey>,
    /// Who must hold the lease of the call's lane if the commit concludes a call. `None` if it may
    /// be over, or another's.
    pub concluded_by: Option<LeaseHolder>,
    /// Whether the commit is refused if an earlier reply is still in the queue.
    pub only_if_sent: bool,
    /// Whether the replies that [`show`](super::OutboxStore::show) has returned are removed first.
    pub drop_shown: bool,
    /// The reply to be added to the queue.
    pub reply: Option<NewReply<'a>>,
    /// The call to be put into the slot, which must be empty.
    pub call: Option<NewCall<'a>>,
    /// The lease that is taken on each lane to which this commit adds the first entry. Then the
    /// first attempt is counted.
    pub lease: Option<LeaseRequest>,
    /// When the user is looked at again.
    pub wake_up: WakeUp,
}

/// What a commit writes of the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionWrite {
    /// All of it, with a new expiry, as [`commit`](crate::StateStore::commit) does. The only one
    /// that can begin a session.
    #[default]
    Prolong,
    /// All of it, with the expiry that it had. The session must be live. If someone has removed its
    /// expiry in the store, it gets the one that [`Prolong`](Self::Prolong) sets.
    KeepExpiry,
    /// Its tombstone alone, with a new version. The session must have expired.
    Tombstone,
    /// Nothing. The precondition of the session is checked only if the commit concludes a call,
    /// because the session may have a copy of its key.
    Nothing,
}

/// A reply to be added to the queue.
#[derive(Clone, Copy)]
pub struct NewReply<'a> {
    /// The reply, JSON of at most [`Record::MAX_REPLY`](crate::session::Record::MAX_REPLY) bytes,
    /// or its sealed form of at most 24 KiB.
    pub body: &'a [u8],
    /// Where it goes, in words of the channel, such as a chat and a thread. At most 256 bytes.
    pub to: Option<&'a str>,
    /// Whether it tells the outcome of a call.
    pub is_outcome: bool,
    /// How it reaches the user.
    pub delivery: Delivery,
}

/// How replies reach the user. The newest reply of a queue says it for all of them, so that a host
/// that changes the delivery leaves none behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A worker takes them and sends them.
    Push,
    /// The user fetches them: they wait until they are [shown](super::OutboxStore::show), and make
    /// no work.
    Pull,
}

/// A call to be put into the slot.
#[derive(Clone, Copy)]
pub struct NewCall<'a> {
    /// Its idempotency key.
    pub key: CallKey,
    /// The call, JSON of at most 16 KiB, or its sealed form of at most 24 KiB.
    pub body: &'a [u8],
}

/// A lease to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRequest {
    /// Who takes it. The holder of a lease may take it again.
    pub holder: LeaseHolder,
    /// For how long from now, by the store's clock.
    pub length: Duration,
}

/// When the user is looked at again, beside the work in the outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WakeUp {
    /// Never: an earlier wake-up is dropped.
    #[default]
    Drop,
    /// As before. A wake-up that was bound to this version is bound to the new one.
    Keep(Option<Version>),
    /// Dropped if it is bound to this version, and otherwise as before.
    DropIf(Version),
    /// After so long by the store's clock. It is bound to the version that the commit makes, so it
    /// cannot be set by a commit that [makes none](SessionWrite::Nothing).
    After(Duration),
}

impl OutboxChanges<'_> {
    /// Whether the session must be as the [precondition](crate::store::CommitRequest::precondition)
    /// of the commit says: unless it writes nothing of the session, and concludes no call.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::store::{OutboxChanges, SessionWrite};
    ///
    /// let changes = OutboxChanges {
    ///     session: SessionWrite::Nothing,
    ///     ..Default::default()
    /// };
    /// assert!(!changes.expects_session());
    /// assert!(OutboxChanges::default().expects_session());
    /// ```
    #[must_use]
    pub fn expects_session(&self) -> bool {
        self.session != SessionWrite::Nothing || self.concludes.is_some()
    }

    /// Refuses changes that contradict each other. A store calls it before anything else.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::store::{OutboxChanges, SessionWrite, WakeUp};
    ///
    /// let changes = OutboxChanges {
    ///     session: SessionWrite::Nothing,
    ///     wake_up: WakeUp::After(Duration::from_secs(60)),
    ///     ..Default::default()
    /// };
    /// assert!(changes.check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] if a commit that writes no session sets a wake-up.
    pub fn check(&self) -> Result<(), StoreError> {
        match (self.session, self.wake_up) {
            (SessionWrite::Nothing, WakeUp::After(_)) => Err(StoreError::misconfigured(
                "a commit that writes no session makes no version that a wake-up can be bound to",
            )),
            _ => Ok(()),
        }
    }
}

// By hand, because a body must not be shown.
impl fmt::Debug for NewReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewReply")
            .field("body", &debug::Bytes(self.body.len()))
            .field("to", &self.to.map(|to| debug::Bytes(to.len())))
            .field("is_outcome", &self.is_outcome)
            .field("delivery", &self.delivery)
            .finish()
    }
}

impl fmt::Debug for NewCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCall")
            .field("key", &self.key)
            .field("body", &debug::Bytes(self.body.len()))
            .finish()
    }
}
