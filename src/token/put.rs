//! The new token takes the place of the old one, and of no other.

use std::time::SystemTime;

use tokio::time::Instant;

use super::life::Life;
use super::{Tokens, read_token};
use crate::id::{JwtToken, UserId};
use crate::store::{ExpectedToken, StoredToken, TokenOutcome, TokenPut};

/// How often a token is put at most: more than once only where what stands there changes, and is no better, in that moment.
const TRIES: u32 = 3;

/// A token that was issued just now.
pub(super) struct New {
    pub(super) token: JwtToken,
    pub(super) life: Life,
    /// How often a user had been forgotten when the refresh began.
    pub(super) forgets: u64,
}

/// What becomes of it in the store.
enum Put {
    Stored,
    Not,
    /// Nobody can say.
    Unknown,
    /// Another one has come that will do.
    Newer(JwtToken),
}

impl Tokens {
    /// Stores a new token, and ends the claim, where what it follows still `stands`. Returns the token that is to be used: a
    /// newer one, where the store has come to hold it meanwhile.
    pub(super) async fn put(
        &self,
        user: &UserId,
        new: New,
        stands: Option<StoredToken>,
        worn: Option<&JwtToken>,
    ) -> JwtToken {
        let stored = StoredToken::new(new.token.expose());
        let put = self.try_put(user, &new, &stored, stands, worn).await;
        let forgotten = self.sight.forgotten_since(user, new.forgets);
        match put {
            Put::Stored | Put::Unknown if forgotten => {
                self.take_back(user, &stored).await;
                self.release(user).await;
            }
            Put::Stored => {
                tracing::info!(?user, "Token refreshed");
                self.release(user).await;
            }
            _ => self.release(user).await,
        }
        if let Put::Newer(newer) = put {
            return newer;
        }
        if !forgotten {
            self.sight.refreshed(user, &new.token, new.life);
        }
        new.token
    }

    /// Puts it until the deadline.
    async fn try_put(
        &self,
        user: &UserId,
        new: &New,
        stored: &StoredToken,
        mut stands: Option<StoredToken>,
        worn: Option<&JwtToken>,
    ) -> Put {
        let deadline = Instant::now() + self.deadline;
        let Ok(ttl) = new.token.time_left(self.ttl) else {
            return Put::Not;
        };
        for _ in 0..TRIES {
            // Logged in, logged out or forgotten meanwhile: the token serves this caller, and is not stored.
            if self.sight.forgotten_since(user, new.forgets) {
                return Put::Not;
            }
            let expected = stands
                .as_ref()
                .map_or(ExpectedToken::Absent, ExpectedToken::Exactly);
            let put = TokenPut {
                token: Some(stored),
                expected,
                ttl,
                deadline,
            };
            let stored_or = match self.store() {
                Ok(store) => store.put_token(user, put).await,
                Err(error) => Err(error),
            };
            let current = match stored_or {
                Ok(TokenOutcome::Stored) => return Put::Stored,
                Ok(TokenOutcome::Conflict { current }) => current,
                Err(error) => {
                    tracing::warn!(?user, %error, "Token not stored");
                    return Put::Unknown;
                }
            };
            if let Some(newer) = current
                .as_ref()
                .and_then(|other| self.usable_in(other, user, worn))
            {
                return Put::Newer(newer);
            }
            // None where there was one: it has come to its end by itself, or the user has logged out while the source was asked.
            if current.is_none() && !stands.is_some_and(|old| has_ended(user, &old)) {
                return Put::Not;
            }
            stands = current;
        }
        Put::Not
    }

    /// Removes a token that was stored after its user was forgotten, as one that was on its way may be.
    async fn take_back(&self, user: &UserId, stored: &StoredToken) {
        let (expected, deadline) = (
            ExpectedToken::Exactly(stored),
            Instant::now() + self.deadline,
        );
        let put = TokenPut {
            token: None,
            expected,
            ttl: self.ttl,
            deadline,
        };
        let taken = match self.store() {
            Ok(store) => store.put_token(user, put).await,
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            tracing::warn!(?user, %error, "A token may stand that was issued before its user was forgotten");
        }
    }
}

fn has_ended(user: &UserId, stored: &StoredToken) -> bool {
    read_token(user, stored)
        .and_then(|token| token.expires_at())
        .is_some_and(|exp| exp <= SystemTime::now())
}
