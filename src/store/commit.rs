//! A commit as a store is asked for it, and what became of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::debug;
use super::session::{Loaded, Precondition};
use crate::id::CommitId;
use crate::session::{Record, Version};

/// One commit, to be applied whole or not at all.
#[derive(Clone)]
pub struct CommitRequest<'a> {
    /// The id by which it is recognised.
    pub id: &'a CommitId,
    /// What the store must find unchanged.
    pub precondition: &'a Precondition,
    /// The session from now on; its version belongs to this attempt alone.
    pub record: &'a Arc<Record>,
    /// The reply for duplicates: JSON of at most [`Record::MAX_REPLY`] bytes, or its sealed form,
    /// which is text of at most 24 KiB.
    pub reply: Option<&'a [u8]>,
    /// Whether the token is removed too, as in a recovery.
    pub drop_token: bool,
    /// How long the session lives without another commit.
    pub ttl: Duration,
    /// How long the session lives at most.
    pub max_lifetime: Duration,
    /// When the caller stops waiting.
    pub deadline: Instant,
}

// By hand, because a reply must not be shown.
impl fmt::Debug for CommitRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitRequest")
            .field("id", self.id)
            .field("precondition", self.precondition)
            .field("record", self.record)
            .field("reply", &debug::reply(self.reply))
            .field("drop_token", &self.drop_token)
            .field("ttl", &self.ttl)
            .field("max_lifetime", &self.max_lifetime)
            .finish_non_exhaustive()
    }
}

/// How a store answered a commit.
#[derive(Clone)]
#[must_use = "a commit that was refused has changed nothing"]
pub enum CommitOutcome {
    /// It is written. The next commit may use this precondition with the record that was sent;
    /// `None` if the session has changed since, as it may have if the same attempt was sent again.
    Applied(Option<Precondition>),
    /// Its id had already taken effect: nothing was written.
    Duplicate {
        /// The version that was made then.
        version: Version,
        /// The reply that was stored then.
        reply: Option<Box<[u8]>>,
        /// The session now.
        current: Loaded,
    },
    /// The session does not meet the precondition: nothing was written.
    Conflict(Loaded),
    /// The commit id was fenced by [`resolve`](super::StateStore::resolve): nothing was written,
    /// and never will be.
    Fenced,
}

impl fmt::Debug for CommitOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(next) => f.debug_tuple("Applied").field(next).finish(),
            Self::Duplicate {
                version,
                reply,
                current,
            } => f
                .debug_struct("Duplicate")
                .field("version", version)
                .field("reply", &debug::reply(reply.as_deref()))
                .field("current", current)
                .finish(),
            Self::Conflict(current) => f.debug_tuple("Conflict").field(current).finish(),
            Self::Fenced => f.write_str("Fenced"),
        }
    }
}
