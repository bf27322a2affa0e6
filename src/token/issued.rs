//! How a token that was issued just now gets into the store.

use std::time::SystemTime;

use super::lifetime::Lifetime;
use super::refresh::Refresh;
use crate::error::StoreError;
use crate::id::JwtToken;
use crate::store::{ExpectedToken, StoredToken, TokenOutcome, TokenPut};

/// How often a token is put at most. More than once only if the stored token changes meanwhile and
/// is not usable either.
const ATTEMPTS: u32 = 3;

/// What became of a token in the store.
enum Put {
    Stored,
    NotStored,
    /// The store holds a newer token, which is usable.
    Newer(JwtToken),
}

impl Refresh {
    /// Stores a token that was issued just now over the one that it follows. `overrides` is how
    /// often the host had set or removed the token when the refresh began. Returns the token to be
    /// used: a newer one, if the store holds one by now.
    pub(super) async fn store_issued(
        &self,
        token: JwtToken,
        lifetime: Lifetime,
        overrides: u64,
        current: Option<StoredToken>,
    ) -> JwtToken {
        let user = &self.user;
        let entry = &self.entry;
        let new = StoredToken::new(token.expose());
        let put = self.put(lifetime, &new, overrides, current).await;
        if let Err(error) = &put {
            tracing::warn!(?user, %error, "Token not stored");
        }
        match put {
            Ok(Put::Newer(newer)) => return newer,
            Ok(Put::NotStored) => {}
            // The host's own call may have been carried out before this put, which may be carried
            // out even if it failed.
            Ok(Put::Stored) | Err(_) if entry.is_overridden_since(overrides) => {
                self.take_back(&new).await;
            }
            Ok(Put::Stored) => tracing::info!(?user, "Token refreshed"),
            Err(_) => {}
        }
        entry.keep_issued(&token, lifetime, overrides);
        token
    }

    async fn put(
        &self,
        lifetime: Lifetime,
        new: &StoredToken,
        overrides: u64,
        mut current: Option<StoredToken>,
    ) -> Result<Put, StoreError> {
        let Self { tokens, user, .. } = self;
        let deadline = tokens.deadline();
        let Some(ttl) = lifetime.kept(SystemTime::now()) else {
            return Ok(Put::NotStored);
        };
        for _ in 0..ATTEMPTS {
            if self.entry.is_overridden_since(overrides) {
                return Ok(Put::NotStored);
            }
            let expected = current
                .as_ref()
                .map_or(ExpectedToken::Absent, ExpectedToken::Exactly);
            let put = TokenPut {
                token: Some(new),
                expected,
                ttl,
                deadline,
            };
            let found = match tokens.store()?.put_token(user, put).await? {
                TokenOutcome::Stored => return Ok(Put::Stored),
                TokenOutcome::Conflict { current } => current,
            };
            if let Some(newer) = found.as_ref().and_then(|found| self.usable(found)) {
                return Ok(Put::Newer(newer));
            }
            // The expected token is gone. If it has not expired, the user has logged out in another
            // process.
            if found.is_none() && !current.is_some_and(|old| self.has_expired(&old)) {
                return Ok(Put::NotStored);
            }
            current = found;
        }
        Ok(Put::NotStored)
    }

    /// Removes the token again, if it is in the store.
    async fn take_back(&self, new: &StoredToken) {
        let Self { tokens, user, .. } = self;
        let put = TokenPut {
            token: None,
            expected: ExpectedToken::Exactly(new),
            ttl: tokens.ttl,
            deadline: tokens.deadline(),
        };
        let taken_back = async { tokens.store()?.put_token(user, put).await };
        if let Err(error) = taken_back.await {
            tracing::warn!(?user, %error, "A token issued before a logout may still be stored");
        }
    }

    fn has_expired(&self, stored: &StoredToken) -> bool {
        self.token_of(stored)
            .is_some_and(|token| self.entry.is_gone(&token))
    }
}
