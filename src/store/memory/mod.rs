//! The embedded store: everything in this process, with the whole contract.

mod entry;
mod moment;
mod recorded;
#[cfg(all(test, shuttle))]
mod schedules;
mod shard;
mod sweeper;
mod users;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, StateStore, StoreError,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use crate::error::Error;
use crate::id::{CommitId, UserId};
use crate::sync::Shards;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use entry::Entry;
use moment::Moment;
use shard::{Change, Shard};
use users::User;

/// Remembers sessions in this process, for bots of one process and for tests.
///
/// Keeps the whole [contract](StateStore#contract), on tokio's clock: a test with a paused clock lives through five minutes
/// in no time. It is bounded, and refuses rather than evicts; what adds nothing is never refused. A restart forgets
/// everything. A clone is another handle on the same sessions.
///
/// What has expired is freed without anyone asking, by a task on the runtime of whoever wrote first. Where that runtime is
/// kept but driven no more, it stays until the store is full; a write then frees as much as it takes to find room, before it
/// is answered.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use vimbiso_state::MemoryStore;
///
/// let store = MemoryStore::builder().max_users(10_000).retention(Duration::from_secs(3600)).build()?;
/// assert!(store.is_empty());
/// # Ok::<(), vimbiso_state::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemoryStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shards: Shards<Shard>,
    limits: Limits,
    start: Instant,
    users: AtomicUsize,
    bytes: AtomicUsize,
    sweeping: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    retention: Duration,
    max_users: usize,
    max_bytes: usize,
}

/// The settings of a [`MemoryStore`].
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until it is built"]
pub struct MemoryStoreBuilder(Limits);

impl MemoryStoreBuilder {
    /// How long commit ids and traces of expired sessions are kept. 24 h unless set; from 10 minutes to 7 days.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.0.retention = retention;
        self
    }

    /// How many users are remembered at most, expired sessions within the retention included. A million unless set.
    pub fn max_users(mut self, users: usize) -> Self {
        self.0.max_users = users;
        self
    }

    /// How many bytes the sessions take at most, as counted by [`MemoryStore::bytes`]. 1 GiB unless set.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.0.max_bytes = bytes;
        self
    }

    /// The store.
    ///
    /// # Errors
    /// [`Error::Setting`] where the retention is outside its limits.
    pub fn build(self) -> Result<MemoryStore, Error> {
        super::check_retention(self.0.retention)?;
        Ok(MemoryStore::with(self.0))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// A store with the default settings: 24 h of retention, a million users, 1 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Self::builder().0)
    }

    /// A store with settings of its own.
    pub fn builder() -> MemoryStoreBuilder {
        MemoryStoreBuilder(Limits {
            retention: super::DEFAULT_RETENTION,
            max_users: 1_000_000,
            max_bytes: 1 << 30,
        })
    }

    fn with(limits: Limits) -> Self {
        let (users, bytes) = Default::default();
        let (shards, start, sweeping) = (Shards::default(), Instant::now(), AtomicBool::new(false));
        Self {
            inner: Arc::new(Inner {
                shards,
                limits,
                start,
                users,
                bytes,
                sweeping,
            }),
        }
    }

    /// How many users are remembered now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.users.load(Ordering::Relaxed)
    }

    /// Whether nobody is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes they take: states, replies and tokens, and a fixed sum for what surrounds them.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.inner.bytes.load(Ordering::Relaxed)
    }

    /// Reads a user's entry, if there is one.
    fn read<T>(&self, user: &UserId, read: impl FnOnce(&Entry, Moment) -> T) -> T {
        let shard = self.inner.shards.of(user);
        read(
            shard.get(user).unwrap_or(&Entry::default()),
            self.inner.now(),
        )
    }

    /// Changes a user's entry, which comes by this many bytes of `texts` at most, if there is room for what it grows by.
    fn write<T>(
        &self,
        user: &UserId,
        texts: usize,
        mut write: impl FnMut(&mut Entry, Moment) -> T,
    ) -> Result<T, StoreError> {
        let mut written = self.inner.write(user, texts, &mut write);
        let mut more = true;
        while written.is_none() && more {
            // Full: perhaps only of what has expired and is not swept yet.
            more = self.inner.free_some_of_all();
            written = self.inner.write(user, texts, &mut write);
        }
        // After the write, not before it: a sweeper that finds the store empty ends.
        sweeper::start(&self.inner);
        written.ok_or_else(|| StoreError::OverCapacity {
            what: "the memory store holds as many users or bytes as it may".into(),
            source: None,
        })
    }
}

impl Inner {
    fn now(&self) -> Moment {
        Moment::of(Instant::now(), self.start)
    }

    fn write<T>(
        &self,
        user: &UserId,
        texts: usize,
        write: impl FnOnce(&mut Entry, Moment) -> T,
    ) -> Option<T> {
        let (mut shard, now) = (self.shards.of(user), self.now());
        let growth = shard.get(user).map(Entry::growth);
        let most = texts + growth.unwrap_or(User::WEIGHT + Entry::default().growth());
        let (written, change, reserved) = match self.reserve(growth.is_none().into(), most) {
            Some(reserved) => {
                let (written, change) = shard.change(user, now, write);
                (written, change, reserved)
            }
            // Nearly full: what it really grows by shows on a copy.
            None => {
                let (written, entry, grows) = shard.try_change(user, now, write);
                let reserved =
                    self.reserve(grows.users.max(0) as usize, grows.bytes.max(0) as usize)?;
                let ((), change) = shard.change(user, now, |old, _| *old = entry);
                (written, change, reserved)
            }
        };
        self.count(change.beyond(reserved));
        Some(written)
    }

    /// Counts what is about to come, if there is room for it. Writers of other shards count at the same time: each must find room
    /// for what it takes, not for what was there when it looked.
    fn reserve(&self, users: usize, bytes: usize) -> Option<Change> {
        let take = |count: &AtomicUsize, more: usize, most: usize| {
            let fits = |now: usize| now.checked_add(more).filter(|then| *then <= most);
            count
                .fetch_update(Ordering::SeqCst, Ordering::Relaxed, fits)
                .is_ok()
        };
        let reserved = Change {
            users: users as isize,
            bytes: bytes as isize,
        };
        if !take(&self.users, users, self.limits.max_users) {
            return None;
        }
        if !take(&self.bytes, bytes, self.limits.max_bytes) {
            self.count(Change::default().beyond(Change {
                bytes: 0,
                ..reserved
            }));
            return None;
        }
        Some(reserved)
    }

    /// Frees what has expired, in small steps so that nobody waits long for a lock. Returns whether there is more.
    fn free_some(&self, shard: usize) -> bool {
        let (change, more) = self.shards.at(shard).free(self.now(), 16);
        self.count(change);
        more
    }

    fn free_some_of_all(&self) -> bool {
        (0..Shards::<Shard>::COUNT).fold(false, |more, shard| self.free_some(shard) | more)
    }

    fn count(&self, change: Change) {
        self.users
            .fetch_add(change.users as usize, Ordering::SeqCst);
        self.bytes
            .fetch_add(change.bytes as usize, Ordering::Relaxed);
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
        Ok(self.read(user, |entry, now| entry.load(commit, now)))
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let menu = commit.record.menu.as_ref().map_or(0, |menu| menu.len());
        let texts = commit.record.data.len() + menu + commit.reply.map_or(0, <[u8]>::len);
        self.write(user, texts, |entry, now| {
            entry.commit(&commit, now, self.inner.limits.retention)
        })
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        _: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.write(user, 0, |entry, now| {
            entry.resolve(commit, now, self.inner.limits.retention)
        })
    }

    async fn delete(&self, user: &UserId, _: Instant) -> Result<(), StoreError> {
        let change = self.inner.shards.of(user).remove(user);
        self.inner.count(change);
        Ok(())
    }

    fn retention(&self) -> Duration {
        self.inner.limits.retention
    }

    fn namespace(&self) -> &str {
        ""
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
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
        Ok(self.read(user, |entry, now| entry.token(now).cloned()))
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let text = put.token.map_or(0, |token| token.expose().len());
        self.write(user, text, |entry, now| entry.put_token(&put, now))
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        _: Instant,
    ) -> Result<Lease, StoreError> {
        self.write(user, 0, |entry, now| entry.claim(owner, lease, now))
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        _: Instant,
    ) -> Result<(), StoreError> {
        self.write(user, 0, |entry, _| entry.release(holder))
    }
}
