//! What is recorded under a commit id: `fenced`, or the version that was made, and after a space the reply.

use super::fault::Fault;
use crate::session::Version;
use crate::store::CommitStatus;

/// What is recorded under a commit id that was given up.
pub(super) const FENCE: &str = "fenced";

pub(super) fn applied(version: Version, reply: Option<&[u8]>) -> Vec<u8> {
    let mut recorded = version.to_string().into_bytes();
    if let Some(reply) = reply {
        recorded.push(b' ');
        recorded.extend_from_slice(reply);
    }
    recorded
}

pub(super) fn parse(recorded: &[u8]) -> Result<CommitStatus, Fault> {
    if recorded == FENCE.as_bytes() {
        return Ok(CommitStatus::Fenced);
    }
    let mut words = recorded.splitn(2, |byte| *byte == b' ');
    let version = words
        .next()
        .and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let reply = words.next().map(Into::into);
    version
        .map(|version| CommitStatus::Applied { version, reply })
        .ok_or(Fault::FOREIGN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn golden() {
        let version = Version {
            revision: 7,
            tag: 0xab,
        };
        assert_eq!(
            applied(version, None),
            b"7-000000000000000000000000000000ab"
        );
        assert_eq!(
            applied(version, Some(b"\"Sent 5.\"")),
            b"7-000000000000000000000000000000ab \"Sent 5.\""
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(revision: u64, tag: u128, reply: Option<Vec<u8>>) {
            let version = Version { revision, tag };
            let read = parse(&applied(version, reply.as_deref())).unwrap();
            prop_assert_eq!(read, CommitStatus::Applied { version, reply: reply.map(Vec::into_boxed_slice) });
        }

        #[test]
        fn junk_is_not_taken_for_anything(junk: Vec<u8>) {
            prop_assert!(parse(&junk).is_err());
        }
    }
}
