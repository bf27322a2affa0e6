//! What is known about the token of one user, and which refresh of it is under way.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::lifetime::{ClockDifference, Lifetime};
use super::source::SourceError;
use crate::id::JwtToken;
use crate::store::StoredToken;
use crate::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How long the source is not asked again after a failed refresh, or for the successor of a token
/// that is still valid.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What holds for all users.
pub(super) struct Shared {
    pub(super) ttl: Duration,
    /// In seconds; see [`ClockDifference`].
    pub(super) clock_difference: AtomicI64,
    /// How many users have a refresh under way.
    pub(super) refreshing: AtomicUsize,
}

impl Shared {
    pub(super) fn new(ttl: Duration) -> Arc<Self> {
        Arc::new(Self {
            ttl,
            clock_difference: AtomicI64::new(0),
            refreshing: AtomicUsize::new(0),
        })
    }

    pub(super) fn clock_difference(&self) -> ClockDifference {
        ClockDifference(self.clock_difference.load(Ordering::Relaxed))
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
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
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
    pub(super) fn refresh_ended(&self) -> Notified<'_> {
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
mod tests;
