//! The tokens of a manager's users, and what its refreshes share.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::cache::TokenCache;
use super::lifetime::Lifetime;
use super::source::IssuedToken;
use crate::error::StoreError;
use crate::id::{InvalidToken, JwtToken, UserId};
use crate::store::{LeaseHolder, Session, StateStore, StoredToken, TokenStore};

/// The tokens of a manager's users.
pub(crate) struct Tokens {
    store: Arc<dyn StateStore>,
    pub(super) cache: TokenCache,
    /// This process. All its refreshes are one holder: the next one need not wait for the lease of
    /// one that panicked.
    pub(super) holder: LeaseHolder,
    pub(super) ttl: Duration,
    pub(super) deadline: Duration,
    pub(super) source_timeout: Duration,
    /// Refuses a session that is not the manager's, and so the token beside it.
    refuse_foreign: fn(&Session) -> Result<(), StoreError>,
}

impl Tokens {
    pub(crate) fn new(
        store: Arc<dyn StateStore>,
        ttl: Duration,
        deadline: Duration,
        source_timeout: Duration,
        refuse_foreign: fn(&Session) -> Result<(), StoreError>,
    ) -> Self {
        Self {
            store,
            cache: TokenCache::new(ttl),
            holder: LeaseHolder::random(),
            ttl,
            deadline,
            source_timeout,
            refuse_foreign,
        }
    }

    /// The token calls of the store.
    pub(crate) fn store(&self) -> Result<&dyn TokenStore, StoreError> {
        self.store
            .tokens()
            .ok_or_else(|| StoreError::misconfigured("this store keeps no tokens"))
    }

    /// Refuses a user whose session is not the manager's. Costs a load.
    pub(crate) async fn check_owner(&self, user: &UserId) -> Result<(), StoreError> {
        match self.store.load(user, None, self.deadline()).await {
            Ok(loaded) => (self.refuse_foreign)(&loaded.session),
            // Nothing is known of a foreign value, and the token has a key of its own.
            Err(StoreError::Corrupt { .. } | StoreError::TooLarge { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How many users have a refresh under way.
    pub(crate) fn busy(&self) -> usize {
        self.cache.refreshing()
    }

    /// How long the store keeps a token that the host hands over.
    ///
    /// # Errors
    /// [`InvalidToken::Expired`] if it is over.
    pub(crate) fn kept_for(&self, token: &IssuedToken) -> Result<Duration, InvalidToken> {
        let difference = self.cache.clock_difference();
        Lifetime::of_given(token, difference, self.ttl, SystemTime::now())
    }

    /// Makes a call with which the host sets or removes the token, within a deadline. It wins over
    /// every refresh that is under way at any time during the call: none of them leaves its token
    /// in the store.
    pub(crate) async fn override_token<T>(
        &self,
        user: &UserId,
        call: impl Future<Output = T>,
    ) -> T {
        let entry = self.cache.entry(user);
        // Held until the call is over, because a refresh may put its token at any time meanwhile.
        let _overriding = entry.override_token(self.deadline());
        call.await
    }

    /// When a store call that starts now must be back.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }
}

/// The token of a stored text; `None` if the text cannot be a token.
pub(crate) fn read_token(user: &UserId, stored: &StoredToken) -> Option<JwtToken> {
    // Checked again: another program may have written the key.
    JwtToken::new(stored.expose())
        .inspect_err(|why| tracing::warn!(?user, %why, "Ignoring a stored token"))
        .ok()
}
