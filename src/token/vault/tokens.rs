//! The token calls of a vault: tokens are sealed.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Vault;
use super::envelope::Field;
use crate::error::StoreError;
use crate::id::UserId;
use crate::store::{
    ExpectedToken, Lease, LeaseHolder, StateStore, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

impl<S: StateStore> Vault<S> {
    fn inner(&self) -> Result<&dyn TokenStore, StoreError> {
        self.store
            .tokens()
            .ok_or_else(|| StoreError::misconfigured("the store in the vault keeps no tokens"))
    }

    /// The token, with the form in which it is stored.
    fn open_token(&self, user: &UserId, sealed: &StoredToken) -> Option<StoredToken> {
        let envelope = sealed.expose();
        let text = self.open(user, Field::Token, envelope)?;
        // Only text was sealed, so this fails for no token of ours.
        let text = std::str::from_utf8(&text).ok()?;
        Some(StoredToken::with_form(text, envelope))
    }
}

#[async_trait]
impl<S: StateStore> TokenStore for Vault<S> {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let sealed = self.inner()?.load_token(user, deadline).await?;
        Ok(sealed.and_then(|sealed| self.open_token(user, &sealed)))
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let inner = self.inner()?;
        let seal = |token: &StoredToken| {
            let sealed = self.seal(user, Field::Token, token.expose().as_bytes());
            sealed.map(StoredToken::new)
        };
        let token = put.token.map(seal).transpose()?;
        let put = TokenPut {
            token: token.as_ref(),
            ..put
        };
        // Sealing a text twice gives two forms, so the store inside must compare the very form that
        // it has.
        let form;
        let expected = match put.expected {
            ExpectedToken::Exactly(expected) => {
                let loaded = match expected.form() {
                    Some(_) => Some(expected.clone()),
                    None => self.load_token(user, put.deadline).await?,
                };
                let same = loaded.as_ref().filter(|loaded| *loaded == expected);
                let Some(found) = same.and_then(StoredToken::form) else {
                    return Ok(TokenOutcome::Conflict { current: loaded });
                };
                form = StoredToken::new(found);
                ExpectedToken::Exactly(&form)
            }
            any_or_absent => any_or_absent,
        };
        let mut outcome = inner.put_token(user, TokenPut { expected, ..put }).await?;
        if let TokenOutcome::Conflict {
            current: Some(unopened),
        } = &outcome
            && expected == ExpectedToken::Absent
            && self.open_token(user, unopened).is_none()
        {
            // A text that does not open counts as absent, so the new token is put over it.
            let over = TokenPut {
                expected: ExpectedToken::Exactly(&unopened.clone()),
                ..put
            };
            outcome = inner.put_token(user, over).await?;
        }
        Ok(match outcome {
            TokenOutcome::Stored => TokenOutcome::Stored,
            TokenOutcome::Conflict { current } => TokenOutcome::Conflict {
                current: current.and_then(|sealed| self.open_token(user, &sealed)),
            },
        })
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let inner = self.inner()?;
        inner
            .acquire_refresh_lease(user, holder, length, deadline)
            .await
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let inner = self.inner()?;
        inner.release_refresh_lease(user, holder, deadline).await
    }
}
