//! What this process knows about the tokens of its users: one entry a user.
//!
//! Bounded, and never the only truth: a token that is not in here is read from the store.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::SourceError;
use super::lifetime::{ClockDifference, Lifetime};
use crate::id::{JwtToken, UserId};
use crate::store::StoredToken;
use crate::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How many entries are kept.
const CAPACITY: usize = 10_000;

/// How long the source is not asked again after a failed refresh, or for the successor of a token
/// that is still valid.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct TokenCache {
    entries: Cache<UserId, Arc<Entry>, UnitWeighter, DefaultHashBuilder, KeepInUse>,
    shared: Arc<Shared>,
}

/// What holds for all users.
struct Shared {
    ttl: Duration,
    /// In seconds; see [`ClockDifference`].
    clock_difference: AtomicI64,
    /// How many users have a refresh under way.
    refreshing: AtomicUsize,
}

impl TokenCache {
    /// A cache for tokens that a store keeps for `ttl` at most.
    pub(super) fn new(ttl: Duration) -> Self {
        let capacity = CAPACITY as u64;
        let hasher = DefaultHashBuilder::default();
        Self {
            entries: Cache::with(CAPACITY, capacity, UnitWeighter, hasher, KeepInUse),
            shared: Arc::new(Shared {
                ttl,
                clock_difference: AtomicI64::new(0),
                refreshing: AtomicUsize::new(0),
            }),
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

impl Shared {
    fn clock_difference(&self) -> ClockDifference {
        ClockDifference(self.clock_difference.load(Ordering::Relaxed))
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
    shared: Arc<Shared>,
    state: Mutex<State>,
    /// Told if a refresh ends.
    refresh_ended: Notify,
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
    /// How many calls of the host began or ended to set or remove the token.
    overrides: u64,
    /// How many do so now, and until when: one whose runtime is not driven does not go on.
    overriding: u32,
    overriding_until: Option<Instant>,
    /// The number of the refresh under way, and from when on another may take over.
    turn: Option<(u64, Instant)>,
    turns: u64,
}

struct Known {
    token: JwtToken,
    lifetime: Lifetime,
    /// The number of the refresh that issued it; 0 if it was found in the store.
    refresh: u64,
}

impl State {
    /// The lifetime of a token, read once for as long as it is the one in use.
    fn lifetime(&mut self, token: &JwtToken, shared: &Shared) -> Lifetime {
        if let Some(known) = self.token.as_ref().filter(|known| known.token == *token) {
            return known.lifetime;
        }
        let difference = shared.clock_difference();
        let now = SystemTime::now();
        let lifetime = Lifetime::of_stored(token, difference, shared.ttl, now, rand::random());
        self.token = Some(Known {
            token: token.clone(),
            lifetime,
            refresh: 0,
        });
        lifetime
    }

    fn is_overridden_since(&self, overrides: u64) -> bool {
        let now = self.overriding > 0 && self.overriding_until > Some(Instant::now());
        now || self.overrides > overrides
    }
}

impl Entry {
    fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            state: Mutex::default(),
            refresh_ended: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything can panic, so a poisoned lock does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of this stored text, if it is the one in use.
    pub(super) fn known(&self, stored: &StoredToken) -> Option<JwtToken> {
        let state = self.state();
        let known = state.token.as_ref()?;
        (known.token.expose() == stored.expose()).then(|| known.token.clone())
    }

    /// Whether a call can be made with this token.
    pub(super) fn is_usable(&self, token: &JwtToken) -> bool {
        let lifetime = self.state().lifetime(token, &self.shared);
        !lifetime.is_over(SystemTime::now())
    }

    /// Whether the store keeps this token no longer, because its time is over.
    pub(super) fn is_gone(&self, token: &JwtToken) -> bool {
        let lifetime = self.state().lifetime(token, &self.shared);
        lifetime.kept(SystemTime::now()).is_none()
    }

    /// Whether the caller must start the refresh of a token that is still valid. Says so to one
    /// caller in each [`PAUSE`].
    pub(super) fn starts_early_refresh(&self, token: &JwtToken) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        let lifetime = state.lifetime(token, &self.shared);
        let due = lifetime.is_refresh_due(SystemTime::now());
        let started = state
            .early_refresh
            .as_ref()
            .is_some_and(|(of, until)| of == token && now < *until);
        if due && !started {
            state.early_refresh = Some((token.clone(), now + PAUSE));
        }
        due && !started
    }

    /// Notes what a token that arrived just now says of the issuer's clock.
    pub(super) fn note_clock(&self, ClockDifference(seconds): ClockDifference) {
        let known = &self.shared.clock_difference;
        known.store(seconds, Ordering::Relaxed);
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
        self.state().owner_known_until = Some(Instant::now() + self.shared.ttl);
    }

    /// How often the host has begun or ended to set or remove the token so far.
    pub(super) fn overrides(&self) -> u64 {
        self.state().overrides
    }

    /// Whether the host is setting or removing the token, or has done so since there were so many
    /// overrides.
    pub(super) fn is_overridden_since(&self, overrides: u64) -> bool {
        self.state().is_overridden_since(overrides)
    }

    /// Notes that the host sets or removes the token, from now until the guard is dropped, or the
    /// deadline of its call is over.
    pub(super) fn override_token(&self, deadline: Instant) -> Override<'_> {
        let mut state = self.state();
        state.token = None;
        state.failure = None;
        // A `delete` may leave the user to another flow.
        state.owner_known_until = None;
        state.overrides += 1;
        state.overriding += 1;
        state.overriding_until = state.overriding_until.max(Some(deadline));
        Override(self)
    }

    /// Begins the one refresh of this user in this process.
    ///
    /// Another caller may begin the next one when this is dropped, or when it is late: it was to
    /// go on within `within`, and its runtime is not driven any more, or its thread is stuck.
    ///
    /// # Errors
    /// Until when to wait, if a refresh is under way.
    pub(super) fn begin_turn(self: &Arc<Self>, within: Duration) -> Result<Turn, Instant> {
        let now = Instant::now();
        let mut state = self.state();
        match state.turn {
            Some((_, late)) if now < late => return Err(late),
            Some(_) => {}
            None => {
                self.shared.refreshing.fetch_add(1, Ordering::Relaxed);
            }
        }
        state.turns += 1;
        state.turn = Some((state.turns, now + within));
        Ok(Turn {
            entry: Arc::clone(self),
            number: state.turns,
        })
    }

    /// Waits for the end of a refresh. What ends after this call and before the first poll counts.
    pub(super) fn refresh_ended(&self) -> tokio::sync::futures::Notified<'_> {
        self.refresh_ended.notified()
    }
}

/// The one refresh of a user in this process.
#[must_use = "the next refresh may begin when this is dropped"]
pub(super) struct Turn {
    entry: Arc<Entry>,
    number: u64,
}

impl Turn {
    /// Notes that the refresh goes on, within so much time. Returns `false` if another refresh has
    /// taken over.
    pub(super) fn go_on(&self, within: Duration) -> bool {
        let mut state = self.entry.state();
        let own = state.turn.as_mut().filter(|(turn, _)| *turn == self.number);
        own.map(|(_, late)| *late = Instant::now() + within)
            .is_some()
    }

    /// Whether no other refresh has taken over.
    pub(super) fn is_ours(&self) -> bool {
        let state = self.entry.state();
        state.turn.is_some_and(|(turn, _)| turn == self.number)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.entry.state();
        if state
            .turn
            .take_if(|(turn, _)| *turn == self.number)
            .is_some()
        {
            self.entry.shared.refreshing.fetch_sub(1, Ordering::Relaxed);
        }
        drop(state);
        self.entry.refresh_ended.notify_waiters();
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
        let cache = TokenCache::new(TTL);
        let mut state = State::default();
        // The jitter is drawn anew for each reading, so two readings differ.
        let first = state.lifetime(&token("c2ln"), &cache.shared);
        assert_eq!(state.lifetime(&token("c2ln"), &cache.shared), first);
        assert_ne!(state.lifetime(&token("b3RoZXI"), &cache.shared), first);
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
        let soon = Instant::now() + TTL;
        let first = entry.override_token(soon);
        let second = entry.override_token(soon);
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
        let lifetime = entry.state().lifetime(&token("c2ln"), &cache.shared);
        drop(entry.override_token(Instant::now() + TTL));
        entry.keep_issued(&token("c2ln"), lifetime, overrides);
        assert_eq!(entry.issued_since(0), None);
        entry.keep_issued(&token("c2ln"), lifetime, entry.overrides());
        assert_eq!(entry.issued_since(0), Some(token("c2ln")));
        assert_eq!(entry.issued_since(1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn override_that_does_not_end_is_over_at_its_deadline() {
        let cache = TokenCache::new(TTL);
        let entry = cache.entry(&user(0));
        let before = entry.overrides();
        let left = entry.override_token(Instant::now() + TTL);
        let during = entry.overrides();
        assert!(entry.is_overridden_since(during));
        tokio::time::advance(TTL).await;
        assert!(!entry.is_overridden_since(during));
        assert!(entry.is_overridden_since(before), "it began after that");
        drop(left);
        assert!(entry.is_overridden_since(during), "it did something");
    }

    #[tokio::test(start_paused = true)]
    async fn late_refresh_is_taken_over_once() {
        let cache = TokenCache::new(TTL);
        let entry = cache.entry(&user(0));
        let first = entry.begin_turn(TTL).ok().unwrap();
        assert_eq!(entry.begin_turn(TTL).err(), Some(Instant::now() + TTL));
        tokio::time::advance(TTL / 2).await;
        assert!(first.go_on(TTL));
        tokio::time::advance(TTL / 2).await;
        assert!(entry.begin_turn(TTL).is_err(), "it went on");
        tokio::time::advance(TTL / 2).await;
        let second = entry.begin_turn(TTL).ok().unwrap();
        assert_eq!(cache.refreshing(), 1);
        assert!(!first.is_ours() && !first.go_on(TTL));
        // The end of the first one is not that of the second.
        drop(first);
        assert!(second.is_ours() && entry.begin_turn(TTL).is_err());
        drop(second);
        assert_eq!(cache.refreshing(), 0);
        assert!(entry.begin_turn(TTL).is_ok());
    }
}
