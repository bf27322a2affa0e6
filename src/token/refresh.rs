//! One refresh of a user's token, for all callers that need it.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::Instrument;

use super::entry::{Entry, PAUSE, Turn};
use super::error::TokenError;
use super::lifetime::{ClockDifference, Lifetime};
use super::source::{SourceError, TokenSource};
use super::tokens::{Tokens, read_token};
use crate::error::StoreError;
use crate::id::{JwtToken, UserId};
use crate::store::{Lease, StoredToken};

/// The shortest and the longest pause before the lease is asked for again.
const MIN_WAIT: Duration = Duration::from_millis(10);
const MAX_WAIT: Duration = Duration::from_millis(250);

/// One refresh: wanted by a caller, then under way in a task of its own.
#[derive(Clone)]
pub(super) struct Refresh {
    pub(super) tokens: Arc<Tokens>,
    pub(super) user: UserId,
    pub(super) entry: Arc<Entry>,
    /// How many refreshes there had been when the caller came. The token of a later one serves this
    /// caller too.
    refreshes: u64,
    /// The token to be replaced. It is not used again, even if it is still in the store.
    old: Option<JwtToken>,
}

/// What the store holds for the user.
pub(super) struct Found {
    stored: Option<StoredToken>,
    /// The stored token, if it is valid and not the old one.
    pub(super) usable: Option<JwtToken>,
}

/// How the wait for the refresh that is under way ended.
enum WaitedForTurn {
    /// This refresh is the one now.
    Begun(Turn),
    /// That one served this caller too.
    Done(Result<JwtToken, Arc<SourceError>>),
    TimedOut,
}

/// How the wait for the lease ended.
enum Waited {
    /// This process has the lease, and this is in the store.
    Acquired(Option<StoredToken>),
    /// Another process has refreshed the token.
    Refreshed(JwtToken),
    /// Other processes held the lease all the time.
    TimedOut,
    /// This refresh was late, and another one in this process has taken over.
    TakenOver,
}

impl Refresh {
    pub(super) fn new(tokens: &Arc<Tokens>, user: &UserId) -> Self {
        let entry = tokens.cache.entry(user);
        Self {
            tokens: Arc::clone(tokens),
            user: user.clone(),
            refreshes: entry.refreshes(),
            entry,
            old: None,
        }
    }

    /// Issues the token after the `old` one, or the first one.
    pub(super) async fn run<S: TokenSource + ?Sized + 'static>(
        self,
        source: &Arc<S>,
        old: Option<JwtToken>,
    ) -> Result<JwtToken, TokenError> {
        match self.start(source, old).await {
            Ok(refreshed) => refreshed,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(cancelled) => Err(TokenError::Source(Arc::new(SourceError::unavailable(
                    cancelled,
                )))),
            },
        }
    }

    /// Starts the refresh in a task, so that it goes on for the other callers if this one stops
    /// waiting.
    pub(super) fn start<S: TokenSource + ?Sized + 'static>(
        mut self,
        source: &Arc<S>,
        old: Option<JwtToken>,
    ) -> JoinHandle<Result<JwtToken, TokenError>> {
        self.old = old;
        let source = Arc::clone(source);
        tokio::spawn(async move { self.refresh(&*source).await }.in_current_span())
    }

    async fn refresh<S: TokenSource + ?Sized>(&self, source: &S) -> Result<JwtToken, TokenError> {
        let start = Instant::now();
        // Long enough for a holder of the lease that has died and for one that took over from it.
        let end = start + self.lease_length() * 2;
        let contended = || TokenError::Contended {
            waited: start.elapsed(),
        };
        loop {
            let turn = match self.wait_for_turn(end).await {
                WaitedForTurn::Begun(turn) => turn,
                WaitedForTurn::Done(done) => return done.map_err(TokenError::Source),
                WaitedForTurn::TimedOut => return Err(contended()),
            };
            // Before the lease, which is the first thing that is written.
            self.check_owner().await?;
            let overrides = self.entry.overrides();
            let stored = match self.wait_for_lease(&turn, end).await? {
                Waited::Acquired(stored) => stored,
                Waited::Refreshed(token) => return Ok(token),
                Waited::TimedOut => return Err(contended()),
                Waited::TakenOver => continue,
            };
            match self.issue(source).await {
                Ok((token, lifetime)) => {
                    let token = self.store_issued(token, lifetime, overrides, stored).await;
                    // One that has taken over has the lease.
                    if turn.is_ours() {
                        self.release_lease().await;
                    }
                    return Ok(token);
                }
                // As late as that, the error may be the runtime's own.
                Err(_) if !turn.is_ours() => {}
                Err(error) => {
                    let error = Arc::new(error);
                    tracing::warn!(user = ?self.user, %error, "Token not refreshed");
                    self.entry.keep_failure(Arc::clone(&error));
                    self.keep_lease(PAUSE).await;
                    return Err(TokenError::Source(error));
                }
            }
        }
    }

    /// Waits until no other refresh of the user is under way in this process. One whose lease would
    /// be over by now is not waited for: its runtime is not driven, or its thread is stuck.
    async fn wait_for_turn(&self, end: Instant) -> WaitedForTurn {
        loop {
            // Before the look at what there is, so that no end is missed.
            let ended = self.entry.refresh_ended();
            if let Some(token) = self.entry.issued_since(self.refreshes) {
                return WaitedForTurn::Done(Ok(token));
            }
            if let Some(error) = self.entry.failure() {
                return WaitedForTurn::Done(Err(error));
            }
            let late = match self.entry.begin_turn(self.lease_length()) {
                Ok(turn) => return WaitedForTurn::Begun(turn),
                Err(late) => late,
            };
            if Instant::now() >= end {
                return WaitedForTurn::TimedOut;
            }
            // Whichever it is, everything is looked at again.
            let _ = timeout_at(late.min(end), ended).await;
        }
    }

    /// Acquires the lease, or waits for the token of its holder.
    async fn wait_for_lease(&self, turn: &Turn, end: Instant) -> Result<Waited, StoreError> {
        let mut wait = MIN_WAIT;
        loop {
            if !turn.go_on(self.lease_length()) {
                return Ok(Waited::TakenOver);
            }
            let deadline = self.tokens.deadline();
            let lease = self.acquire_lease(self.lease_length(), deadline).await?;
            // Read after the lease: what its last holder stored is there by then.
            let found = self.find(deadline).await;
            if !turn.is_ours() {
                return Ok(Waited::TakenOver);
            }
            let is_needed = matches!(found, Ok(Found { usable: None, .. }));
            if lease == Lease::Acquired && !is_needed {
                self.release_lease().await;
            }
            let found = found?;
            match (found.usable, lease) {
                (Some(token), _) => return Ok(Waited::Refreshed(token)),
                (None, Lease::Acquired) => return Ok(Waited::Acquired(found.stored)),
                (None, Lease::Held { remaining }) => {
                    let jittered = wait.mul_f64(rand::random_range(0.5..1.0));
                    sleep_until(end.min(Instant::now() + jittered.min(remaining))).await;
                }
            }
            if Instant::now() >= end {
                return Ok(Waited::TimedOut);
            }
            wait = (wait * 2).min(MAX_WAIT);
        }
    }

    async fn issue<S: TokenSource + ?Sized>(
        &self,
        source: &S,
    ) -> Result<(JwtToken, Lifetime), SourceError> {
        let after = self.tokens.source_timeout;
        tracing::debug!(user = ?self.user, "Refreshing token");
        let issued = timeout(after, source.issue(&self.user))
            .await
            .map_err(|_| SourceError::TimedOut { after })??;
        let now = SystemTime::now();
        let arrival = Lifetime::of_issued(&issued, self.tokens.ttl, now, rand::random())?;
        if let Some(difference) = arrival.difference {
            self.entry.note_clock(difference);
        }
        if arrival.clocks_differ {
            tracing::warn!(
                user = ?self.user,
                seconds_ahead = arrival.difference.map(|ClockDifference(seconds)| seconds),
                "The clocks of this machine and of the token's issuer differ: using a token that \
                 is over or not valid yet for its own length"
            );
        }
        Ok((issued.token().clone(), arrival.lifetime))
    }

    /// Refuses the token of another flow. Looks at the session once in a TTL: two bots that share
    /// a store by mistake do so all the time.
    pub(super) async fn check_owner(&self) -> Result<(), StoreError> {
        if !self.entry.is_owner_known() {
            self.tokens.check_owner(&self.user).await?;
            self.entry.keep_owner();
        }
        Ok(())
    }

    /// Reads the stored token.
    pub(super) async fn find(&self, deadline: Instant) -> Result<Found, StoreError> {
        let stored = self
            .tokens
            .store()?
            .load_token(&self.user, deadline)
            .await?;
        let usable = stored.as_ref().and_then(|stored| self.usable(stored));
        Ok(Found { stored, usable })
    }

    /// The token of a stored text, if it is valid and not the old one.
    pub(super) fn usable(&self, stored: &StoredToken) -> Option<JwtToken> {
        self.token_of(stored)
            .filter(|token| self.old.as_ref() != Some(token) && self.entry.is_usable(token))
    }

    /// The token of a stored text, read anew if it is not the one in use.
    pub(super) fn token_of(&self, stored: &StoredToken) -> Option<JwtToken> {
        let known = self.entry.known(stored);
        known.or_else(|| read_token(&self.user, stored))
    }

    /// How long the lease lasts: for all that its holder does until the new token is stored. To
    /// acquire it and to read the token takes one deadline, to put the token another.
    fn lease_length(&self) -> Duration {
        self.tokens.source_timeout + self.tokens.deadline * 2
    }

    async fn acquire_lease(
        &self,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let holder = &self.tokens.holder;
        let store = self.tokens.store()?;
        store
            .acquire_refresh_lease(&self.user, holder, length, deadline)
            .await
    }

    /// Keeps the lease for this long from now, so that no process refreshes meanwhile.
    async fn keep_lease(&self, length: Duration) {
        if let Err(error) = self.acquire_lease(length, self.tokens.deadline()).await {
            tracing::debug!(user = ?self.user, %error, "Refresh lease not shortened");
        }
    }

    async fn release_lease(&self) {
        let release = async {
            let holder = &self.tokens.holder;
            let store = self.tokens.store()?;
            store
                .release_refresh_lease(&self.user, holder, self.tokens.deadline())
                .await
        };
        if let Err(error) = release.await {
            tracing::debug!(user = ?self.user, %error, "Refresh lease not released, it runs out");
        }
    }
}
