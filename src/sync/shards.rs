//! A map cut into pieces by user, each under a lock of its own: no two users wait for one lock but
//! by chance.

use std::hash::BuildHasher;

use crate::id::UserId;
use crate::sync::{Mutex, MutexGuard, PoisonError, RandomState, SHARDS};

/// Sixty-four of a thing; every user has their part in one of them.
#[derive(Debug)]
pub(crate) struct Shards<T> {
    shards: [Mutex<T>; SHARDS],
    hasher: RandomState,
}

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::default(),
        }
    }
}

impl<T> Shards<T> {
    /// The shard of this user. The lock is held for a few steps of this crate's own, never across
    /// an await or a host's code.
    pub(crate) fn of(&self, user: &UserId) -> MutexGuard<'_, T> {
        self.at(self.hasher.hash_one(user) as usize)
    }

    /// How many there are.
    pub(crate) const COUNT: usize = SHARDS;

    /// One of them, by its number.
    #[allow(clippy::indexing_slicing)] // the remainder is below the length
    pub(crate) fn at(&self, number: usize) -> MutexGuard<'_, T> {
        lock(&self.shards[number % SHARDS])
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that can panic half-way runs under these locks, so a poisoned one is still whole.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
