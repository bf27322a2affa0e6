//! The sessions that this process committed last, as a guess at how they stand now.
//!
//! A guess is never an answer. A decision made on one is committed against its version, so a stale guess is refused by the
//! store, and the refusal carries the session as it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;
use tracing::Span;

use super::ground::Ground;
use crate::flow::Flow;
use crate::store::Basis;
use crate::{CachedUser, CommitId, Opening, UserId};

/// A bounded cache of guesses, and how well they did.
pub(super) struct Guesses<F: Flow> {
    cache: Option<Cache<UserId, Guess<F>>>,
    /// How long the store remembers a session that nobody writes, at least.
    retention: Duration,
    hits: AtomicU64,
    stale: AtomicU64,
    misses: AtomicU64,
}

struct Guess<F: Flow> {
    user: CachedUser<F>,
    arrived_by: CommitId,
    basis: Basis,
    last: CommitId,
    since: Instant,
}

/// How the guesses of a [`StateManager`](crate::StateManager) did so far. Off, all stay 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GuessCounts {
    /// Turns that were decided on a guess and committed: one round trip each.
    pub hits: u64,
    /// Turns whose guess was refused by the store, or led to an error, and that were decided again.
    pub stale: u64,
    /// Turns without a guess.
    pub misses: u64,
}

impl<F: Flow> Guesses<F> {
    /// At most `most` guesses; 0 turns them off.
    pub(super) fn new(most: usize, retention: Duration) -> Self {
        let [hits, stale, misses] = Default::default();
        Self {
            cache: (most > 0).then(|| Cache::new(most)),
            retention,
            hits,
            stale,
            misses,
        }
    }

    /// A ground to decide on, without a look at the store. None for the very message that was committed last: that one is a
    /// duplicate, which the store answers. None either where the store may have forgotten the session since: one that merely
    /// began anew has not gone back.
    pub(super) fn ground(&self, user: &UserId, commit_id: &CommitId) -> Option<Ground<F>> {
        let cache = self.cache.as_ref()?;
        let guess = cache
            .get(user)
            .filter(|guess| guess.last != *commit_id && guess.since.elapsed() < self.retention);
        if guess.is_none() {
            note(&self.misses, "miss");
        }
        guess.map(|guess| Ground {
            user: guess.user,
            basis: guess.basis,
            arrived_by: Some(guess.arrived_by),
            guessed: true,
        })
    }

    /// Keeps what was committed, unless the session has moved on since.
    pub(super) fn keep(
        &self,
        user: &CachedUser<F>,
        arrived_by: CommitId,
        last: CommitId,
        basis: Option<Basis>,
    ) {
        let Some(basis) = basis else {
            return self.drop(&user.id);
        };
        if let Some(cache) = &self.cache {
            let user = CachedUser {
                opening: Opening::Resumed,
                ..user.clone()
            };
            cache.insert(
                user.id.clone(),
                Guess {
                    user,
                    arrived_by,
                    basis,
                    last,
                    since: Instant::now(),
                },
            );
        }
    }

    /// Gives up the guess at a session that may have changed.
    pub(super) fn drop(&self, user: &UserId) {
        if let Some(cache) = &self.cache {
            cache.remove(user);
        }
    }

    pub(super) fn hit(&self) {
        note(&self.hits, "hit");
    }

    pub(super) fn stale(&self) {
        note(&self.stale, "stale");
    }

    pub(super) fn counts(&self) -> GuessCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        GuessCounts {
            hits: read(&self.hits),
            stale: read(&self.stale),
            misses: read(&self.misses),
        }
    }
}

/// Counts it, and says it in the turn's span.
fn note(count: &AtomicU64, guess: &'static str) {
    count.fetch_add(1, Ordering::Relaxed);
    Span::current().record("guess", guess);
}

impl<F: Flow> Clone for Guess<F> {
    fn clone(&self) -> Self {
        Self {
            user: self.user.clone(),
            basis: self.basis.clone(),
            ..*self
        }
    }
}

/// Shows how many there are, not whose.
impl<F: Flow> std::fmt::Debug for Guesses<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guesses")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
