//! The new token takes the place of the old one, and of no other.

use std::time::SystemTime;

use tokio::time::Instant;

use super::life::Life;
use super::{Tokens, read};
use crate::store::{ExpectedToken, StoredToken, TokenOutcome, TokenPut};
use crate::{JwtToken, UserId};

/// How often a token is put at most: more than once only where what stands there changes, and is no better, in that moment.
const TRIES: u32 = 3;

impl Tokens {
    /// Stores a new token, and ends the claim, where what it follows still `stands`. Returns the token that is to be used: a
    /// newer one, where the store has come to hold it meanwhile.
    pub(super) async fn put(
        &self,
        user: &UserId,
        token: JwtToken,
        life: Life,
        mut stands: Option<StoredToken>,
        worn: Option<&JwtToken>,
    ) -> JwtToken {
        let stored = StoredToken::new(token.expose());
        let Ok(ttl) = token.time_left(self.ttl) else { return token };
        for _ in 0..TRIES {
            let expected = stands.as_ref().map_or(ExpectedToken::Absent, ExpectedToken::Exactly);
            let deadline = Instant::now() + self.deadline;
            let put = TokenPut { token: Some(&stored), expected, ttl, release: Some(&self.owner), deadline };
            match self.store.put_token(user, put).await {
                Ok(TokenOutcome::Stored) => {
                    tracing::info!(?user, "Token refreshed");
                    break;
                }
                Ok(TokenOutcome::Refused { current: Some(other) }) => {
                    if let Some(newer) = self.usable_in(&other, user, worn) {
                        self.release(user).await;
                        return newer;
                    }
                    stands = Some(other);
                }
                // The old one has come to its end by itself.
                Ok(TokenOutcome::Refused { current: None }) if stands.as_ref().is_some_and(|old| has_ended(user, old)) => {
                    stands = None;
                }
                Ok(TokenOutcome::Refused { current: None }) => {
                    // The user has logged out while the source was asked. What is under way goes on, and nothing is stored.
                    self.release(user).await;
                    break;
                }
                Err(error) => {
                    tracing::warn!(?user, %error, "Token not stored");
                    break;
                }
            }
        }
        self.sight.refreshed(user, &token, life);
        token
    }
}

fn has_ended(user: &UserId, stored: &StoredToken) -> bool {
    read(user, stored).and_then(|token| token.expires_at()).is_some_and(|exp| exp <= SystemTime::now())
}
