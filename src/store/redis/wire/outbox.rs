//! The outbox: what its scripts are asked, and what they reply.
//!
//! The hash itself is described where it is written, in `lua/outbox.lua`. A reply is kept as
//!
//! ```text
//! 2c26..4134 o 6 chat 7"You have paid."
//! │          │ │ │     └ body
//! │          │ │ └ destination
//! │          │ └ bytes of the destination
//! │          └ `o` if it tells the outcome of a call, else `-`
//! └ commit that added it
//! ```

use std::time::Duration;

use redis::Value;

use super::keys::{Key, Keys};
use super::reply::{ReplyError, bytes};
use super::script::{DUE, HINT, MOVE_HINT, SETTLE, SHOW, ScriptCall, TAKE, WHEN, milliseconds};
use crate::id::CommitId;
use crate::session::{Record, Version};
use crate::store::{
    Delivery, EntryId, Lane, LaneState, NewReply, Outbox, OutboxChanges, OutboxRefusal,
    QueuedReply, Reminder, Retry, SessionWrite, Settled, Settlement, StoredCall, Take, Taken,
    WakeUp, Work,
};

/// What a commit is told of its outbox.
pub(crate) struct OutboxArgs<'a> {
    pub(crate) user: &'a str,
    pub(crate) commit: &'a CommitId,
    pub(crate) version: Version,
    pub(crate) changes: &'a OutboxChanges<'a>,
    /// The index, if it is in the same slot.
    pub(crate) index: Option<&'a str>,
    /// When the user is looked at, if the index is elsewhere and the commit relies on it.
    pub(crate) before: Option<i64>,
}

impl OutboxArgs<'_> {
    pub(super) fn keys(&self, keys: &Keys) -> Vec<String> {
        let outbox = [keys.name(Key::OUTBOX)];
        outbox
            .into_iter()
            .chain(self.index.map(str::to_owned))
            .collect()
    }

    /// Room for the arguments.
    pub(super) fn bytes(&self) -> usize {
        let reply = self.changes.reply.map_or(0, |reply| reply.body.len());
        let call = self.changes.call.map_or(0, |call| call.body.len());
        768 + reply + call
    }

    pub(super) fn add_to(&self, call: &mut ScriptCall) {
        let changes = self.changes;
        let flag = |set: bool| if set { "1" } else { "" };
        call.arg(match changes.session {
            SessionWrite::Prolong => "prolong",
            SessionWrite::KeepExpiry => "keep",
            SessionWrite::Tombstone => "tombstone",
            SessionWrite::Nothing => "nothing",
        })
        .arg(self.user)
        .arg(
            changes
                .concludes
                .map_or(String::new(), |key| key.to_string()),
        )
        .arg(flag(changes.only_if_sent))
        .arg(flag(changes.drop_shown));
        match &changes.reply {
            Some(reply) => call
                .arg(queued(self.commit, reply))
                .arg(u8::from(reply.delivery == Delivery::Pull)),
            None => call.arg("").arg(""),
        };
        match &changes.call {
            Some(new) => call.arg(new.key.to_string()).arg(new.body),
            None => call.arg("").arg(""),
        };
        match &changes.lease {
            Some(lease) => call
                .arg(lease.holder.to_string())
                .arg(milliseconds(lease.length)),
            None => call.arg("").arg(""),
        };
        match changes.wake_up {
            WakeUp::Drop => call.arg("drop").arg(""),
            // A commit that writes no session makes no version to bind it to.
            WakeUp::Keep(Some(version)) if changes.session != SessionWrite::Nothing => {
                call.arg("keep").arg(version.to_string())
            }
            WakeUp::Keep(_) => call.arg("keep").arg(""),
            WakeUp::DropIf(version) => call.arg("dropif").arg(version.to_string()),
            WakeUp::After(time) => call.arg("after").arg(milliseconds(time)),
        };
        call.arg(self.version.to_string())
            .arg(Record::MAX_REPLY)
            .arg(self.before.map_or(String::new(), |time| time.to_string()));
    }
}

/// A reply as it is kept.
fn queued(id: &CommitId, reply: &NewReply<'_>) -> Vec<u8> {
    let to = reply.to.unwrap_or_default();
    let flag = if reply.is_outcome { 'o' } else { '-' };
    let mut kept = format!("{id} {flag} {} {to}", to.len()).into_bytes();
    kept.extend_from_slice(reply.body);
    kept
}

/// The call of `take`.
pub(crate) fn take(
    keys: &Keys,
    take: &Take,
    index: Option<&str>,
    user: &str,
    retention: u64,
) -> ScriptCall {
    let mut call = TAKE.call(&worked_on(keys, index), 320);
    call.arg(letter(take.lane))
        .arg(take.lease.holder.to_string())
        .arg(milliseconds(take.lease.length))
        .arg(retention)
        .arg(user);
    call
}

/// The call of `settle`.
pub(crate) fn settle(
    keys: &Keys,
    settlement: &Settlement,
    index: Option<&str>,
    user: &str,
    retention: u64,
) -> ScriptCall {
    let (lane, entry) = match settlement.entry {
        EntryId::Reply(id) => (Lane::Replies, id.to_string()),
        EntryId::Call(key) => (Lane::Call, key.to_string()),
    };
    let mut call = SETTLE.call(&worked_on(keys, index), 320);
    call.arg(letter(lane))
        .arg(settlement.holder.to_string())
        .arg(milliseconds(settlement.length))
        .arg(retention)
        .arg(user)
        .arg(entry);
    match settlement.retry {
        // At once is no whole millisecond.
        Some(Retry { after, in_doubt }) => call
            .arg(after.as_millis().min(1 << 45).to_string())
            .arg(u8::from(in_doubt)),
        None => call.arg("").arg(0),
    };
    call
}

/// The call of `read` and `show`.
pub(crate) fn show(keys: &Keys, marks: bool, retention: u64) -> ScriptCall {
    let mut call = SHOW.call(&[keys.name(Key::OUTBOX)], 64);
    call.arg(u8::from(marks)).arg(retention);
    call
}

/// The call of `due`.
pub(crate) fn due(index: &str, limit: usize, claim: Duration) -> ScriptCall {
    let mut call = DUE.call(&[index.to_owned()], 64);
    call.arg(limit).arg(milliseconds(claim));
    call
}

/// The call that says when a user is looked at.
pub(crate) fn hint(
    index: &str,
    user: &str,
    work: Option<Duration>,
    wake_up: Option<Duration>,
) -> ScriptCall {
    let time =
        |time: Option<Duration>| time.map_or(String::new(), |time| milliseconds(time).to_string());
    let mut call = HINT.call(&[index.to_owned()], 128);
    call.arg(user).arg(time(work)).arg(time(wake_up));
    call
}

/// The call that moves what was claimed, or removes it.
pub(crate) fn move_hint(index: &str, member: &str, claimed: &str, to: Option<i64>) -> ScriptCall {
    let mut call = MOVE_HINT.call(&[index.to_owned()], 192);
    call.arg(member)
        .arg(claimed)
        .arg(to.map_or(String::new(), |to| to.to_string()));
    call
}

/// The call that asks when a user is due.
pub(crate) fn when(keys: &Keys) -> ScriptCall {
    WHEN.call(&[keys.name(Key::OUTBOX)], 32)
}

/// Times in milliseconds, 0 for none.
pub(crate) fn times<const N: usize>(value: Value) -> Result<[i64; N], ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    let times = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    times.try_into().map_err(|_| ReplyError::Unexpected)
}

/// The score of the claims, and the members of the index.
pub(crate) fn claims(value: Value) -> Result<(String, Vec<String>), ReplyError> {
    let Value::Array(values) = value else {
        return Err(ReplyError::Unexpected);
    };
    match <[Value; 2]>::try_from(values) {
        Ok([score, Value::Array(members)]) => {
            let members = members.into_iter().map(text);
            Ok((text(score)?, members.collect::<Result<_, _>>()?))
        }
        _ => Err(ReplyError::Unexpected),
    }
}

fn worked_on(keys: &Keys, index: Option<&str>) -> Vec<String> {
    let own = [Key::OUTBOX, Key::VERSION].map(|key| keys.name(key));
    own.into_iter().chain(index.map(str::to_owned)).collect()
}

fn letter(lane: Lane) -> &'static str {
    match lane {
        Lane::Replies => "r",
        Lane::Call => "c",
    }
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
        _ => Err(ReplyError::Unexpected),
    }
}

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
pub(crate) fn due_member(member: &str) -> Option<(bool, &str)> {
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

fn number(value: &Value) -> Result<i64, ReplyError> {
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
