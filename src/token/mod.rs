//! Tokens for the host's API: read from the store, and refreshed before they expire, once for all
//! callers.
//!
//! The calls are on the manager: [`with_token`](crate::StateManager::with_token) and
//! [`set_jwt_token`](crate::StateManager::set_jwt_token). A host implements [`TokenSource`].

mod cache;
mod error;
mod issued;
mod lifetime;
mod refresh;
mod source;
#[cfg(feature = "vault")]
pub mod vault;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use cache::TokenCache;
pub use error::{CallError, TokenError};
use refresh::Refresh;
pub use source::{SourceError, TokenSource};

use crate::error::StoreError;
use crate::id::{JwtToken, UserId};
use crate::store::{LeaseHolder, StateStore, StoredToken, TokenStore};
use crate::sync::Queues;

/// The tokens of a manager's users.
pub(crate) struct Tokens {
    store: Arc<dyn StateStore>,
    cache: TokenCache,
    /// One refresh at a time for each user in this process.
    queues: Queues,
    /// This process. All its refreshes are one holder: the next one need not wait for the lease of
    /// one that panicked.
    holder: LeaseHolder,
    ttl: Duration,
    deadline: Duration,
    source_timeout: Duration,
}

impl Tokens {
    pub(crate) fn new(
        store: Arc<dyn StateStore>,
        ttl: Duration,
        deadline: Duration,
        source_timeout: Duration,
    ) -> Self {
        Self {
            store,
            cache: TokenCache::new(ttl),
            queues: Queues::default(),
            holder: LeaseHolder::random(),
            ttl,
            deadline,
            source_timeout,
        }
    }

    /// The token calls of the store.
    pub(crate) fn store(&self) -> Result<&dyn TokenStore, StoreError> {
        self.store
            .tokens()
            .ok_or_else(|| StoreError::misconfigured("this store keeps no tokens"))
    }

    /// How many users have a refresh under way.
    pub(crate) fn busy(&self) -> usize {
        self.queues.len()
    }

    /// Makes a call with a usable token, and once more with a new one if the API rejects that.
    pub(crate) async fn call<T, E, S, Fut>(
        self: &Arc<Self>,
        user: &UserId,
        in_hand: Option<&JwtToken>,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError<E>>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, CallError<E>>>,
    {
        let token = self.usable(user, in_hand, source).await;
        let token = token.map_err(CallError::NoToken)?;
        // Made before the call, so that a token issued during the call counts as its successor.
        let refresh = Refresh::new(self, user);
        match call(token.clone()).await {
            Err(CallError::TokenRejected) => {
                let next = refresh.run(source, Some(token)).await;
                call(next.map_err(CallError::NoToken)?).await
            }
            done => done,
        }
    }

    /// A token that is valid now: the one in hand, the stored one, or a new one.
    async fn usable<S: TokenSource + ?Sized + 'static>(
        self: &Arc<Self>,
        user: &UserId,
        in_hand: Option<&JwtToken>,
        source: &Arc<S>,
    ) -> Result<JwtToken, TokenError> {
        let refresh = Refresh::new(self, user);
        let token = match in_hand.filter(|token| refresh.entry.is_usable(token)) {
            Some(token) => Some(token.clone()),
            None => refresh.find(self.deadline()).await?.usable,
        };
        let Some(token) = token else {
            return refresh.run(source, None).await;
        };
        if refresh.entry.starts_early_refresh(&token) {
            // In the background: the next caller finds its token in the store.
            drop(refresh.start(source, Some(token.clone())));
        }
        Ok(token)
    }

    /// Makes a call with which the host sets or removes the token. It wins over every refresh that
    /// is under way at any time during the call: such a refresh leaves no token in the store.
    pub(crate) async fn override_token<T>(
        &self,
        user: &UserId,
        call: impl Future<Output = T>,
    ) -> T {
        let entry = self.cache.entry(user);
        let _overriding = entry.override_token();
        call.await
    }

    /// When a store call that starts now must be back.
    fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }
}

/// The token of a stored text; `None` if the text cannot be a token.
pub(crate) fn read_token(user: &UserId, stored: &StoredToken) -> Option<JwtToken> {
    JwtToken::new(stored.expose())
        .inspect_err(|why| tracing::warn!(?user, %why, "Ignoring a stored token"))
        .ok()
}
