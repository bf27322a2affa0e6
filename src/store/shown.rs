//! What `Debug` shows of a session on its way to a store and back: kinds, versions and sizes. Never a state, a reply or the store's own
//! words, which may be a state that nobody could read.

use std::fmt::{Debug, Formatter, Result};

use super::{Basis, Commit, CommitOutcome, Done, Session};

/// So much of something, in place of it.
struct Bytes(usize);

impl Debug for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} bytes", self.0)
    }
}

fn reply(reply: Option<&[u8]>) -> Option<Bytes> {
    reply.map(|reply| Bytes(reply.len()))
}

impl Debug for Session {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Live(record) => f.debug_tuple("Live").field(record).finish(),
            Self::Expired(trace) => f.debug_tuple("Expired").field(trace).finish(),
            Self::Damaged {
                why,
                version,
                state,
            } => {
                let state = state
                    .as_ref()
                    .map(|(format, text)| (format, Bytes(text.len())));
                f.debug_struct("Damaged")
                    .field("why", why)
                    .field("version", version)
                    .field("state", &state)
                    .finish()
            }
            Self::Newer { found, known } => f
                .debug_struct("Newer")
                .field("found", found)
                .field("known", known)
                .finish(),
        }
    }
}

impl Debug for Basis {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_tuple("Basis")
            .field(&Bytes(self.as_bytes().len()))
            .finish()
    }
}

impl Debug for Done {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Applied {
                version,
                reply: done,
            } => f
                .debug_struct("Applied")
                .field("version", version)
                .field("reply", &reply(done.as_deref()))
                .finish(),
            Self::Fenced => f.write_str("Fenced"),
        }
    }
}

impl Debug for Commit<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.debug_struct("Commit")
            .field("id", self.id)
            .field("basis", self.basis)
            .field("record", self.record)
            .field("reply", &reply(self.reply))
            .field("drop_token", &self.drop_token)
            .field("ttl", &self.ttl)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

impl Debug for CommitOutcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Applied(basis) => f.debug_tuple("Applied").field(basis).finish(),
            Self::Duplicate {
                version,
                reply: done,
                current,
            } => f
                .debug_struct("Duplicate")
                .field("version", version)
                .field("reply", &reply(done.as_deref()))
                .field("current", current)
                .finish(),
            Self::Conflict(current) => f.debug_tuple("Conflict").field(current).finish(),
            Self::Fenced => f.write_str("Fenced"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::record::{Damage, Version};

    use super::*;

    #[test]
    fn a_remembered_reply_is_shown_by_its_length_alone() {
        let done = Done::Applied {
            version: Version::after(None),
            reply: Some((*b"secret").into()),
        };
        let shown = format!("{done:?} {:?}", Done::Fenced);
        assert!(
            shown.contains("6 bytes") && shown.contains("revision: 1") && shown.ends_with("Fenced"),
            "{shown}"
        );
        assert!(!shown.contains("secret"));
    }

    #[test]
    fn a_session_is_shown_by_what_it_is() {
        let state = Some((3, "secret".into()));
        let damaged = Session::Damaged {
            why: Damage::State,
            version: None,
            state,
        };
        let shown = format!(
            "{:?} {damaged:?} {:?}",
            Session::New,
            Session::Newer { found: 9, known: 1 }
        );
        assert_eq!(
            shown,
            "New Damaged { why: State, version: None, state: Some((3, 6 bytes)) } Newer { found: 9, known: 1 }"
        );
        assert_eq!(format!("{:?}", Basis::new(*b"secret")), "Basis(6 bytes)");
    }
}
