//! All that is remembered of one user, and what the contract makes of it at a given instant. Pure.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::recorded::Recorded;
use crate::CommitId;
use crate::record::{Record, Trace, Version};
use crate::store::{
    Basis, Claim, Commit, CommitOutcome, Done, ExpectedToken, Loaded, Owner, Resolution, Session, StoredToken, TokenOutcome,
    TokenPut,
};

/// What is remembered of one user. What has expired may still stand in it, and is never seen.
#[derive(Debug, Default)]
pub(super) struct Entry {
    session: Remembered,
    token: Option<Until<StoredToken>>,
    claim: Option<Until<Owner>>,
    done: Recorded,
    /// When the sweeper means to look here next.
    pub(super) due: Option<Instant>,
}

#[derive(Debug, Default)]
enum Remembered {
    #[default]
    Nothing,
    Session {
        record: Arc<Record>,
        began: Instant,
        expires: Instant,
        forgotten: Instant,
    },
    Trace(Until<Trace>),
}

#[derive(Debug)]
struct Until<T> {
    value: T,
    until: Instant,
}

impl<T> Until<T> {
    fn alive(&self, now: Instant) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }
}

impl Entry {
    /// About what an entry takes besides texts: itself, its record, its places in the map and on the agenda.
    pub(super) const WEIGHT: usize = size_of::<Self>() + size_of::<Record>() + 128;

    pub(super) fn load(&self, commit: Option<&CommitId>, now: Instant) -> Loaded {
        Loaded {
            session: self.session(now),
            basis: self.basis(now),
            token: self.token(now).cloned(),
            done: commit.and_then(|id| self.done.get(id, now)).cloned(),
        }
    }

    /// The commit: first what is recorded, then what it was decided on, then everything at once.
    pub(super) fn commit(&mut self, commit: &Commit<'_>, now: Instant, retention: Duration) -> CommitOutcome {
        let Commit { id, basis, record, reply, .. } = *commit;
        match self.done.get(id, now) {
            Some(Done::Fenced) => return CommitOutcome::Fenced,
            Some(Done::Applied { version, .. }) if *version == record.version => {
                return CommitOutcome::Applied(self.load(None, now).basis_of(record.version));
            }
            Some(Done::Applied { version, reply }) => {
                return CommitOutcome::Duplicate { version: *version, reply: reply.clone(), current: self.load(None, now) };
            }
            None => {}
        }
        if self.basis(now) != *basis {
            return CommitOutcome::Conflict(self.load(None, now));
        }
        let began = match &self.session {
            Remembered::Session { began, expires, .. } if now < *expires => *began,
            _ => now,
        };
        let expires = (now + commit.ttl).min(began + commit.lifetime);
        self.session = Remembered::Session { record: Arc::clone(record), began, expires, forgotten: now + retention };
        self.done.add(*id, Done::Applied { version: record.version, reply: reply.map(Into::into) }, now + retention);
        if commit.drop_token {
            self.token = None;
        }
        CommitOutcome::Applied(Some(self.basis(now)))
    }

    pub(super) fn resolve(&mut self, id: &CommitId, now: Instant, retention: Duration) -> Resolution {
        match self.done.get(id, now) {
            Some(Done::Applied { version, .. }) => Resolution::Applied(*version),
            Some(Done::Fenced) => Resolution::Fenced,
            None => {
                self.done.add(*id, Done::Fenced, now + retention);
                Resolution::Fenced
            }
        }
    }

    pub(super) fn put_token(&mut self, put: &TokenPut<'_>, now: Instant) -> TokenOutcome {
        let current = self.token(now);
        let expected = match put.expected {
            ExpectedToken::Any => true,
            ExpectedToken::Exactly(token) => current == Some(token),
            ExpectedToken::Absent => current.is_none(),
        };
        if !expected {
            return TokenOutcome::Refused { current: current.cloned() };
        }
        self.token = put.token.map(|token| Until { value: token.clone(), until: now + put.ttl });
        if self.claim.as_ref().map(|claim| &claim.value) == put.release {
            self.claim = None;
        }
        TokenOutcome::Stored
    }

    pub(super) fn claim(&mut self, owner: &Owner, lease: Duration, now: Instant) -> Claim {
        match &self.claim {
            Some(held) if now < held.until && held.value != *owner => Claim::Held { remaining: held.until - now },
            _ => {
                self.claim = Some(Until { value: *owner, until: now + lease });
                Claim::Won
            }
        }
    }

    fn session(&self, now: Instant) -> Session {
        match &self.session {
            Remembered::Session { record, expires, .. } if now < *expires => Session::Live(Arc::clone(record)),
            Remembered::Session { record, forgotten, .. } if now < *forgotten => Session::Expired(record.trace()),
            Remembered::Trace(trace) => trace.alive(now).cloned().map_or(Session::New, Session::Expired),
            _ => Session::New,
        }
    }

    fn basis(&self, now: Instant) -> Basis {
        let words = |version: Version, live: bool| {
            let mut words = [0; 25];
            for (to, byte) in words.iter_mut().zip(version.revision.to_be_bytes().into_iter().chain(version.tag.to_be_bytes())) {
                *to = byte;
            }
            words[24] = u8::from(live);
            Basis::new(words)
        };
        match &self.session {
            Remembered::Session { record, expires, forgotten, .. } if now < *forgotten => words(record.version, now < *expires),
            Remembered::Trace(trace) => trace.alive(now).map_or(Basis::new([]), |trace| words(trace.version, false)),
            _ => Basis::new([]),
        }
    }

    fn token(&self, now: Instant) -> Option<&StoredToken> {
        self.token.as_ref().and_then(|token| token.alive(now))
    }

    /// Frees what has expired.
    pub(super) fn free(&mut self, now: Instant) {
        match &self.session {
            Remembered::Session { forgotten, .. } | Remembered::Trace(Until { until: forgotten, .. }) if now >= *forgotten => {
                self.session = Remembered::Nothing;
            }
            Remembered::Session { record, expires, forgotten, .. } if now >= *expires => {
                self.session = Remembered::Trace(Until { value: record.trace(), until: *forgotten });
            }
            _ => {}
        }
        self.token = self.token.take().filter(|token| now < token.until);
        self.claim = self.claim.take().filter(|claim| now < claim.until);
        self.done.free(now);
    }

    /// When there is something to free next; `None` where nothing is left.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let session = match &self.session {
            Remembered::Nothing => None,
            Remembered::Session { expires, .. } => Some(*expires),
            Remembered::Trace(trace) => Some(trace.until),
        };
        let rest = [self.token.as_ref().map(|t| t.until), self.claim.as_ref().map(|c| c.until), self.done.next_due()];
        rest.into_iter().chain([session]).flatten().min()
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let state = match &self.session {
            Remembered::Session { record, .. } => record.state.len() + record.menu.as_ref().map_or(0, |menu| menu.len()),
            _ => 0,
        };
        Self::WEIGHT + state + self.done.weight() + self.token.as_ref().map_or(0, |token| token.value.expose().len())
    }
}
