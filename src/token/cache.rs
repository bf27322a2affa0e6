//! What this process knows about the tokens of its users: one entry a user.
//!
//! Bounded, and never the only truth: a token that is not in here is read from the store.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use tokio::time::Instant;

use super::SourceError;
use super::lifetime::Lifetime;
use crate::id::{InvalidToken, JwtToken, UserId};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many entries are kept.
const CAPACITY: usize = 10_000;

/// How long the source is not asked again after a failed refresh, or for the successor of a token
/// that is still valid.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct TokenCache {
    entries: Cache<UserId, Arc<Entry>, UnitWeighter, DefaultHashBuilder, KeepInUse>,
    ttl: Duration,
}

impl TokenCache {
    /// A cache for tokens that a store keeps for `ttl` at most.
    pub(super) fn new(ttl: Duration) -> Self {
        let capacity = CAPACITY as u64;
        let hasher = DefaultHashBuilder::default();
        Self {
            entries: Cache::with(CAPACITY, capacity, UnitWeighter, hasher, KeepInUse),
            ttl,
        }
    }

    /// The entry of this user.
    pub(super) fn entry(&self, user: &UserId) -> Arc<Entry> {
        let new = || Ok::<_, Infallible>(Arc::new(Entry::new(self.ttl)));
        let Ok(entry) = self.entries.get_or_insert_with(user, new);
        entry
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

/// What is known about the token of one user.
pub(super) struct Entry {
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The token that was used last.
    token: Option<Known>,
    /// How many refreshes have issued a token.
    refreshes: u64,
    /// Why the last refresh failed, and until when there is no other.
    failure: Option<(Arc<SourceError>, Instant)>,
    /// The token whose successor was asked for last, and until when it is not asked for again.
    early_refresh: Option<(JwtToken, Instant)>,
    /// Until when the session need not be looked at again.
    owner_known_until: Option<Instant>,
    /// How many calls of the host set or removed the token, and how many are doing so now.
    overrides: u64,
    overriding: u32,
}

struct Known {
    token: JwtToken,
    lifetime: Lifetime,
    /// The number of the refresh that issued it; 0 if it was found in the store.
    refresh: u64,
}

impl State {
    /// The lifetime of a token, read once for as long as it is the one in use.
    fn lifetime(&mut self, token: &JwtToken, ttl: Duration) -> Result<Lifetime, InvalidToken> {
        if let Some(known) = self.token.as_ref().filter(|known| known.token == *token) {
            return Ok(known.lifetime);
        }
        let lifetime = Lifetime::of_stored(token, ttl, SystemTime::now(), rand::random())?;
        self.token = Some(Known {
            token: token.clone(),
            lifetime,
            refresh: 0,
        });
        Ok(lifetime)
    }

    fn is_overridden_since(&self, overrides: u64) -> bool {
        self.overriding > 0 || self.overrides > overrides
    }
}

impl Entry {
    fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything can panic, so a poisoned lock does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call can be made with this token. Always `false` for a text that is not a JSON Web
    /// Token.
    pub(super) fn is_usable(&self, token: &JwtToken) -> bool {
        let lifetime = self.state().lifetime(token, self.ttl);
        lifetime.is_ok_and(|lifetime| !lifetime.is_over(SystemTime::now()))
    }

    /// Whether the caller must start the refresh of a token that is still valid. Says so to one
    /// caller in each [`PAUSE`].
    pub(super) fn starts_early_refresh(&self, token: &JwtToken) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let due = state
            .lifetime(token, self.ttl)
            .is_ok_and(|lifetime| lifetime.is_refresh_due(SystemTime::now()));
        let started = state
            .early_refresh
            .as_ref()
            .is_some_and(|(of, until)| of == token && now < *until);
        if due && !started {
            state.early_refresh = Some((token.clone(), now + PAUSE));
        }
        due && !started
    }

    /// How many refreshes have issued a token so far.
    pub(super) fn refreshes(&self) -> u64 {
        self.state().refreshes
    }

    /// The token that was issued after there had been so many refreshes.
    pub(super) fn issued_since(&self, refreshes: u64) -> Option<JwtToken> {
        let state = self.state();
        let known = state.token.as_ref()?;
        (known.refresh > refreshes).then(|| known.token.clone())
    }

    /// Keeps a token that was issued, unless the host has set or removed the token since there were
    /// so many overrides.
    pub(super) fn keep_issued(&self, token: &JwtToken, lifetime: Lifetime, overrides: u64) {
        let mut state = self.state();
        if state.is_overridden_since(overrides) {
            return;
        }
        state.failure = None;
        state.refreshes += 1;
        state.token = Some(Known {
            token: token.clone(),
            lifetime,
            refresh: state.refreshes,
        });
    }

    /// Keeps a failure, which stops refreshes for one [`PAUSE`].
    pub(super) fn keep_failure(&self, error: Arc<SourceError>) {
        self.state().failure = Some((error, Instant::now() + PAUSE));
    }

    /// The failure that stops a refresh now.
    pub(super) fn failure(&self) -> Option<Arc<SourceError>> {
        let state = self.state();
        let (error, until) = state.failure.as_ref()?;
        (Instant::now() < *until).then(|| Arc::clone(error))
    }

    /// Whether the session was seen to be the manager's within the last TTL.
    pub(super) fn is_owner_known(&self) -> bool {
        let until = self.state().owner_known_until;
        until.is_some_and(|until| Instant::now() < until)
    }

    /// Keeps that the session is the manager's.
    pub(super) fn keep_owner(&self) {
        self.state().owner_known_until = Some(Instant::now() + self.ttl);
    }

    /// How often the host has set or removed the token so far.
    pub(super) fn overrides(&self) -> u64 {
        self.state().overrides
    }

    /// Whether the host is setting or removing the token, or has done so since there were so many
    /// overrides.
    pub(super) fn is_overridden_since(&self, overrides: u64) -> bool {
        self.state().is_overridden_since(overrides)
    }

    /// Notes that the host sets or removes the token, from now until the guard is dropped.
    pub(super) fn override_token(&self) -> Override<'_> {
        let mut state = self.state();
        state.token = None;
        state.failure = None;
        // A `delete` may leave the user to another flow.
        state.owner_known_until = None;
        state.overriding += 1;
        Override(self)
    }
}

/// The host is setting or removing the token.
#[must_use = "the override is over when this is dropped"]
pub(super) struct Override<'a>(&'a Entry);

impl Drop for Override<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.overriding -= 1;
        state.overrides += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(300);

    fn user(n: usize) -> UserId {
        UserId::new(format!("user-{n}")).unwrap()
    }

    fn token(signature: &str) -> JwtToken {
        JwtToken::new(format!("eyJhbGciOiJIUzI1NiJ9.e30.{signature}")).unwrap()
    }

    #[test]
    fn token_is_read_once() {
        let mut state = State::default();
        // The jitter is drawn anew for each reading, so two readings differ.
        let first = state.lifetime(&token("c2ln"), TTL).unwrap();
        assert_eq!(state.lifetime(&token("c2ln"), TTL), Ok(first));
        assert_ne!(state.lifetime(&token("b3RoZXI"), TTL), Ok(first));
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

    #[test]
    fn override_lasts_until_the_last_guard_is_dropped() {
        let cache = TokenCache::new(TTL);
        let entry = cache.entry(&user(0));
        let before = entry.overrides();
        assert!(!entry.is_overridden_since(before));
        let first = entry.override_token();
        let second = entry.override_token();
        drop(first);
        assert!(entry.is_overridden_since(entry.overrides()));
        drop(second);
        assert!(!entry.is_overridden_since(entry.overrides()));
        assert!(entry.is_overridden_since(before));
    }

    #[test]
    fn token_issued_before_an_override_is_not_kept() {
        let cache = TokenCache::new(TTL);
        let entry = cache.entry(&user(0));
        let overrides = entry.overrides();
        let lifetime = Lifetime::of_stored(&token("c2ln"), TTL, SystemTime::now(), 0.5).unwrap();
        drop(entry.override_token());
        entry.keep_issued(&token("c2ln"), lifetime, overrides);
        assert_eq!(entry.issued_since(0), None);
        entry.keep_issued(&token("c2ln"), lifetime, entry.overrides());
        assert_eq!(entry.issued_since(0), Some(token("c2ln")));
        assert_eq!(entry.issued_since(1), None);
    }
}
