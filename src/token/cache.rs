//! What this process knows about the tokens of its users: one entry a user.
//!
//! Bounded, and never the only truth: a token that is not in here is read from the store.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use super::entry::{Entry, Shared};
use super::lifetime::ClockDifference;
use crate::id::UserId;
use crate::sync::atomic::Ordering;

/// How many entries are kept.
const CAPACITY: usize = 10_000;

pub(super) struct TokenCache {
    entries: Cache<UserId, Arc<Entry>, UnitWeighter, DefaultHashBuilder, KeepInUse>,
    shared: Arc<Shared>,
}

impl TokenCache {
    /// A cache for tokens that a store keeps for `ttl` at most.
    pub(super) fn new(ttl: Duration) -> Self {
        let capacity = CAPACITY as u64;
        let hasher = DefaultHashBuilder::default();
        Self {
            entries: Cache::with(CAPACITY, capacity, UnitWeighter, hasher, KeepInUse),
            shared: Shared::new(ttl),
        }
    }

    /// The entry of this user.
    pub(super) fn entry(&self, user: &UserId) -> Arc<Entry> {
        let new = || Ok::<_, Infallible>(Arc::new(Entry::new(&self.shared)));
        let Ok(entry) = self.entries.get_or_insert_with(user, new);
        entry
    }

    /// How many users have a refresh under way.
    pub(super) fn refreshing(&self) -> usize {
        self.shared.refreshing.load(Ordering::Relaxed)
    }

    pub(super) fn clock_difference(&self) -> ClockDifference {
        self.shared.clock_difference()
    }
}

/// Evicts no entry that is in use: a refresh would miss what happens to a second entry of its user.
#[derive(Debug, Clone, Copy)]
struct KeepInUse;

impl Lifecycle<UserId, Arc<Entry>> for KeepInUse {
    type RequestState = ();

    fn is_pinned(&self, _: &UserId, entry: &Arc<Entry>) -> bool {
        Arc::strong_count(entry) > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(300);

    fn user(n: usize) -> UserId {
        UserId::new(format!("user-{n}")).unwrap()
    }

    #[test]
    fn entry_in_use_is_not_evicted() {
        let cache = TokenCache::new(TTL);
        let mut users = (0..).map(user);
        for user in users.by_ref().take(CAPACITY) {
            let _ = cache.entry(&user);
        }
        let in_use = cache.entry(&user(CAPACITY));
        // Which one is evicted is up to the cache, so one alone may be left by chance.
        let idle = (1..=100).map(|n| Arc::downgrade(&cache.entry(&user(CAPACITY + n))));
        let idle: Vec<_> = idle.collect();
        for user in users.skip(101).take(2 * CAPACITY) {
            let _ = cache.entry(&user);
        }
        assert!(Arc::ptr_eq(&in_use, &cache.entry(&user(CAPACITY))));
        let left = idle.iter().filter(|entry| entry.strong_count() > 0).count();
        assert!(left < 50, "{left} of 100 idle entries were kept");
        assert!(cache.entries.len() <= CAPACITY);
    }
}
