//! The contract for tokens, call by call.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use tokio::time::Instant;
use vimbiso_state::UserId;
use vimbiso_state::store::{
    ExpectedToken, Lease, LeaseHolder, StoreError, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

use crate::database::{Millis, millis};
use crate::store::SqliteStore;

#[async_trait]
impl TokenStore for SqliteStore {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let user = user.expose().to_owned();
        let load = move |tx: &Transaction<'_>, now| token(tx, &user, now);
        Ok(self.database.run(deadline, load).await?)
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let user = user.expose().to_owned();
        let token = put.token.cloned();
        let ttl = millis(put.ttl);
        // `None` expects anything, `Some(None)` no token.
        let expected = match put.expected {
            ExpectedToken::Any => None,
            ExpectedToken::Absent => Some(None),
            ExpectedToken::Exactly(token) => Some(Some(token.clone())),
        };
        let store = move |tx: &Transaction<'_>, now: Millis| {
            let current = self::token(tx, &user, now)?;
            if expected.is_some_and(|expected| expected != current) {
                return Ok(TokenOutcome::Conflict { current });
            }
            match &token {
                Some(token) => tx.execute(
                    "REPLACE INTO token VALUES (?1, ?2, ?3)",
                    params![user, token.expose(), now + ttl],
                )?,
                None => tx.execute("DELETE FROM token WHERE user = ?1", [&user])?,
            };
            Ok(TokenOutcome::Stored)
        };
        Ok(self.database.run(put.deadline, store).await?)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let user = user.expose().to_owned();
        let holder = holder.to_string();
        let acquire = move |tx: &Transaction<'_>, now: Millis| {
            // If more than its length is left, the clock was set back: the lease is over.
            let sql = "SELECT kept_until FROM lease WHERE user = ?1 AND holder <> ?2 \
                       AND kept_until - ?3 BETWEEN 1 AND length";
            let held = tx.query_row(sql, params![user, holder, now], |row| row.get(0));
            let held_until: Option<Millis> = held.optional()?;
            if let Some(until) = held_until {
                return Ok(Lease::Held {
                    remaining: Duration::from_millis((until - now).unsigned_abs()),
                });
            }
            tx.execute(
                "REPLACE INTO lease VALUES (?1, ?2, ?3, ?4)",
                params![user, holder, millis(length), now + millis(length)],
            )?;
            Ok(Lease::Acquired)
        };
        Ok(self.database.run(deadline, acquire).await?)
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let user = user.expose().to_owned();
        let holder = holder.to_string();
        let release = move |tx: &Transaction<'_>, _| {
            let sql = "DELETE FROM lease WHERE user = ?1 AND holder = ?2";
            tx.execute(sql, params![user, holder]).map(|_| ())
        };
        Ok(self.database.run(deadline, release).await?)
    }
}

fn token(tx: &Transaction<'_>, user: &str, now: Millis) -> rusqlite::Result<Option<StoredToken>> {
    let sql = "SELECT text FROM token WHERE user = ?1 AND kept_until > ?2";
    let text = tx.query_row(sql, params![user, now], |row| row.get::<_, String>(0));
    Ok(text.optional()?.map(StoredToken::new))
}
