//! The embedded store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::entry::Entry;
use super::sweeper;
use super::users::{Check, Limits, Users};
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, OutboxStore,
    SessionWrite, StateStore, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

/// Keeps sessions, tokens and outboxes in this process, for bots of one process and for tests.
///
/// It keeps the contracts for [sessions](StateStore#contract), [tokens](TokenStore#contract) and
/// [outboxes](OutboxStore#contract) whole, on tokio's clock: a test with a paused clock passes five
/// minutes in no time. It is bounded: if it is full, it refuses what is new and keeps what it has;
/// a call that adds nothing is never refused, nor is the conclusion of a call, so it may exceed its
/// limit by one commit for each pending call. A restart loses everything. A clone is another handle
/// to the same sessions.
///
/// A session takes about 400 bytes besides its data, and about 120 for each commit id within the
/// retention. An outbox with one reply takes about 550 bytes besides the text, and 100 for each
/// further reply; it is freed when nothing is left in it. Expired entries are removed every 5 s by
/// a task on the runtime of a writer. If that runtime is no longer driven, the next writer on
/// another one takes over after 10 s; what has expired is removed as well when space is needed.
///
/// # Examples
/// ```
/// use vimbiso_state::MemoryStore;
///
/// let store = MemoryStore::new();
/// assert_eq!(store.len(), 0);
/// ```
#[derive(Debug, Clone)]
pub struct MemoryStore {
    pub(super) users: Arc<Users>,
}

impl MemoryStore {
    pub(super) fn with(limits: Limits) -> Self {
        Self {
            users: Arc::new(Users::new(limits)),
        }
    }

    /// How many users are kept now, expired sessions within the retention included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether no user is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An estimate of the bytes that they take: data, tokens, and what is in the outboxes to the
    /// byte, and a fixed sum for each user, outbox, queued reply and recorded commit id.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.users.bytes()
    }

    pub(super) fn change<T>(
        &self,
        user: &UserId,
        check: impl Fn(&Entry, Instant) -> Check<T>,
        write: impl Fn(&mut Entry, Instant) -> T,
    ) -> Result<T, StoreError> {
        let (answer, now) = self.users.change(user, check, write)?;
        // After the write: a sweeper that finds the store empty ends.
        sweeper::start(&self.users, now);
        Ok(answer)
    }

    pub(super) fn retention(&self) -> Duration {
        self.users.limits.retention
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        _: Instant,
    ) -> Result<Loaded, StoreError> {
        // Never blocks for long, so the deadline is not needed.
        Ok(self.users.read(user, |entry, now| entry.load(commit, now)))
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.change(
            user,
            |entry, now| match entry.refuse(&request, None, now) {
                Some(refusal) => Check::Answer(refusal),
                None => Check::Grows(entry.growth(&request, SessionWrite::Prolong)),
            },
            |entry, now| entry.apply(&request, SessionWrite::Prolong, now, self.retention()),
        )
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        _: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.change(
            user,
            |entry, now| match entry.status(commit, now) {
                Some(status) => Check::Answer(status),
                None => Check::Grows(Entry::COMMIT_WEIGHT),
            },
            |entry, now| {
                entry.fence(commit, now + self.retention());
                CommitStatus::Fenced
            },
        )
    }

    async fn delete(&self, user: &UserId, _: Instant) -> Result<(), StoreError> {
        self.users.remove(user);
        Ok(())
    }

    fn retention(&self) -> Duration {
        self.retention()
    }

    fn namespace(&self) -> &str {
        ""
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        Some(self)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn load_token(
        &self,
        user: &UserId,
        _: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        Ok(self
            .users
            .read(user, |entry, now| entry.token(now).cloned()))
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        self.change(
            user,
            |entry, now| match (entry.refuse_token(&put, now), put.token) {
                (Some(refusal), _) => Check::Answer(refusal),
                // Nothing to remove, so nothing is written and no entry is made.
                (None, None) if entry.token(now).is_none() => Check::Answer(TokenOutcome::Stored),
                (None, token) => {
                    let length = |token: &StoredToken| token.expose().len();
                    let old = entry.token(now).map_or(0, length);
                    Check::Grows(token.map_or(0, length).saturating_sub(old))
                }
            },
            |entry, now| {
                entry.set_token(put.token, now + put.ttl);
                TokenOutcome::Stored
            },
        )
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        _: Instant,
    ) -> Result<Lease, StoreError> {
        self.change(
            user,
            |_, _| Check::Grows(0),
            |entry, now| entry.acquire_lease(holder, length, now),
        )
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        _: Instant,
    ) -> Result<(), StoreError> {
        self.change(
            user,
            |entry, _| match entry.has_lease() {
                true => Check::Grows(0),
                false => Check::Answer(()),
            },
            |entry, _| entry.release_lease(holder),
        )
    }
}
