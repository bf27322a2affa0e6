//! What a store must answer, in plain Rust: the contract's guarantees 1 to 13 without a line of any store's.
//!
//! Time is a number of seconds that the caller lets pass.

use std::collections::HashMap;
use std::sync::Arc;

use vimbiso_state::CommitId;
use vimbiso_state::session::{Record, Tombstone, Version};
use vimbiso_state::store::{Claim, CommitStatus, Done, LeaseHolder};

/// One user, as the contract sees them. Nothing here is older than the retention.
#[derive(Debug, Default)]
pub struct User {
    last: Option<Session>,
    done: HashMap<CommitId, Done>,
    token: Option<(String, u64)>,
    claim: Option<(LeaseHolder, u64)>,
}

#[derive(Debug)]
struct Session {
    record: Arc<Record>,
    began: u64,
    expires: u64,
}

/// What a decision stands on: the version, and whether it was alive.
pub type Ground = Option<(Version, bool)>;

/// A session as a load shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    New,
    Live(Arc<Record>),
    Expired(Tombstone),
}

/// All that a load shows, but for what is recorded under a commit id.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub session: Shown,
    pub token: Option<String>,
    pub ground: Ground,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Loaded(Found, Option<CommitStatus>),
    /// With the ground for the next commit, where the session still stands on this one.
    Applied(Option<Ground>),
    Duplicate(Version, Option<Box<[u8]>>, Found),
    Conflict(Found),
    Fenced,
    Resolved(CommitStatus),
    Stored,
    /// What stands where another token was expected.
    Refused(Option<String>),
    Claimed(bool),
    Forgotten,
}

/// A commit, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub id: CommitId,
    pub ground: Ground,
    pub record: Arc<Record>,
    pub reply: Option<&'static [u8]>,
    pub drop_token: bool,
    pub ttl: u64,
    pub max_lifetime: u64,
}

/// What a put of a token expects to find.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    Any,
    Exactly(&'static str),
    Absent,
}

impl User {
    pub fn is_live(&self, now: u64) -> bool {
        self.last
            .as_ref()
            .is_some_and(|session| now < session.expires)
    }

    pub fn token(&self, now: u64) -> Option<&str> {
        self.token
            .as_ref()
            .filter(|(_, until)| now < *until)
            .map(|(token, _)| &**token)
    }

    pub fn holder(&self, now: u64) -> Option<LeaseHolder> {
        self.claim
            .filter(|(_, until)| now < *until)
            .map(|(owner, _)| owner)
    }

    fn ground(&self, now: u64) -> Ground {
        self.last
            .as_ref()
            .map(|session| (session.record.version, self.is_live(now)))
    }

    pub fn version(&self) -> Option<Version> {
        self.last.as_ref().map(|session| session.record.version)
    }

    fn found(&self, now: u64) -> Found {
        let session = match &self.last {
            None => Shown::New,
            Some(session) if self.is_live(now) => Shown::Live(Arc::clone(&session.record)),
            Some(session) => Shown::Expired(session.record.tombstone()),
        };
        Found {
            session,
            token: self.token(now).map(Into::into),
            ground: self.ground(now),
        }
    }

    pub fn load(&self, id: &CommitId, now: u64) -> Answer {
        Answer::Loaded(self.found(now), self.done.get(id).cloned())
    }

    pub fn commit(&mut self, attempt: &Attempt, now: u64) -> Answer {
        let Attempt {
            id,
            ground,
            record,
            reply,
            drop_token,
            ttl,
            lifetime,
        } = attempt;
        match self.done.get(id) {
            Some(CommitStatus::Fenced) => return Answer::Fenced,
            Some(CommitStatus::Applied { version, .. }) if *version == record.version => {
                let stands = self.ground(now) == Some((*version, true));
                return Answer::Applied(stands.then(|| self.ground(now)));
            }
            Some(CommitStatus::Applied { version, reply }) => {
                return Answer::Duplicate(*version, reply.clone(), self.found(now));
            }
            None => {}
        }
        if *ground != self.ground(now) {
            return Answer::Conflict(self.found(now));
        }
        let began = self
            .last
            .as_ref()
            .filter(|_| self.is_live(now))
            .map_or(now, |session| session.began);
        self.last = Some(Session {
            record: Arc::clone(record),
            began,
            expires: (now + ttl).min(began + lifetime),
        });
        self.done.insert(
            *id,
            CommitStatus::Applied {
                version: record.version,
                reply: reply.map(Into::into),
            },
        );
        if *drop_token {
            self.token = None;
        }
        Answer::Applied(Some(self.ground(now)))
    }

    pub fn resolve(&mut self, id: &CommitId) -> Answer {
        Answer::Resolved(match self.done.entry(*id).or_insert(CommitStatus::Fenced) {
            CommitStatus::Applied { version, .. } => CommitStatus::Applied(*version),
            CommitStatus::Fenced => CommitStatus::Fenced,
        })
    }

    pub fn put_token(
        &mut self,
        token: Option<&str>,
        expected: Expected,
        release: Option<LeaseHolder>,
        until: u64,
        now: u64,
    ) -> Answer {
        let current = self.token(now);
        let stands = match expected {
            Expected::Any => true,
            Expected::Exactly(token) => current == Some(token),
            Expected::Absent => current.is_none(),
        };
        if !stands {
            return Answer::Refused(current.map(Into::into));
        }
        self.token = token.map(|token| (token.to_owned(), until));
        if release.is_some() && self.holder(now) == release {
            self.claim = None;
        }
        Answer::Stored
    }

    pub fn claim(&mut self, owner: LeaseHolder, until: u64, now: u64) -> Answer {
        let won = self.holder(now).is_none_or(|holder| holder == owner);
        if won {
            self.claim = Some((owner, until));
        }
        Answer::Claimed(won)
    }

    pub fn delete(&mut self) -> Answer {
        *self = Self::default();
        Answer::Forgotten
    }
}

/// Whether a store calls the claim won.
pub fn won(claim: Claim) -> Answer {
    Answer::Claimed(claim == Lease::Won)
}
