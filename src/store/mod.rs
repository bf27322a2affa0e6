//! Where sessions are remembered: the contract of a store, and the stores.

#[cfg(feature = "testing")]
pub mod conformance;
mod error;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shown;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

pub use error::StoreError;
pub use memory::{MemoryStore, MemoryStoreBuilder};
#[cfg(all(fuzzing, feature = "redis"))]
#[doc(hidden)]
pub use redis::read_reply;
#[cfg(feature = "redis")]
pub use redis::{KeyLayout, RedisStore, RedisStoreBuilder};
pub use token::{Claim, ExpectedToken, Owner, StoredToken, TokenOutcome, TokenPut};

use crate::record::{Damage, Record, Trace, Version};
use crate::{CommitId, Error, UserId};

/// A place that remembers sessions.
///
/// A host hands a store to a [`StateManager`](crate::StateManager) and calls the manager. Whoever writes a store of their
/// own keeps these guarantees, and proves it with the conformance suite, `store::conformance`, behind the feature `testing`.
///
/// # Contract
/// 1. **A load changes nothing.** It neither slides an expiry nor revives a session.
/// 2. **Absent, live, expired and damaged are four different answers.** An expired session is told from a new one for the
///    [retention](Self::retention). What cannot be reached is an error, never an absent session.
/// 3. **A commit is one atomic step.** All parts of a session are written, with one expiry, or none is. A refused or failed
///    commit writes nothing.
/// 4. **A commit applies to what it was decided on.** Where the session is no longer what the [`Basis`] says, nothing is
///    written, and [`Conflict`](CommitOutcome::Conflict) carries the session as it is now.
/// 5. **A commit id takes effect once.** For the retention, a second commit under it is a
///    [`Duplicate`](CommitOutcome::Duplicate), whatever it was decided on, with the reply remembered by the first; and
///    a load under it says the same.
/// 6. **The same attempt may be sent again.** A commit whose id was recorded with this very version is
///    [`Applied`](CommitOutcome::Applied).
/// 7. **A session lives until `min(now + ttl, began + lifetime)`** on the store's clock, where it began with its first
///    commit after none was live.
/// 8. **Resolve is final.** It answers [`Applied`](Resolution::Applied) for a recorded commit id, and otherwise records a fence: that
///    commit id never applies, and every later question gets the same answer, for the retention.
/// 9. **Tokens stand apart.** A token call neither slides nor revives a session nor conflicts with one; a commit leaves the
///    token alone unless told to drop it. A token goes when its own time is over.
/// 10. **A token is put only where the expected one stands**, and the refusal carries the one that does.
/// 11. **A refresh claim has one owner** until it is released or its lease is over.
/// 12. **Forget leaves nothing of the user**: no session, trace, token, claim or recorded commit id. It ends guarantee 5 for them,
///     also for a commit that is still on its way. One that is answered takes nothing that is written after the answer.
/// 13. **Users are apart.** No call for one user reads or changes anything of another.
/// 14. **A call returns by its deadline.** A commit of which nobody can say whether it was applied is
///     [`StoreError::Unknown`], never any other error; it is asked for again by [`resolve`](Self::resolve).
/// 15. **A store that is full refuses** ([`StoreError::OverCapacity`]); it drops nothing that is alive.
/// 16. **A dropped future does no harm**: what it was doing is done, or is not, and the next load tells which.
///
/// Every method is one round trip to the store.
#[async_trait]
pub trait StateStore: Send + Sync + fmt::Debug {
    /// Reads the session, the token, and what is recorded under `commit`.
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError>;

    /// Writes a session, if it still is what the caller decided on and the commit id is new.
    async fn commit(&self, user: &UserId, commit: Commit<'_>) -> Result<CommitOutcome, StoreError>;

    /// Says for good whether a commit was applied; if it was not, it never will be.
    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<Resolution, StoreError>;

    /// Stores or removes the token.
    ///
    /// Where one that expects [anything](ExpectedToken::Any) fails, or its future is dropped, it may be carried out all the same,
    /// later, over what it finds then. It is safe to ask again. One that is answered is over.
    async fn put_token(&self, user: &UserId, put: TokenPut<'_>)
    -> Result<TokenOutcome, StoreError>;

    /// Asks to be the one who refreshes the token, for the length of the lease.
    async fn claim_refresh(
        &self,
        user: &UserId,
        owner: &Owner,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Claim, StoreError>;

    /// Removes everything of the user.
    ///
    /// Where it fails, or its future is dropped, it may be carried out all the same, later than the error arrives or another
    /// call is answered, and takes what it finds then. It is safe to ask again.
    async fn forget(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError>;

    /// How long commit ids and the traces of expired sessions are kept, at least.
    fn retention(&self) -> Duration;

    /// What keeps the users of this store apart from those of another one in the same place; `""` where nothing does.
    fn namespace(&self) -> &str;
}

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

    async fn commit(&self, user: &UserId, commit: Commit<'_>) -> Result<CommitOutcome, StoreError> {
        (**self).commit(user, commit).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<Resolution, StoreError> {
        (**self).resolve(user, commit, deadline).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        (**self).put_token(user, put).await
    }

    async fn claim_refresh(
        &self,
        user: &UserId,
        owner: &Owner,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Claim, StoreError> {
        (**self).claim_refresh(user, owner, lease, deadline).await
    }

    async fn forget(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        (**self).forget(user, deadline).await
    }

    fn retention(&self) -> Duration {
        (**self).retention()
    }

    fn namespace(&self) -> &str {
        (**self).namespace()
    }
}

/// The retention of a store that is not told another.
pub(crate) const DEFAULT_RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Refuses a retention too short for the default TTL, or longer than a week.
pub(crate) fn check_retention(retention: Duration) -> Result<(), Error> {
    let allowed = Duration::from_secs(600)..=Duration::from_secs(7 * 24 * 60 * 60);
    if allowed.contains(&retention) {
        return Ok(());
    }
    Err(Error::Setting {
        what: "retention",
        allowed: "from 10 minutes to 7 days",
    })
}

/// What a load found.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The session.
    pub session: Session,
    /// What a commit decided on this load must find unchanged.
    pub basis: Basis,
    /// The token, where one is alive.
    pub token: Option<StoredToken>,
    /// What is recorded under the commit id that was asked for.
    pub done: Option<Done>,
}

impl Loaded {
    /// The basis, if the session is alive at this version.
    #[must_use]
    pub fn basis_of(self, version: Version) -> Option<Basis> {
        matches!(self.session, Session::Live(record) if record.version == version)
            .then_some(self.basis)
    }
}

/// A session as a store finds it.
#[derive(Clone)]
pub enum Session {
    /// No session within the retention.
    New,
    /// A live session.
    Live(Arc<Record>),
    /// A session that has expired.
    Expired(Trace),
    /// A session that cannot be read as it was written.
    Damaged {
        /// What is wrong with it.
        why: Damage,
        /// Its version, where that can still be read.
        version: Option<Version>,
        /// The state's format number and text, where they are still there.
        state: Option<(u32, Box<str>)>,
    },
    /// A session that a later release has written in a form unknown here. It must not be touched.
    Newer {
        /// The number of that form.
        found: u32,
        /// The newest form that this store knows.
        known: u32,
    },
}

impl Session {
    /// The last version, where one is known.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match self {
            Self::New | Self::Newer { .. } => None,
            Self::Live(record) => Some(record.version),
            Self::Expired(trace) => Some(trace.version),
            Self::Damaged { version, .. } => *version,
        }
    }
}

/// What a decision stands on, in a store's own words: whatever it needs to know a session again.
///
/// It must differ wherever the session does, and tell a live session from an expired one. A clone shares the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Basis(Arc<[u8]>);

impl Basis {
    /// Wraps a store's own words.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Those words again.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is recorded under a commit id.
#[derive(Clone, PartialEq, Eq)]
pub enum Done {
    /// The commit was applied.
    Applied {
        /// The version that it made.
        version: Version,
        /// The reply that it remembered, as JSON.
        reply: Option<Box<[u8]>>,
    },
    /// The commit was given up, and will never apply.
    Fenced,
}

/// One commit, to be applied whole or not at all.
#[derive(Clone)]
pub struct Commit<'a> {
    /// Under which it is known again.
    pub id: &'a CommitId,
    /// What it was decided on.
    pub basis: &'a Basis,
    /// The session from now on; its version is this attempt's own.
    pub record: &'a Arc<Record>,
    /// What a duplicate is answered: JSON of at most [`Record::MAX_REPLY`] bytes, or what a vault makes of it, which is text of
    /// at most 24 KiB.
    pub reply: Option<&'a [u8]>,
    /// Whether the token goes too, as it does in a recovery.
    pub drop_token: bool,
    /// How long the session lives without another commit.
    pub ttl: Duration,
    /// How long it lives at most.
    pub lifetime: Duration,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

/// What became of a commit.
#[derive(Clone)]
#[must_use = "a commit that was refused has changed nothing"]
pub enum CommitOutcome {
    /// It is written. The next commit may be decided on this basis and the record that was sent; none where the session has
    /// moved on since, as it may where the same attempt was sent again.
    Applied(Option<Basis>),
    /// Its id had already taken effect: nothing was written.
    Duplicate {
        /// The version that was made then.
        version: Version,
        /// The reply that was remembered then.
        reply: Option<Box<[u8]>>,
        /// The session now.
        current: Loaded,
    },
    /// The session is no longer what the commit was decided on: nothing was written.
    Conflict(Loaded),
    /// The commit id was given up by [`StateStore::resolve`]: nothing was written, and never will be.
    Fenced,
}

/// What [`StateStore::resolve`] found out, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the answer says whether the message took effect"]
pub enum Resolution {
    /// The commit was applied, and made this version.
    Applied(Version),
    /// The commit was not applied, and never will be.
    Fenced,
}
