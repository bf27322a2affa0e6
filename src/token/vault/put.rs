//! A token is put where the expected one stands, though no two sealed texts are alike.

use super::Vault;
use crate::error::StoreError;
use crate::id::UserId;
use crate::store::{ExpectedToken, StateStore, TokenOutcome, TokenPut, TokenStore};

impl<S: StateStore> Vault<S> {
    /// Puts a token that is sealed. The store inside compares sealed texts, so it is told the very text that was loaded.
    pub(super) async fn put_sealed(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let found;
        let expected = match put.expected {
            ExpectedToken::Exactly(token) => match token.sealed() {
                Some(sealed) => ExpectedToken::Exactly(sealed),
                // Not loaded through a vault: what stands there is looked up and compared in the open.
                None => {
                    found = self.load_token(user, put.deadline).await?;
                    match found
                        .as_ref()
                        .filter(|found| *found == token)
                        .and_then(|found| found.sealed())
                    {
                        Some(sealed) => ExpectedToken::Exactly(sealed),
                        None => return Ok(TokenOutcome::Conflict { current: found }),
                    }
                }
            },
            any_or_absent => any_or_absent,
        };
        let stands = match self
            .inner_tokens()?
            .put_token(user, TokenPut { expected, ..put })
            .await?
        {
            TokenOutcome::Stored => return Ok(TokenOutcome::Stored),
            TokenOutcome::Conflict { current } => current,
        };
        match stands {
            // What does not open is no token: the new one takes its place, and no other's.
            Some(unopened)
                if expected == ExpectedToken::Absent && self.token(user, &unopened).is_none() =>
            {
                let outcome = self
                    .inner_tokens()?
                    .put_token(
                        user,
                        TokenPut {
                            expected: ExpectedToken::Exactly(&unopened),
                            ..put
                        },
                    )
                    .await?;
                Ok(self.outcome(user, outcome))
            }
            current => Ok(self.outcome(user, TokenOutcome::Conflict { current })),
        }
    }

    fn outcome(&self, user: &UserId, outcome: TokenOutcome) -> TokenOutcome {
        match outcome {
            TokenOutcome::Conflict { current } => TokenOutcome::Conflict {
                current: current.and_then(|sealed| self.token(user, &sealed)),
            },
            TokenOutcome::Stored => TokenOutcome::Stored,
        }
    }
}
