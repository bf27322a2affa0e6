//! What the scripts of the outbox reply.

use std::time::Duration;

use redis::Value;

use crate::store::redis::wire::reply::{ReplyError, bytes};
use crate::store::{
    LaneState, Outbox, OutboxRefusal, QueuedReply, Reminder, Settled, StoredCall, Taken, Work,
};

/// Times in milliseconds, 0 for none.
pub(crate) fn times<const N: usize>(value: Value) -> Result<[i64; N], ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    let times = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    times.try_into().map_err(|_| ReplyError::Unexpected)
}

/// Those who are due by the index.
pub(crate) struct Claims {
    /// The score of the claims.
    pub(crate) score: String,
    /// The members of the index, each with the score that it had.
    // As bytes, so that a foreign member can be removed.
    pub(crate) members: Vec<(Vec<u8>, f64)>,
}

pub(crate) fn claims(value: Value) -> Result<Claims, ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    let Ok([score, Value::Array(members)]) = <[Value; 2]>::try_from(values) else {
        return Err(ReplyError::Unexpected);
    };
    let mut members = members.into_iter();
    let mut claims = Claims {
        score: text(score)?,
        members: Vec::with_capacity(members.len() / 2),
    };
    while let Some(member) = members.next() {
        let member = bytes(member)?.unwrap_or_default();
        let had = text(members.next().unwrap_or_default())?;
        let had = had.parse().map_err(|_| ReplyError::Unexpected)?;
        claims.members.push((member, had));
    }
    Ok(claims)
}

/// A list of names.
pub(crate) fn names(value: Value) -> Result<Vec<String>, ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    values.into_iter().map(text).collect()
}

/// What a commit with changes replied.
pub(crate) enum CommitReply {
    /// The reply of the plain commit, and the states of the lanes.
    Answered(Value, LaneState, LaneState),
    Refused(OutboxRefusal),
    /// The look at the user on which it relies may be over.
    Late,
}

pub(crate) fn commit_reply(value: Value) -> Result<CommitReply, ReplyError> {
    match value {
        Value::Array(values) => {
            let mut values = values.into_iter();
            let mut next = || values.next().unwrap_or_default();
            let first = next();
            if is_text(&first, b"pending") {
                let call = stored_call([next(), next(), next(), next()])?;
                return Ok(CommitReply::Refused(OutboxRefusal::CallPending(call)));
            }
            let replies = lane_state(&next())?;
            let call = lane_state(&next())?;
            Ok(CommitReply::Answered(first, replies, call))
        }
        value if is_text(&value, b"late") => Ok(CommitReply::Late),
        value if is_text(&value, b"full") => Ok(CommitReply::Refused(OutboxRefusal::Full)),
        value if is_text(&value, b"unsent") => Ok(CommitReply::Refused(OutboxRefusal::Unsent)),
        value if is_text(&value, b"no such call") => {
            Ok(CommitReply::Refused(OutboxRefusal::NoSuchCall))
        }
        value if is_text(&value, b"not holder") => {
            Ok(CommitReply::Refused(OutboxRefusal::NotHolder))
        }
        _ => Err(ReplyError::Unexpected),
    }
}

// Each answer is a word of its own, an entry a list: no word can be taken for an entry.
pub(crate) fn taken(value: Value) -> Result<Taken, ReplyError> {
    match value {
        Value::Int(rest) => Ok(Taken::Held {
            remaining: Duration::from_millis(rest.unsigned_abs()),
        }),
        value if is_text(&value, b"idle") => Ok(Taken::Idle),
        value => work(value).map(Taken::Work),
    }
}

pub(crate) fn settled(value: Value) -> Result<Settled, ReplyError> {
    match value {
        value if is_text(&value, b"released") => Ok(Settled::Released),
        value if is_text(&value, b"not holder") => Ok(Settled::NotHolder),
        value => work(value).map(Settled::Next),
    }
}

/// Whether the outbox cannot be read by this release. Then nothing was written.
pub(crate) fn is_unreadable(value: &Value) -> bool {
    is_text(value, b"unreadable")
}

/// What a member of the index says: whether it is the wake-up, and the user id.
pub(crate) fn due_member(member: &[u8]) -> Option<(bool, &str)> {
    let member = std::str::from_utf8(member).ok()?;
    let user = member.strip_prefix(['r', 'w'])?;
    Some((member.starts_with('r'), user))
}

pub(crate) fn outbox(value: Value) -> Result<Outbox, ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    let Ok([attempt, in_doubt, wake_for, after, pending, replies]) = <[Value; 6]>::try_from(values)
    else {
        return Err(ReplyError::Unexpected);
    };
    let Value::Array(replies) = replies else {
        return Err(ReplyError::Unexpected);
    };
    let first = (count(&attempt)?, number(&in_doubt)? == 1);
    // Only the first reply is ever handed out, so only its attempts are kept.
    let replies = replies.into_iter().enumerate().map(|(at, reply)| {
        let (attempt, in_doubt) = if at == 0 { first } else { (0, false) };
        queued_reply(reply, attempt, in_doubt)
    });
    let wake_for = text(wake_for)?;
    Ok(Outbox {
        replies: replies.collect::<Result<_, _>>()?,
        call: match pending {
            Value::Nil => None,
            Value::Array(call) => {
                let call = <[Value; 4]>::try_from(call).map_err(|_| ReplyError::Unexpected)?;
                Some(stored_call(call)?)
            }
            _ => return Err(ReplyError::Unexpected),
        },
        reminder: match &*wake_for {
            "-" => None,
            version => Some(Reminder {
                version: version.parse().map_err(|_| ReplyError::Unexpected)?,
                after: milliseconds_of(&after)?,
            }),
        },
    })
}

fn work(value: Value) -> Result<Work, ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    let mut values = values.into_iter();
    let mut next = || values.next().unwrap_or_default();
    let kind = next();
    if is_text(&kind, b"call") {
        return stored_call([next(), next(), next(), next()]).map(Work::Call);
    }
    let attempt = count(&next())?;
    let in_doubt = number(&next())? == 1;
    queued_reply(next(), attempt, in_doubt).map(Work::Reply)
}

fn stored_call([key, age, attempt, body]: [Value; 4]) -> Result<StoredCall, ReplyError> {
    Ok(StoredCall {
        key: text(key)?.parse().map_err(|_| ReplyError::Unexpected)?,
        body: bytes(body)?.unwrap_or_default().into(),
        age: milliseconds_of(&age)?,
        attempt: count(&attempt)?,
    })
}

fn queued_reply(value: Value, attempt: u32, in_doubt: bool) -> Result<QueuedReply, ReplyError> {
    let kept = bytes(value)?.unwrap_or_default();
    let mut parts = kept.splitn(4, |byte| *byte == b' ');
    let mut next = || parts.next().ok_or(ReplyError::Unexpected);
    let word = |bytes| std::str::from_utf8(bytes).map_err(|_| ReplyError::Unexpected);
    let id = word(next()?)?.parse().map_err(|_| ReplyError::Unexpected)?;
    let is_outcome = next()? == b"o";
    let length = word(next()?)?.parse().map_err(|_| ReplyError::Unexpected)?;
    // By its length, because a destination may hold any text.
    let (to, body) = next()?
        .split_at_checked(length)
        .ok_or(ReplyError::Unexpected)?;
    let to = word(to)?;
    Ok(QueuedReply {
        id,
        body: body.into(),
        to: (!to.is_empty()).then(|| to.into()),
        is_outcome,
        attempt,
        in_doubt,
    })
}

fn lane_state(value: &Value) -> Result<LaneState, ReplyError> {
    let states: [(&[u8], LaneState); 5] = [
        (b"empty", LaneState::Empty),
        (b"later", LaneState::Later),
        (b"due", LaneState::Due),
        (b"held", LaneState::Held),
        (b"acquired", LaneState::Acquired),
    ];
    let found = states.into_iter().find(|(name, _)| is_text(value, name));
    found.map(|(_, state)| state).ok_or(ReplyError::Unexpected)
}

fn is_text(value: &Value, text: &[u8]) -> bool {
    matches!(value, Value::BulkString(bytes) if bytes == text)
}

fn text(value: Value) -> Result<String, ReplyError> {
    let bytes = bytes(value)?.unwrap_or_default();
    String::from_utf8(bytes).map_err(|_| ReplyError::Unexpected)
}

pub(crate) fn number(value: &Value) -> Result<i64, ReplyError> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(ReplyError::Unexpected),
    }
}

fn count(value: &Value) -> Result<u32, ReplyError> {
    u32::try_from(number(value)?).map_err(|_| ReplyError::Unexpected)
}

fn milliseconds_of(value: &Value) -> Result<Duration, ReplyError> {
    Ok(Duration::from_millis(number(value)?.max(0).unsigned_abs()))
}
