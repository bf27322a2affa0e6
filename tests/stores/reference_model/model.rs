//! What a store must answer, in plain Rust: both contracts without a line of any store's.
//!
//! Time is a number of seconds that the caller lets pass.

use std::collections::HashMap;
use std::sync::Arc;

use vimbiso_state::CommitId;
use vimbiso_state::session::{Record, Tombstone, Version};
use vimbiso_state::store::{CommitStatus, LeaseHolder};

/// One user, as the contracts see them. Nothing here is older than the retention.
#[derive(Debug, Default)]
pub(super) struct User {
    last: Option<Session>,
    commits: HashMap<CommitId, CommitStatus>,
    token: Option<(String, u64)>,
    lease: Option<(LeaseHolder, u64)>,
}

#[derive(Debug)]
struct Session {
    record: Arc<Record>,
    began: u64,
    expires: u64,
}

/// What a commit must find unchanged: the version, and whether it was alive.
pub(super) type Precondition = Option<(Version, bool)>;

/// A session as a load shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shown {
    New,
    Live(Arc<Record>),
    Expired(Tombstone),
}

/// All that a load shows, but for what is recorded under a commit id.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) session: Shown,
    pub(super) precondition: Precondition,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    Loaded(Found, Option<CommitStatus>),
    /// With the precondition for the next commit, if the session still is at this one.
    Applied(Option<Precondition>),
    Duplicate(Version, Option<Box<[u8]>>, Found),
    Conflict(Found),
    Fenced,
    Resolved(CommitStatus),
    Token(Option<String>),
    TokenStored,
    /// The token that is there, if another one was expected.
    TokenConflict(Option<String>),
    LeaseAcquired(bool),
    LeaseReleased,
    Deleted,
}

/// A commit, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) id: CommitId,
    pub(super) precondition: Precondition,
    pub(super) record: Arc<Record>,
    pub(super) reply: Option<&'static [u8]>,
    pub(super) drop_token: bool,
    pub(super) ttl: u64,
    pub(super) max_lifetime: u64,
}

/// What a put of a token expects to find.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Any,
    Exactly(&'static str),
    Absent,
}

impl User {
    pub(super) fn is_live(&self, now: u64) -> bool {
        self.last
            .as_ref()
            .is_some_and(|session| now < session.expires)
    }

    pub(super) fn token(&self, now: u64) -> Option<&str> {
        let (token, until) = self.token.as_ref()?;
        (now < *until).then_some(token)
    }

    pub(super) fn holder(&self, now: u64) -> Option<LeaseHolder> {
        let (holder, until) = self.lease?;
        (now < until).then_some(holder)
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.last.as_ref().map(|session| session.record.version)
    }

    fn precondition(&self, now: u64) -> Precondition {
        self.version().map(|version| (version, self.is_live(now)))
    }

    fn found(&self, now: u64) -> Found {
        let session = match &self.last {
            None => Shown::New,
            Some(session) if self.is_live(now) => Shown::Live(Arc::clone(&session.record)),
            Some(session) => Shown::Expired(session.record.tombstone()),
        };
        Found {
            session,
            precondition: self.precondition(now),
        }
    }

    pub(super) fn load(&self, id: &CommitId, now: u64) -> Answer {
        Answer::Loaded(self.found(now), self.commits.get(id).cloned())
    }

    pub(super) fn commit(&mut self, attempt: &Attempt, now: u64) -> Answer {
        let version = attempt.record.version;
        match self.commits.get(&attempt.id) {
            Some(CommitStatus::Fenced) => return Answer::Fenced,
            Some(CommitStatus::Applied { version: made, .. }) if *made == version => {
                let next = self.precondition(now);
                return Answer::Applied((next == Some((version, true))).then_some(next));
            }
            Some(CommitStatus::Applied { version, reply }) => {
                return Answer::Duplicate(*version, reply.clone(), self.found(now));
            }
            None => {}
        }
        if attempt.precondition != self.precondition(now) {
            return Answer::Conflict(self.found(now));
        }
        let live = self.last.as_ref().filter(|_| self.is_live(now));
        let began = live.map_or(now, |session| session.began);
        self.last = Some(Session {
            record: Arc::clone(&attempt.record),
            began,
            expires: (now + attempt.ttl).min(began + attempt.max_lifetime),
        });
        let applied = CommitStatus::Applied {
            version,
            reply: attempt.reply.map(Into::into),
        };
        self.commits.insert(attempt.id, applied);
        if attempt.drop_token {
            self.token = None;
        }
        Answer::Applied(Some(self.precondition(now)))
    }

    pub(super) fn resolve(&mut self, id: &CommitId) -> Answer {
        let status = self.commits.entry(*id).or_insert(CommitStatus::Fenced);
        Answer::Resolved(status.clone())
    }

    pub(super) fn load_token(&self, now: u64) -> Answer {
        Answer::Token(self.token(now).map(Into::into))
    }

    pub(super) fn put_token(
        &mut self,
        token: Option<&str>,
        expected: Expected,
        until: u64,
        now: u64,
    ) -> Answer {
        let current = self.token(now);
        let is_expected = match expected {
            Expected::Any => true,
            Expected::Exactly(token) => current == Some(token),
            Expected::Absent => current.is_none(),
        };
        if !is_expected {
            return Answer::TokenConflict(current.map(Into::into));
        }
        self.token = token.map(|token| (token.to_owned(), until));
        Answer::TokenStored
    }

    pub(super) fn acquire_lease(&mut self, holder: LeaseHolder, until: u64, now: u64) -> Answer {
        let is_free = self.holder(now).is_none_or(|current| current == holder);
        if is_free {
            self.lease = Some((holder, until));
        }
        Answer::LeaseAcquired(is_free)
    }

    pub(super) fn release_lease(&mut self, holder: LeaseHolder) -> Answer {
        self.lease.take_if(|(current, _)| *current == holder);
        Answer::LeaseReleased
    }

    pub(super) fn delete(&mut self) -> Answer {
        *self = Self::default();
        Answer::Deleted
    }
}
