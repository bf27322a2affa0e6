//! What this process has seen of the users' tokens: how long they live, which refresh has failed. Bounded: what is not
//! remembered is asked of the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::SourceError;
use super::life::Life;
use crate::id::{InvalidToken, JwtToken, UserId};

/// Of how many users something is remembered.
const USERS: usize = 10_000;

pub(super) struct Sight {
    ttl: Duration,
    seen: Cache<UserId, Arc<Seen>>,
    failed: Cache<UserId, (Arc<SourceError>, Instant)>,
    /// For which token a successor was asked for last, and until when it is not to be asked for again.
    succeeding: Cache<UserId, (JwtToken, Instant)>,
    /// After how many calls of the host's, of all users, a user was forgotten last. No store knows that: it is missed where
    /// thousands of others are forgotten during one refresh.
    forgotten: Cache<UserId, u64>,
    forgets: AtomicU64,
    refreshes: AtomicU64,
}

struct Seen {
    token: JwtToken,
    life: Life,
    /// The number of the refresh that it came from; 0 where it was found in the store.
    refresh: u64,
}

impl Sight {
    pub(super) fn new(ttl: Duration) -> Self {
        let (seen, failed, succeeding, forgotten) = (
            Cache::new(USERS),
            Cache::new(USERS),
            Cache::new(USERS),
            Cache::new(USERS),
        );
        let [forgets, refreshes] = Default::default();
        Self {
            ttl,
            seen,
            failed,
            succeeding,
            forgotten,
            forgets,
            refreshes,
        }
    }

    /// Whether a token will do for a call. A malformed one never does.
    pub(super) fn is_usable(&self, user: &UserId, token: &JwtToken) -> bool {
        self.see(user, token)
            .is_ok_and(|seen| !seen.life.is_over(SystemTime::now()))
    }

    /// Whether the caller is to ask for the successor of a token that still will do. After one has been told so, nobody is for
    /// the length of `pause`.
    pub(super) fn begin_early(&self, user: &UserId, token: &JwtToken, pause: Duration) -> bool {
        let now = Instant::now();
        let begun = || {
            self.succeeding
                .get(user)
                .is_some_and(|(of, until)| of == *token && now < until)
        };
        let begins = self
            .see(user, token)
            .is_ok_and(|seen| seen.life.is_late(SystemTime::now()))
            && !begun();
        if begins {
            self.succeeding
                .insert(user.clone(), (token.clone(), now + pause));
        }
        begins
    }

    fn see(&self, user: &UserId, token: &JwtToken) -> Result<Arc<Seen>, InvalidToken> {
        if let Some(seen) = self.seen.get(user).filter(|seen| seen.token == *token) {
            return Ok(seen);
        }
        let life = Life::found(token, self.ttl, SystemTime::now(), rand::random())?;
        Ok(self.keep(user, token, life, 0))
    }

    fn keep(&self, user: &UserId, token: &JwtToken, life: Life, refresh: u64) -> Arc<Seen> {
        let seen = Arc::new(Seen {
            token: token.clone(),
            life,
            refresh,
        });
        self.seen.insert(user.clone(), Arc::clone(&seen));
        seen
    }

    /// How many refreshes there were, of all users.
    pub(super) fn refreshes(&self) -> u64 {
        self.refreshes.load(Ordering::Acquire)
    }

    /// Notes a token that this process has refreshed.
    pub(super) fn refreshed(&self, user: &UserId, token: &JwtToken, life: Life) {
        self.failed.remove(user);
        let refresh = self.refreshes.fetch_add(1, Ordering::AcqRel) + 1;
        self.keep(user, token, life, refresh);
    }

    /// The token that this process has refreshed since there were `began` refreshes.
    pub(super) fn refreshed_since(&self, user: &UserId, began: u64) -> Option<JwtToken> {
        self.seen
            .get(user)
            .filter(|seen| seen.refresh > began)
            .map(|seen| seen.token.clone())
    }

    /// Notes that a refresh has failed, and is not to be tried again for the length of `pause`.
    pub(super) fn failed(&self, user: &UserId, error: Arc<SourceError>, pause: Duration) {
        self.failed
            .insert(user.clone(), (error, Instant::now() + pause));
    }

    /// The failure that forbids a refresh now.
    pub(super) fn failure(&self, user: &UserId) -> Option<Arc<SourceError>> {
        self.failed
            .get(user)
            .filter(|(_, until)| Instant::now() < *until)
            .map(|(error, _)| error)
    }

    /// Forgets a user, from now until this is dropped.
    pub(super) fn forget<'a>(&'a self, user: &'a UserId) -> Forgetting<'a> {
        self.seen.remove(user);
        self.failed.remove(user);
        self.forgotten.insert(user.clone(), u64::MAX);
        Forgetting { sight: self, user }
    }

    /// How often a user was forgotten, of all users.
    pub(super) fn forgets(&self) -> u64 {
        self.forgets.load(Ordering::Acquire)
    }

    /// Whether the user is being forgotten, or was since there were `began` such.
    pub(super) fn forgotten_since(&self, user: &UserId, began: u64) -> bool {
        self.forgotten
            .get(user)
            .is_some_and(|forgets| forgets > began)
    }
}

/// A user is being forgotten.
#[must_use = "it is over when this is dropped"]
pub(super) struct Forgetting<'a> {
    sight: &'a Sight,
    user: &'a UserId,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        let forgets = self.sight.forgets.fetch_add(1, Ordering::AcqRel) + 1;
        self.sight.forgotten.insert(self.user.clone(), forgets);
    }
}

/// Shows how many refreshes there were, and nobody's token.
impl std::fmt::Debug for Sight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sight")
            .field("refreshes", &self.refreshes())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_once() {
        let sight = Sight::new(Duration::from_secs(300));
        let user = UserId::new("263771234567").unwrap();
        let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln").unwrap();
        let first = sight.see(&user, &token).unwrap();
        assert!(Arc::ptr_eq(&first, &sight.see(&user, &token).unwrap()));
        let other = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.b3RoZXI").unwrap();
        assert!(!Arc::ptr_eq(&first, &sight.see(&user, &other).unwrap()));
    }
}
