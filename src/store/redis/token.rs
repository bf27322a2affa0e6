//! The token calls, which touch the two token keys and nothing else.

use std::time::Duration;

use redis::Value;

use super::call::{Answer, Request};
use super::keys::{Key, Keys};
use super::script::{CLAIM, PUT_TOKEN, RELEASE, millis};
use super::{command, reply};
use crate::store::{ExpectedToken, LeaseHolder, StoreError, StoredToken, TokenOutcome, TokenPut};

pub(super) fn load(keys: &Keys) -> Request {
    Request::Command(command::read(&keys.name(Key::TOKEN), StoredToken::MAX_LEN))
}

pub(super) fn loaded(value: Value) -> Result<Option<StoredToken>, StoreError> {
    Ok(reply::token(reply::bytes(value)?.unwrap_or_default())?)
}

pub(super) fn request(keys: &Keys, put: &TokenPut<'_>) -> Request {
    let (how, exactly) = match put.expected {
        ExpectedToken::Any => ("any", ""),
        ExpectedToken::Exactly(token) => ("exactly", token.expose()),
        ExpectedToken::Absent => ("absent", ""),
    };
    let mut call = PUT_TOKEN.on(keys, [Key::TOKEN]);
    call.arg(how)
        .arg(exactly)
        .arg(put.token.map_or("", StoredToken::expose))
        .arg(millis(put.ttl));
    match put.expected {
        // One that comes late finds none where the user has logged out meanwhile.
        ExpectedToken::Any | ExpectedToken::Absent => Request::Overwrite(&PUT_TOKEN, call),
        ExpectedToken::Exactly(_) => Request::Script(&PUT_TOKEN, call),
    }
}

pub(super) fn outcome(put: &TokenPut<'_>, answer: Answer) -> Result<TokenOutcome, StoreError> {
    let current = match answer.value {
        Value::Int(_) => return Ok(TokenOutcome::Stored),
        other => reply::token(reply::bytes(other)?.unwrap_or_default())?,
    };
    // Sent twice, and refused because what was to be stored stands there: the first sending has done it.
    let stored = answer.again && current.as_ref() == put.token;
    Ok(if stored {
        TokenOutcome::Stored
    } else {
        TokenOutcome::Conflict { current }
    })
}

pub(super) fn claim(keys: &Keys, owner: &LeaseHolder, lease: Duration) -> Request {
    let mut call = CLAIM.on(keys, [Key::CLAIM]);
    call.arg(owner.to_string()).arg(millis(lease));
    Request::Script(&CLAIM, call)
}

/// Sent once: a copy that is held up would end a newer lease of the same holder.
pub(super) fn release(keys: &Keys, owner: &LeaseHolder) -> Request {
    let mut call = RELEASE.on(keys, [Key::CLAIM]);
    call.arg(owner.to_string());
    Request::Overwrite(&RELEASE, call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_asked_before_may_have_put_what_stands_there() {
        let (one, two) = (StoredToken::new("one"), StoredToken::new("two"));
        let deadline = tokio::time::Instant::now();
        let put = TokenPut {
            token: Some(&one),
            expected: ExpectedToken::Exactly(&two),
            ttl: Duration::ZERO,
            deadline,
        };
        for (stands, again, stored) in [
            (&one, true, true),
            (&one, false, false),
            (&two, true, false),
            (&two, false, false),
        ] {
            let value = Value::BulkString(stands.expose().into());
            let expected = if stored {
                TokenOutcome::Stored
            } else {
                TokenOutcome::Conflict {
                    current: Some(stands.clone()),
                }
            };
            assert_eq!(outcome(&put, Answer { value, again }).unwrap(), expected);
        }
    }
}
