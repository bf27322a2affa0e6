//! A call of the host's with a valid token.

use std::sync::Arc;

use super::error::{CallError, TokenError};
use super::refresh::Refresh;
use super::source::TokenSource;
use super::tokens::Tokens;
use crate::error::BoxError;
use crate::id::{JwtToken, UserId};

impl Tokens {
    /// Makes a call with a usable token, and once more with a new one if the API rejects that.
    pub(crate) async fn call<T, S, Fut>(
        self: &Arc<Self>,
        user: &UserId,
        in_hand: Option<&JwtToken>,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let token = self.usable(user, in_hand, source).await;
        let token = token.map_err(CallError::NoToken)?;
        // Made before the call, so that a token issued during the call counts as its successor.
        let refresh = Refresh::new(self, user);
        match call(token.clone()).await.map_err(CallError::of_call) {
            Err(CallError::TokenRejected) => {
                let next = refresh.run(source, Some(token)).await;
                let next = next.map_err(CallError::NoToken)?;
                call(next).await.map_err(CallError::of_call)
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
            None => {
                let found = refresh.find(self.deadline()).await?.usable;
                if found.is_some() {
                    refresh.check_owner().await?;
                }
                found
            }
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
}
