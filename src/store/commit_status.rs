//! What is recorded under a commit id.

use std::fmt;

use super::debug;
use crate::session::Version;

/// What is recorded under a commit id.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the status says whether the message took effect"]
pub enum CommitStatus {
    /// The commit was applied.
    Applied {
        /// The version that it made.
        version: Version,
        /// The reply that it stored, as JSON.
        reply: Option<Box<[u8]>>,
    },
    /// The commit was given up, and will never be applied.
    Fenced,
}

impl fmt::Debug for CommitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied { version, reply } => f
                .debug_struct("Applied")
                .field("version", version)
                .field("reply", &debug::reply(reply.as_deref()))
                .finish(),
            Self::Fenced => f.write_str("Fenced"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_of_a_reply() {
        let status = CommitStatus::Applied {
            version: Version::after(None),
            reply: Some((*b"secret").into()),
        };
        let shown = format!("{status:?}");
        assert!(
            shown.contains("6 bytes") && shown.contains("revision: 1"),
            "{shown}"
        );
        assert!(!shown.contains("secret"));
    }
}
