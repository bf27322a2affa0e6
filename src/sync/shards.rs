//! A map cut into shards by user, each behind a lock of its own, so that two users rarely wait for
//! one lock.

use std::hash::BuildHasher;

use crate::id::UserId;
use crate::sync::{Mutex, MutexGuard, PoisonError, RandomState, SHARDS};

/// One value a shard; a user always has the same shard.
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
    /// The shard of this user. The lock must not be held across an await or a call of the host's
    /// code.
    pub(crate) fn of(&self, user: &UserId) -> MutexGuard<'_, T> {
        self.at(self.hasher.hash_one(user) as usize)
    }

    /// The number of shards.
    pub(crate) const COUNT: usize = SHARDS;

    /// A shard by its number, modulo the count.
    #[allow(clippy::indexing_slicing)] // the remainder is below the length
    // A hash is a number too: the modulus keeps any of them in range.
    pub(crate) fn at(&self, number: usize) -> MutexGuard<'_, T> {
        lock(&self.shards[number % SHARDS])
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code that can panic half-way runs under these locks, so the value of a poisoned one is
    // whole.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
