//! The values of an answer: bytes within their bounds, and what is recorded under a commit id.

use redis::Value;

use super::done;
use super::fault::Fault;
use super::keys::Key;
use crate::store::{CommitStatus, StoredToken};

/// What a load, or the refusal of a commit, answers: as many values as were read, each within its bound, and then what is
/// recorded under the commit id.
pub(super) fn read<const N: usize>(
    values: Vec<Value>,
    asked: [(Key, usize); N],
) -> Result<([Vec<u8>; N], Option<CommitStatus>), Fault> {
    let mut values = values.into_iter();
    let mut read = [const { Vec::new() }; N];
    for (to, (_, most)) in read.iter_mut().zip(asked) {
        *to = bytes(values.next().unwrap_or_default())?.unwrap_or_default();
        within(to, most)?;
    }
    let mut recorded = None;
    for value in values {
        recorded = recorded.or(done(value)?);
    }
    Ok((read, recorded))
}

/// What is recorded under a commit id, if anything is.
pub(super) fn done(value: Value) -> Result<Option<CommitStatus>, Fault> {
    bytes(value)?
        .map(|recorded| done::parse(&recorded))
        .transpose()
}

/// A token as it was read. What is no text is no token, and is not looked into.
pub(super) fn token(read: Vec<u8>) -> Result<Option<StoredToken>, Fault> {
    within(&read, StoredToken::MAX_LEN)?;
    let text = String::from_utf8(read)
        .inspect_err(|_| tracing::warn!("Ignoring a stored token that is no text"));
    Ok(text
        .ok()
        .filter(|text| !text.is_empty())
        .map(StoredToken::new))
}

pub(super) fn within(read: &[u8], most: usize) -> Result<(), Fault> {
    if read.len() > most {
        Err(Fault::TOO_LARGE)
    } else {
        Ok(())
    }
}

pub(super) fn bytes(value: Value) -> Result<Option<Vec<u8>>, Fault> {
    match value {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        _ => Err(Fault::NOT_OURS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_ours_as_fits_and_not_a_byte_more() {
        let read = |bytes: usize| {
            read(
                vec![Value::BulkString(vec![b'x'; bytes])],
                [(Key::STATE, 100)],
            )
        };
        assert!(matches!(read(100), Ok(([state], None)) if state.len() == 100));
        assert!(read(101).is_err());
    }
}
