//! Replies: values within their limits, and what is recorded under a commit id.
//!
//! A record is `fenced`, or the version that the commit made and, after a space, the reply that it
//! stored.

use redis::Value;

use super::keys::Key;
use crate::session::Version;
use crate::store::{CommitStatus, StoreError, StoredToken};

/// Why a reply cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyError {
    /// It is no answer to what was asked.
    Unexpected,
    /// What is recorded under the commit id was not written by this crate.
    Foreign,
    /// A value is larger than anything that this crate writes.
    TooLarge,
    /// The session was written under the other layout.
    OtherLayout,
}

impl ReplyError {
    /// Whether the request may have been applied all the same.
    pub(crate) fn maybe_applied(self) -> bool {
        self == Self::Unexpected
    }
}

impl From<ReplyError> for StoreError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Unexpected => Self::unavailable("unexpected reply"),
            ReplyError::Foreign => Self::corrupt("the record of the commit id cannot be read"),
            ReplyError::TooLarge => Self::too_large("a key of the user"),
            ReplyError::OtherLayout => Self::misconfigured(
                "the session was written in the other key layout; all processes need the same",
            ),
        }
    }
}

/// The values of a load, or of a refused commit: as many as were read, each within its limit, and
/// whether commit ids are kept.
pub(super) fn values<const N: usize>(
    values: Vec<Value>,
    limits: [(Key, usize); N],
) -> Result<([Vec<u8>; N], bool), ReplyError> {
    let mut values = values.into_iter();
    let mut read = [const { Vec::new() }; N];
    for (to, (_, max)) in read.iter_mut().zip(limits) {
        *to = bytes(values.next().unwrap_or_default())?.unwrap_or_default();
        check_len(to, max)?;
    }
    // A script replies 1 or 0; a load, the length of each hash's expiry.
    let mut kept = false;
    for value in values {
        kept |= number(&value)? > 0;
    }
    Ok((read, kept))
}

/// The hash that has a record, by the lengths that a load read last.
pub(crate) fn hash_with_record(values: &mut Vec<Value>) -> Result<Option<Key>, ReplyError> {
    let lengths = values.split_off(values.len().saturating_sub(Key::DONE.len()));
    for (key, length) in Key::DONE.into_iter().zip(&lengths) {
        match number(length)? {
            0 => {}
            length if length > MAX_RECORD as i64 => return Err(ReplyError::TooLarge),
            _ => return Ok(Some(key)),
        }
    }
    Ok(None)
}

/// What is recorded under a commit id, if anything is.
pub(crate) fn commit_status(value: Value) -> Result<Option<CommitStatus>, ReplyError> {
    match value {
        // Its length.
        Value::Int(_) => Err(ReplyError::TooLarge),
        value => bytes(value)?
            .map(|recorded| parse_status(&recorded))
            .transpose(),
    }
}

fn number(value: &Value) -> Result<i64, ReplyError> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(ReplyError::Unexpected),
    }
}

/// A token. One that is not text is ignored.
pub(crate) fn token(value: Value) -> Result<Option<StoredToken>, ReplyError> {
    let read = bytes(value)?.unwrap_or_default();
    check_len(&read, StoredToken::MAX_LEN)?;
    let text = String::from_utf8(read)
        .inspect_err(|_| tracing::warn!("Ignoring a stored token that is not text"));
    Ok(text
        .ok()
        .filter(|text| !text.is_empty())
        .map(StoredToken::new))
}

pub(super) fn check_len(read: &[u8], max: usize) -> Result<(), ReplyError> {
    if read.len() > max {
        Err(ReplyError::TooLarge)
    } else {
        Ok(())
    }
}

pub(crate) fn bytes(value: Value) -> Result<Option<Vec<u8>>, ReplyError> {
    match value {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        _ => Err(ReplyError::Unexpected),
    }
}

/// The longest record: a version, a space and a sealed reply.
pub(super) const MAX_RECORD: usize = 20 + "-".len() + 32 + " ".len() + StoredToken::MAX_LEN;

/// The record of a commit that was given up.
pub(crate) const FENCE: &str = "fenced";

/// The record of a commit that made this version.
pub(super) fn record(version: Version, stored_reply: Option<&[u8]>) -> Vec<u8> {
    let mut record = version.to_string().into_bytes();
    if let Some(reply) = stored_reply {
        record.push(b' ');
        record.extend_from_slice(reply);
    }
    record
}

pub(crate) fn parse_status(record: &[u8]) -> Result<CommitStatus, ReplyError> {
    if record == FENCE.as_bytes() {
        return Ok(CommitStatus::Fenced);
    }
    let mut words = record.splitn(2, |byte| *byte == b' ');
    let version = words
        .next()
        .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok())
        .ok_or(ReplyError::Foreign)?;
    let reply = words.next().map(Into::into);
    Ok(CommitStatus::Applied { version, reply })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_may_be_as_long_as_its_limit() {
        let read = |bytes: usize| {
            let value = Value::BulkString(vec![b'x'; bytes]);
            values(vec![value, Value::Int(1)], [(Key::DATA, 100)])
        };
        assert!(matches!(read(100), Ok(([data], true)) if data.len() == 100));
        assert!(matches!(read(101), Err(ReplyError::TooLarge)));
    }

    #[test]
    fn one_hash_that_has_an_expiry_keeps_commit_ids() {
        let kept = |lengths: &[i64]| {
            let lengths = lengths.iter().copied().map(Value::Int).collect();
            values(lengths, []).map(|(_, kept)| kept)
        };
        for (lengths, is_kept) in [
            (&[0, 0][..], false),
            (&[13, 0], true),
            (&[0, 13], true),
            (&[1], true),
        ] {
            assert_eq!(kept(lengths), Ok(is_kept));
        }
        let junk = vec![Value::BulkString(b"13".to_vec())];
        assert_eq!(values(junk, []), Err(ReplyError::Unexpected));
    }

    #[test]
    fn longest_record_is_within_its_limit() {
        let version = Version {
            revision: u64::MAX,
            tag: u128::MAX,
        };
        let longest = record(version, Some(&[b'x'; StoredToken::MAX_LEN]));
        assert_eq!(longest.len(), MAX_RECORD);
    }

    #[test]
    fn a_record_is_golden() {
        let version = Version {
            revision: 7,
            tag: 0xab,
        };
        let line = b"7-000000000000000000000000000000ab \"Sent 5.\"";
        assert_eq!(record(version, None), line[..34]);
        assert_eq!(record(version, Some(b"\"Sent 5.\"")), line);
    }

    proptest! {
        #[test]
        fn a_written_record_is_read_the_same(revision: u64, tag: u128, reply: Option<Vec<u8>>) {
            let version = Version { revision, tag };
            let read = parse_status(&record(version, reply.as_deref())).unwrap();
            let reply = reply.map(Vec::into_boxed_slice);
            prop_assert_eq!(read, CommitStatus::Applied { version, reply });
        }

        #[test]
        fn junk_is_no_record(junk: Vec<u8>) {
            prop_assert_eq!(parse_status(&junk), Err(ReplyError::Foreign));
        }
    }
}
