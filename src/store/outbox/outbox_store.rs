//! The contract of a store for outboxes.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::changes::OutboxChanges;
use super::outcome::OutboxCommit;
use super::removal::Removal;
use super::work::{Due, Outbox, Settled, Settlement, Take, Taken};
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::commit::CommitRequest;

/// Keeps an outbox for each user: the replies that are still to be sent and the call that is still
/// to be made, in the same commit as the session that led to them.
///
/// A store offers it through [`StateStore::outbox`](crate::StateStore::outbox), and a
/// [`Bot`](crate::bot::Bot) uses it. The guarantees of [`StateStore`](crate::StateStore) on
/// commits, users, deadlines, capacity and dropped futures hold here too.
///
/// # Contract
/// 1. **One step.** Changes to the outbox are written together with the session, or nothing is.
///    A recorded commit id is answered before any refusal of the outbox, and a conflict of the
///    session before a refusal too.
/// 2. **Apart from the session.** The outbox survives the expiry of its session and is kept for the
///    retention at least, renewed by every write to it; with it the tombstone is kept as long.
///    [`delete`](crate::StateStore::delete) removes it.
/// 3. **One call.** A call is put into an empty slot only, and leaves it only by a commit that
///    concludes its key. [`CallPending`](super::OutboxRefusal::CallPending) carries the one that is
///    there, [`NoSuchCall`](super::OutboxRefusal::NoSuchCall) says that the slot holds another or
///    none. A conclusion that [names a holder](OutboxChanges::concluded_by) is refused as
///    [`NotHolder`](super::OutboxRefusal::NotHolder) unless that holder has the lease of the lane.
/// 4. **Replies in order.** The queue is first in, first out, in the order of the commits; only a
///    reply that a [`show`](Self::show) leaves out moves behind those that it shows. The newest
///    reply says how the whole queue is [delivered](super::Delivery). A reply that was shown is
///    [removed](OutboxChanges::drop_shown) also while a worker sends it: the lease stays for the
///    replies that are left, and is over with the last one.
/// 5. **Bounded.** The queue holds at most [`MAX_REPLIES`](Outbox::MAX_REPLIES) replies of
///    [`MAX_BYTES`](Outbox::MAX_BYTES) together; beyond that a commit is refused as
///    [`Full`](super::OutboxRefusal::Full). While a call is pending, one place of
///    [`Record::MAX_REPLY`](crate::session::Record::MAX_REPLY) bytes is reserved for its
///    conclusion, which is never `Full`. A conclusion that announces the next call is an
///    announcement too: it needs a place for its own reply and one for the next conclusion.
/// 6. **One holder.** A lane's lease has one holder until it is released or its time is over by the
///    store's clock; the holder may take it again. A rest that is longer than the lease counts as
///    over. Only the holder settles.
/// 7. **Attempts are counted first.** The step that hands out an entry, a commit, a take or a
///    settlement, counts the attempt in the same write, so that an entry that kills its worker is
///    counted too. It marks a reply as in doubt; a settlement says if it still is.
/// 8. **Settling is atomic.** It removes or postpones the entry, and in the same step hands out the
///    next one that is due or releases the lease: no reply that a commit adds meanwhile is left
///    without a holder or a wake-up. If it is repeated, it hands out the same entry as the same
///    attempt.
/// 9. **Not before its time.** An entry that was postponed is not handed out earlier, also not to
///    its holder.
/// 10. **Nothing is forgotten.** A user with an entry is returned by [`due`](Self::due) once the
///     lease is over and the entry's time has come, and again after each claim, until nothing is
///     left. A user with a wake-up is returned when it is due, until a commit drops or moves it.
///     Replies with [`Delivery::Pull`](super::Delivery::Pull) make no work.
/// 11. **Own commits do no harm.** [`KeepExpiry`](super::SessionWrite::KeepExpiry) does not move
///     the expiry of the session; [`Tombstone`](super::SessionWrite::Tombstone) leaves it expired;
///     [`Nothing`](super::SessionWrite::Nothing) neither begins nor changes one. None drops the
///     token unless told to. A wake-up [after](super::WakeUp::After) some time is bound to a
///     version, and `Nothing` makes none: together they are [`StoreError::Misconfigured`].
/// 12. **What a later release wrote is left alone.** An outbox in a form that this release does not
///     know is a [`StoreError::Corrupt`] for its user, and no other user is affected.
/// 13. **A login ends, and its calls do not.** [`Removal::Login`] leaves nothing of the user but
///     the call in the slot and the outcomes that were not shown. [`Removal::User`] leaves nothing,
///     or all if the slot holds another call than it names. Each is one step.
///
/// Every method is one round trip to the store, unless the store says otherwise.
///
/// # Examples
/// ```
/// use tokio::time::Instant;
/// use vimbiso_state::store::Outbox;
/// use vimbiso_state::{MemoryStore, StateStore, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let outboxes = store.outbox().ok_or("this store keeps no outboxes")?;
/// let user = UserId::new("263771234567")?;
/// let deadline = Instant::now() + std::time::Duration::from_secs(2);
/// assert_eq!(outboxes.read(&user, deadline).await?, Outbox::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait OutboxStore: Send + Sync + fmt::Debug {
    /// Commits a session as [`StateStore::commit`](crate::StateStore::commit) does, together with
    /// changes to the outbox.
    ///
    /// # Errors
    /// Those of [`StateStore::commit`](crate::StateStore::commit).
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError>;

    /// Takes the lease on a lane if it is free, or the caller's own, and an entry is due.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. The lease may have
    /// been taken; then the same holder may take it again, and it ends after its length.
    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError>;

    /// Says what became of the entry that was taken.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. It may have been
    /// carried out, or may still be later. To find out what is next, take the lane again.
    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError>;

    /// Reads all that is in the outbox. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline.
    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError>;

    /// Reads all that is in the outbox, and marks its replies as shown, so that a commit with
    /// [`drop_shown`](OutboxChanges::drop_shown) removes them. For replies with
    /// [`Delivery::Pull`](super::Delivery::Pull); others are marked too, and stay in the hands of
    /// their worker.
    ///
    /// The replies of these commits are left out, because the caller cannot read them: after the
    /// call they are not marked, also if they were before, and wait behind the others.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. They may be marked.
    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError>;

    /// Removes what is kept of a user, in this store as a whole and not in its outbox alone.
    /// Returns `false` if the slot does not hold the call that [`Removal::User`] names: then
    /// nothing is removed.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. As after a
    /// [`delete`](crate::StateStore::delete) that failed, it may be carried out later, together
    /// with what was written meanwhile.
    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError>;

    /// Returns at most `limit` users for whom something is due, the longest overdue first, and
    /// claims each for `claim`: no caller gets it again before that, unless a commit or a
    /// settlement makes something due.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. Users may have been
    /// claimed; they are returned again after the claim.
    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError>;
}
