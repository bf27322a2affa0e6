//! Tokens that are there when a call needs one: refreshed by one, for all.

mod claim;
mod error;
mod life;
mod once;
mod put;
mod sight;
mod source;
#[cfg(feature = "vault")]
pub mod vault;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

pub use error::{CallError, TokenError};
use once::PAUSE;
use sight::Sight;
pub use source::{SourceError, TokenSource};

use crate::error::StoreError;
use crate::id::{JwtToken, UserId};
use crate::store::{LeaseHolder, StateStore, StoredToken, TokenStore};
use crate::sync::Queues;

/// The tokens of a manager's users.
#[derive(Debug)]
pub(crate) struct Tokens {
    store: Arc<dyn StateStore>,
    queues: Queues,
    sight: Sight,
    /// This process. Its tasks are kept apart by the queue, so that a claim whose task has died is its own again at once.
    owner: LeaseHolder,
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
        let (queues, sight, owner) = (Queues::default(), Sight::new(ttl), LeaseHolder::random());
        Self {
            store,
            queues,
            sight,
            owner,
            ttl,
            deadline,
            source_timeout,
        }
    }

    /// The store's token calls.
    pub(crate) fn store(&self) -> Result<&dyn TokenStore, StoreError> {
        self.store
            .tokens()
            .ok_or_else(|| StoreError::misconfigured("this store keeps no tokens"))
    }

    /// For how many users a token is looked for or refreshed right now.
    pub(crate) fn busy(&self) -> usize {
        self.queues.len()
    }

    /// Makes a call with a token, and once more with the next one where the API refuses that.
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
        let token = self
            .usable(user, in_hand, source)
            .await
            .map_err(CallError::NoToken)?;
        let began = self.sight.refreshes();
        match call(token.clone()).await {
            Err(CallError::TokenRejected) => {
                let next = self
                    .refresh(user, source, Some(token), began)
                    .await
                    .map_err(CallError::NoToken)?;
                call(next).await
            }
            done => done,
        }
    }

    /// A token that will do: the one in hand, the one in the store, or a new one.
    async fn usable<S: TokenSource + ?Sized + 'static>(
        self: &Arc<Self>,
        user: &UserId,
        in_hand: Option<&JwtToken>,
        source: &Arc<S>,
    ) -> Result<JwtToken, TokenError> {
        let began = self.sight.refreshes();
        let token = match in_hand.filter(|token| self.sight.is_usable(user, token)) {
            Some(token) => Some(token.clone()),
            None => {
                self.look(user, None, Instant::now() + self.deadline)
                    .await?
                    .token
            }
        };
        let Some(token) = token else {
            return self.refresh(user, source, None, began).await;
        };
        if self.sight.begin_early(user, &token, PAUSE) {
            // Nobody waits for it: whoever calls next finds its token in the store.
            drop(self.start(user, source, Some(token.clone()), began));
        }
        Ok(token)
    }

    /// Looks into the store for a token other than the `worn` one.
    async fn look(
        &self,
        user: &UserId,
        worn: Option<&JwtToken>,
        deadline: Instant,
    ) -> Result<Found, StoreError> {
        let stored = self.store()?.load_token(user, deadline).await?;
        let token = stored
            .as_ref()
            .and_then(|stored| self.usable_in(stored, user, worn));
        Ok(Found { stored, token })
    }

    fn usable_in(
        &self,
        stored: &StoredToken,
        user: &UserId,
        worn: Option<&JwtToken>,
    ) -> Option<JwtToken> {
        read_token(user, stored)
            .filter(|token| worn != Some(token) && self.sight.is_usable(user, token))
    }

    /// What the host itself does to a user's token comes before every refresh under way: none of those that began before this is
    /// over has its token stored.
    pub(crate) async fn before_refreshes<T>(
        &self,
        user: &UserId,
        call: impl Future<Output = T>,
    ) -> T {
        let _forgetting = self.sight.forget(user);
        call.await
    }
}

/// What the store holds.
struct Found {
    stored: Option<StoredToken>,
    /// The token in it, if that will do.
    token: Option<JwtToken>,
}

/// The token as read; what is no token is none.
pub(crate) fn read_token(user: &UserId, stored: &StoredToken) -> Option<JwtToken> {
    JwtToken::new(stored.expose())
        .inspect_err(|why| tracing::warn!(?user, %why, "Ignoring a stored token"))
        .ok()
}
