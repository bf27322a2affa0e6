//! The token calls, which touch the two token keys and nothing else.

use std::time::Duration;

use redis::Value;

use super::call::{Answer, Request};
use super::keys::{Key, Keys};
use super::reply;
use super::script::{CLAIM, PUT_TOKEN, millis};
use crate::store::{ExpectedToken, LeaseHolder, StoreError, StoredToken, TokenOutcome, TokenPut};

pub(super) fn request(keys: &Keys, put: &TokenPut<'_>) -> Request {
    let (how, exactly) = match put.expected {
        ExpectedToken::Any => ("any", ""),
        ExpectedToken::Exactly(token) => ("exactly", token.expose()),
        ExpectedToken::Absent => ("absent", ""),
    };
    let mut call = PUT_TOKEN.on(keys, [Key::TOKEN, Key::CLAIM]);
    call.arg(how)
        .arg(exactly)
        .arg(put.token.map_or("", StoredToken::expose))
        .arg(millis(put.ttl));
    call.arg(put.release.map(LeaseHolder::to_string).unwrap_or_default());
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
            release: None,
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
