//! The sessions that this process committed last.
//!
//! A turn that is decided on one of them is committed under its version. If it is out of date, the
//! store refuses the commit, and the refusal carries the session as it is now. So the cache is
//! never an answer, only a saved load.
//!
//! A turn takes its session out of the cache, and its commit puts it back. So the data belongs to
//! the turn alone and is changed in place, and after an error, a panic or a dropped future there is
//! nothing left that the turn has changed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::Instant;
use tracing::Span;

use super::snapshot::Snapshot;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::{CachedUser, SessionStatus};
use crate::store::Precondition;

/// What an entry takes beside its data: the entry and its key, the user's id on the heap, and its
/// share of the cache's own tables.
const BYTES_BESIDE_THE_DATA: usize = 600;

/// How large a session is taken to be when the cache's tables are sized.
const USUAL_BYTES: usize = 2048;

/// A cache of sessions, bounded by the memory that they take, and how often it helped.
pub(super) struct SessionCache<F: Flow> {
    sessions: Option<Cache<UserId, Entry<F>, ByMemory>>,
    /// How long the store remembers a session that is not written to, at least.
    retention: Duration,
    hits: AtomicU64,
    stale: AtomicU64,
    misses: AtomicU64,
}

struct Entry<F: Flow> {
    user: CachedUser<F>,
    precondition: Precondition,
    entered_by: CommitId,
    last_commit: CommitId,
    committed_at: Instant,
    /// How many bytes it takes in memory, roughly.
    memory: u64,
}

/// Weighs an entry by the memory that it takes.
#[derive(Clone)]
struct ByMemory;

impl<F: Flow> Weighter<UserId, Entry<F>> for ByMemory {
    fn weight(&self, _: &UserId, entry: &Entry<F>) -> u64 {
        entry.memory
    }
}

/// How often the session cache of a [`StateManager`](crate::StateManager) helped, and what it
/// holds. All stay 0 if it is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheStats {
    /// Turns that were decided on a cached session and committed: one round trip each.
    pub hits: u64,
    /// Turns whose cached session was out of date, or led to an error, and that were decided again.
    pub stale: u64,
    /// Turns without a cached session: a load and a commit.
    pub misses: u64,
    /// Sessions in the cache now.
    pub sessions: u64,
    /// How many bytes they take in memory, roughly: at most what
    /// [`session_cache_bytes`](crate::manager::StateManagerBuilder::session_cache_bytes) allows.
    pub bytes: u64,
}

impl<F: Flow> SessionCache<F> {
    /// A cache of at most so many bytes; 0 turns it off.
    pub(super) fn new(bytes: usize, retention: Duration) -> Self {
        let sessions = (bytes > 0).then(|| {
            let usual = (bytes / USUAL_BYTES).max(1);
            Cache::with_weighter(usual, bytes as u64, ByMemory)
        });
        Self {
            sessions,
            retention,
            hits: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Whether this process committed the session last, within the retention.
    ///
    /// Then no other flow has one: while a session or its tombstone is there, the store refuses
    /// their first commit.
    pub(super) fn has(&self, user: &UserId) -> bool {
        let entry = self.sessions.as_ref().and_then(|cache| cache.get(user));
        entry.is_some_and(|entry| entry.committed_at.elapsed() < self.retention)
    }

    /// Takes a snapshot to decide on without a load.
    pub(super) fn take(&self, user: &UserId, commit_id: &CommitId) -> Option<Snapshot<F>> {
        let sessions = self.sessions.as_ref()?;
        let taken = sessions.remove_if(user, |entry| {
            // The message that was committed last is a duplicate, which the store answers. A
            // session older than the retention may be gone from the store, and its new start would
            // be taken for lost commits.
            entry.last_commit != *commit_id && entry.committed_at.elapsed() < self.retention
        });
        let Some((_, entry)) = taken else {
            count(&self.misses, "miss");
            return None;
        };
        Some(Snapshot {
            user: entry.user,
            precondition: entry.precondition,
            entered_by: Some(entry.entered_by),
            loaded: None,
        })
    }

    /// Keeps what was committed. Without a precondition the session has changed since, so its entry
    /// is removed.
    pub(super) fn insert(
        &self,
        user: &CachedUser<F>,
        entered_by: CommitId,
        last_commit: CommitId,
        precondition: Option<Precondition>,
        data_memory: usize,
    ) {
        let Some(precondition) = precondition else {
            return self.remove(&user.id);
        };
        if let Some(sessions) = &self.sessions {
            let user = CachedUser {
                status: SessionStatus::Active,
                ..user.clone()
            };
            let entry = Entry {
                precondition,
                entered_by,
                last_commit,
                committed_at: Instant::now(),
                memory: (data_memory + BYTES_BESIDE_THE_DATA) as u64,
                user,
            };
            sessions.insert(entry.user.id.clone(), entry);
        }
    }

    /// Removes a session that may have changed.
    pub(super) fn remove(&self, user: &UserId) {
        if let Some(sessions) = &self.sessions {
            sessions.remove(user);
        }
    }

    pub(super) fn hit(&self) {
        count(&self.hits, "hit");
    }

    pub(super) fn stale(&self) {
        count(&self.stale, "stale");
    }

    pub(super) fn stats(&self) -> CacheStats {
        let sessions = self.sessions.as_ref();
        CacheStats {
            sessions: sessions.map_or(0, |sessions| sessions.len() as u64),
            bytes: sessions.map_or(0, Cache::weight),
            hits: self.hits.load(Ordering::Relaxed),
            stale: self.stale.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
        }
    }
}

/// Counts it, and writes it into the turn's span.
fn count(counter: &AtomicU64, cache: &'static str) {
    counter.fetch_add(1, Ordering::Relaxed);
    Span::current().record("cache", cache);
}

impl<F: Flow> Clone for Entry<F> {
    fn clone(&self) -> Self {
        Self {
            user: self.user.clone(),
            precondition: self.precondition.clone(),
            ..*self
        }
    }
}

/// Shows the counts, not whose sessions they are.
impl<F: Flow> std::fmt::Debug for SessionCache<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionCache")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
