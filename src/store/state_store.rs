//! The contract of a store for sessions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::commit::{CommitOutcome, CommitRequest};
use super::commit_status::CommitStatus;
use super::outbox::OutboxStore;
use super::session::Loaded;
use super::token_store::TokenStore;
use crate::error::StoreError;
use crate::id::{CommitId, UserId};

/// Keeps the sessions of users.
///
/// A host hands a store to a [`StateManager`](crate::StateManager) and calls the manager. If you
/// write a store of your own, keep these guarantees, and check them with the conformance suite,
/// `store::conformance` (feature `testing`), which cites their numbers. A store that implements
/// this trait alone serves every call of the manager but those for tokens.
///
/// # Contract
/// 1. **A load changes nothing.** It neither prolongs nor revives a session, and returns the record
///    as it was written.
/// 2. **Absent, live, expired and corrupt are four different answers.** An expired session is told
///    from a new one for the [retention](Self::retention). If the store cannot be reached, that is
///    an error, never an absent session.
/// 3. **A commit is atomic.** All parts of a session are written with one expiry, or none is. A
///    commit that is refused or fails writes nothing.
/// 4. **A commit has a precondition.** If the session is no longer what the
///    [`Precondition`](super::Precondition) says, nothing is written, and
///    [`Conflict`](CommitOutcome::Conflict) carries the session as it is now.
/// 5. **A commit id takes effect once.** Within the retention, a second commit with the same id is
///    a [`Duplicate`](CommitOutcome::Duplicate), regardless of its precondition, with the reply
///    that the first one stored; a load with that id says the same.
/// 6. **The same attempt may be sent again.** A commit whose id was recorded with the very version
///    that it carries is [`Applied`](CommitOutcome::Applied).
/// 7. **A session lives until `min(now + ttl, start + max_lifetime)`** by the store's clock. It
///    starts with its first commit after none was live.
/// 8. **Resolve is final.** It answers [`Applied`](CommitStatus::Applied) for a recorded commit id.
///    Otherwise it records a fence: that commit id is never applied, and every later question gets
///    the same answer for the retention.
/// 9. **Delete leaves nothing of the user**: no session, tombstone, token, lease or recorded commit
///    id. It ends guarantee 5 for them, also for a commit that is still on its way. Writes made
///    after `delete` returned are not removed.
/// 10. **Users are isolated.** No call for one user reads or changes anything of another.
/// 11. **A call returns by its deadline.** If the outcome of a commit is not known by then, the
///     error is [`StoreError::Unknown`], never another one; [`resolve`](Self::resolve) settles it.
/// 12. **A full store refuses** with [`StoreError::OverCapacity`]; it never drops a live session.
/// 13. **A dropped future does no harm**: the call took effect or did not, and the next load tells
///     which.
///
/// Every method is one round trip to the store, unless the store says otherwise.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use tokio::time::Instant;
/// use vimbiso_state::store::Session;
/// use vimbiso_state::{MemoryStore, StateStore, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let user = UserId::new("263771234567")?;
/// let loaded = store.load(&user, None, Instant::now() + Duration::from_secs(2)).await?;
/// assert!(matches!(loaded.session, Session::New));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait StateStore: Send + Sync + fmt::Debug {
    /// Reads the session, and what is recorded under `commit`.
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError>;

    /// Writes a session if its precondition holds and its commit id is new.
    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError>;

    /// Says for good whether a commit was applied; if it was not, it never will be.
    ///
    /// If it fails, or its future is dropped, the commit may already be given up, or may still be
    /// later. It is safe to call again.
    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError>;

    /// Removes everything of the user.
    ///
    /// If it fails, or its future is dropped, the user may already be removed, or may still be
    /// removed later, together with what was written meanwhile. It is safe to call again.
    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError>;

    /// How long commit ids and the tombstones of expired sessions are kept at least.
    fn retention(&self) -> Duration;

    /// What separates the users of this store from those of another one in the same database; empty
    /// if nothing does.
    fn namespace(&self) -> &str;

    /// The token calls of this store; `None`, the default, if it keeps no tokens.
    fn tokens(&self) -> Option<&dyn TokenStore> {
        None
    }

    /// The outbox calls of this store; `None`, the default, if it keeps no outboxes.
    fn outbox(&self) -> Option<&dyn OutboxStore> {
        None
    }
}

// So that one store can serve several managers, and a store can be chosen at run time.
#[async_trait]
impl<S: StateStore + ?Sized> StateStore for Arc<S> {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        (**self).load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        (**self).commit(user, request).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        (**self).resolve(user, commit, deadline).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        (**self).delete(user, deadline).await
    }

    fn retention(&self) -> Duration {
        (**self).retention()
    }

    fn namespace(&self) -> &str {
        (**self).namespace()
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        (**self).tokens()
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        (**self).outbox()
    }
}
