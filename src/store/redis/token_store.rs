//! The calls for tokens, which touch the two token keys and nothing else.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;
use tokio::time::Instant;

use super::net::{Answer, Request};
use super::store::RedisStore;
use super::wire::{
    ACQUIRE_LEASE, Key, PUT_TOKEN, RELEASE_LEASE, ReplyError, milliseconds, read, token,
};
use crate::id::UserId;
use crate::store::{
    ExpectedToken, Lease, LeaseHolder, StoreError, StoredToken, TokenOutcome, TokenPut, TokenStore,
};

#[async_trait]
impl TokenStore for RedisStore {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        let keys = self.settings.naming.keys(user);
        let request = Request::command(read(&keys.name(Key::TOKEN), StoredToken::MAX_LEN));
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        Ok(token(answer.value)?)
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let keys = self.settings.naming.keys(user);
        let (expects, exactly) = match put.expected {
            ExpectedToken::Any => ("any", ""),
            ExpectedToken::Exactly(token) => ("exactly", token.expose()),
            ExpectedToken::Absent => ("absent", ""),
        };
        let mut call = PUT_TOKEN.on(&keys, [Key::TOKEN]);
        call.arg(expects)
            .arg(exactly)
            .arg(put.token.map_or("", StoredToken::expose))
            .arg(milliseconds(put.ttl));
        let request = Request::script(call.by_hash, call.text);
        let request = match put.expected {
            // `Absent` too: a late copy finds no token if it was removed meanwhile.
            ExpectedToken::Any | ExpectedToken::Absent => request.once(),
            ExpectedToken::Exactly(_) => request,
        };
        let answer = self
            .endpoints
            .call(keys.id(), &request, put.deadline)
            .await?;
        outcome(&put, answer)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let keys = self.settings.naming.keys(user);
        let mut call = ACQUIRE_LEASE.on(&keys, [Key::LEASE]);
        call.arg(holder.to_string()).arg(milliseconds(length));
        let request = Request::script(call.by_hash, call.text);
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        match answer.value {
            Value::Int(0) => Ok(Lease::Acquired),
            Value::Int(remaining) => Ok(Lease::Held {
                remaining: Duration::from_millis(remaining.unsigned_abs()),
            }),
            _ => Err(ReplyError::Unexpected.into()),
        }
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let keys = self.settings.naming.keys(user);
        let mut call = RELEASE_LEASE.on(&keys, [Key::LEASE]);
        call.arg(holder.to_string());
        // A late copy would end a newer lease of the same holder.
        let request = Request::script(call.by_hash, call.text).once();
        let answer = self.endpoints.call(keys.id(), &request, deadline).await?;
        match answer.value {
            Value::Int(_) => Ok(()),
            _ => Err(ReplyError::Unexpected.into()),
        }
    }
}

fn outcome(put: &TokenPut<'_>, answer: Answer) -> Result<TokenOutcome, StoreError> {
    if let Value::Int(_) = answer.value {
        return Ok(TokenOutcome::Stored);
    }
    let current = token(answer.value)?;
    // If it was sent twice and the token is there, the first copy has stored it.
    if answer.maybe_applied && current.as_ref() == put.token {
        return Ok(TokenOutcome::Stored);
    }
    Ok(TokenOutcome::Conflict { current })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_that_finds_its_token_has_stored_it() {
        let one = StoredToken::new("one");
        let two = StoredToken::new("two");
        let put = TokenPut {
            token: Some(&one),
            expected: ExpectedToken::Exactly(&two),
            ttl: Duration::ZERO,
            deadline: Instant::now(),
        };
        for (current, maybe_applied, is_stored) in [
            (&one, true, true),
            (&one, false, false),
            (&two, true, false),
            (&two, false, false),
        ] {
            let value = Value::BulkString(current.expose().into());
            let answer = Answer {
                value,
                maybe_applied,
            };
            let expected = if is_stored {
                TokenOutcome::Stored
            } else {
                TokenOutcome::Conflict {
                    current: Some(current.clone()),
                }
            };
            assert_eq!(outcome(&put, answer).unwrap(), expected);
        }
    }
}
