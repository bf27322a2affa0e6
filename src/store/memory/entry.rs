//! All that is remembered of one user, and what the contract makes of it at a given instant. Pure.

use std::sync::Arc;
use std::time::Duration;

use super::moment::Moment;
use super::recorded::Recorded;
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, ExpectedToken, Lease, LeaseHolder, Loaded,
    Precondition, Session, StoredToken, TokenOutcome, TokenPut,
};

/// What is remembered of one user. What has expired may still stand in it, and is never seen.
///
/// Small, for there are millions: what only some have stands apart.
#[derive(Debug, Default, Clone)]
pub(super) struct Entry {
    newest: Option<Newest>,
    rest: Option<Box<Rest>>,
}

/// The newest commit and the session that it made; both are forgotten together.
#[derive(Debug, Clone)]
struct Newest {
    id: CommitId,
    /// Without its state once that is freed: what a trace needs.
    record: Arc<Record>,
    began: Moment,
    expires: Moment,
    forgotten: Moment,
}

#[derive(Debug, Default, Clone)]
struct Rest {
    token: Option<Until<StoredToken>>,
    claim: Option<Until<LeaseHolder>>,
    /// Older commits, fences, and the newest commit too where it remembers a reply.
    done: Recorded,
}

#[derive(Debug, Clone)]
struct Until<T> {
    value: T,
    until: Moment,
}

impl<T> Until<T> {
    fn alive(&self, now: Moment) -> Option<&T> {
        (now < self.until).then_some(&self.value)
    }
}

impl Entry {
    pub(super) fn load(&self, commit: Option<&CommitId>, now: Moment) -> Loaded {
        Loaded {
            session: self.session(now),
            precondition: Precondition::new(self.words(now).as_slice().as_flattened()),
            commit_status: commit.and_then(|id| self.done(id, now)),
        }
    }

    /// The commit: first what is recorded, then what it was decided on, then everything at once.
    pub(super) fn commit(
        &mut self,
        commit: &CommitRequest<'_>,
        now: Moment,
        retention: Duration,
    ) -> CommitOutcome {
        let CommitRequest {
            id,
            precondition,
            record,
            reply,
            ..
        } = *commit;
        match self.done(id, now) {
            Some(CommitStatus::Fenced) => return CommitOutcome::Fenced,
            Some(CommitStatus::Applied { version, .. }) if version == record.version => {
                return CommitOutcome::Applied(
                    self.load(None, now).precondition_at(record.version),
                );
            }
            Some(CommitStatus::Applied { version, reply }) => {
                return CommitOutcome::Duplicate {
                    version,
                    reply,
                    current: self.load(None, now),
                };
            }
            None => {}
        }
        if precondition.as_bytes() != self.words(now).as_slice().as_flattened() {
            return CommitOutcome::Conflict(self.load(None, now));
        }
        self.note_newest(now);
        let began = match &self.newest {
            Some(newest) if now < newest.expires => newest.began,
            _ => now,
        };
        let expires = (now + commit.ttl).min(began + commit.max_lifetime);
        let forgotten = now + retention;
        self.newest = Some(Newest {
            id: *id,
            record: Arc::clone(record),
            began,
            expires,
            forgotten,
        });
        if let Some(reply) = reply {
            self.rest().done.add(
                *id,
                CommitStatus::Applied {
                    version: record.version,
                    reply: Some(reply.into()),
                },
                forgotten,
            );
        }
        if let Some(rest) = self.rest.as_mut().filter(|_| commit.drop_token) {
            rest.token = None;
        }
        CommitOutcome::Applied(Some(Precondition::new(
            self.words(now).as_slice().as_flattened(),
        )))
    }

    pub(super) fn resolve(
        &mut self,
        id: &CommitId,
        now: Moment,
        retention: Duration,
    ) -> CommitStatus {
        match self.done(id, now) {
            Some(status) => status,
            None => {
                self.note_newest(now);
                self.rest()
                    .done
                    .add(*id, CommitStatus::Fenced, now + retention);
                CommitStatus::Fenced
            }
        }
    }

    pub(super) fn put_token(&mut self, put: &TokenPut<'_>, now: Moment) -> TokenOutcome {
        let current = self.token(now);
        let expected = match put.expected {
            ExpectedToken::Any => true,
            ExpectedToken::Exactly(token) => current == Some(token),
            ExpectedToken::Absent => current.is_none(),
        };
        if !expected {
            return TokenOutcome::Conflict {
                current: current.cloned(),
            };
        }
        let rest = self.rest();
        rest.token = put.token.map(|token| Until {
            value: token.clone(),
            until: now + put.ttl,
        });
        TokenOutcome::Stored
    }

    pub(super) fn claim(&mut self, owner: &LeaseHolder, lease: Duration, now: Moment) -> Lease {
        let claim = &mut self.rest().claim;
        match claim {
            Some(held) if now < held.until && held.value != *owner => Lease::Held {
                remaining: held.until.after(now),
            },
            _ => {
                *claim = Some(Until {
                    value: *owner,
                    until: now + lease,
                });
                Lease::Acquired
            }
        }
    }

    pub(super) fn release(&mut self, holder: &LeaseHolder) {
        if let Some(rest) = self.rest.as_mut() {
            rest.claim.take_if(|claim| claim.value == *holder);
        }
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn session(&self, now: Moment) -> Session {
        match &self.newest {
            Some(newest) if now < newest.expires => Session::Live(Arc::clone(&newest.record)),
            Some(newest) if now < newest.forgotten => Session::Expired(newest.record.tombstone()),
            _ => Session::New,
        }
    }

    /// What is recorded under a commit id.
    fn done(&self, id: &CommitId, now: Moment) -> Option<CommitStatus> {
        let noted = self.rest.as_ref().and_then(|rest| rest.done.get(id, now));
        noted.cloned().or_else(|| {
            let newest = self
                .newest
                .as_ref()
                .filter(|newest| newest.id == *id && now < newest.forgotten)?;
            Some(CommitStatus::Applied {
                version: newest.record.version,
                reply: None,
            })
        })
    }

    /// Gives the newest commit a place among the older ones, before there is a newer one.
    fn note_newest(&mut self, now: Moment) {
        if let Some(newest) = self.newest.as_ref().filter(|newest| now < newest.forgotten) {
            let done = CommitStatus::Applied {
                version: newest.record.version,
                reply: None,
            };
            self.rest
                .get_or_insert_default()
                .done
                .add(newest.id, done, newest.forgotten);
        }
    }

    /// The words of a basis: the version, and whether the session is alive. None where there is no session.
    fn words(&self, now: Moment) -> Option<[u8; 25]> {
        let newest = self
            .newest
            .as_ref()
            .filter(|newest| now < newest.forgotten.max(newest.expires))?;
        let (version, mut words) = (newest.record.version, [0; 25]);
        let bytes = version
            .revision
            .to_be_bytes()
            .into_iter()
            .chain(version.tag.to_be_bytes());
        words
            .iter_mut()
            .zip(bytes.chain([u8::from(now < newest.expires)]))
            .for_each(|(word, byte)| *word = byte);
        Some(words)
    }

    pub(super) fn token(&self, now: Moment) -> Option<&StoredToken> {
        self.rest.as_ref()?.token.as_ref()?.alive(now)
    }

    /// Frees what has expired.
    pub(super) fn free(&mut self, now: Moment) {
        self.newest = self.newest.take().filter(|newest| now < newest.forgotten);
        if let Some(newest) = self.newest.as_mut().filter(|newest| now >= newest.expires) {
            newest.free_state();
        }
        self.rest.take_if(|rest| !rest.free(now));
    }

    /// When there is something to free next; never, where nothing is left.
    pub(super) fn next_due(&self) -> Moment {
        let newest = self.newest.as_ref().map_or(Moment::NEVER, Newest::next_due);
        self.rest
            .as_ref()
            .map_or(Moment::NEVER, |rest| rest.next_due())
            .min(newest)
    }

    /// More bytes than any call adds, besides the texts that it brings.
    pub(super) fn growth(&self) -> usize {
        let done = self
            .rest
            .as_ref()
            .map_or_else(|| Recorded::default().growth(), |rest| rest.done.growth());
        Newest::WEIGHT + Rest::WEIGHT + done
    }

    /// About how many bytes it takes besides itself.
    pub(super) fn weight(&self) -> usize {
        self.newest.as_ref().map_or(0, Newest::weight)
            + self.rest.as_ref().map_or(0, |rest| rest.weight())
    }
}

impl Newest {
    const WEIGHT: usize = size_of::<(usize, usize, Record)>();

    fn is_freed(&self) -> bool {
        self.record.data.is_empty()
    }

    /// Keeps of the session what a trace needs.
    fn free_state(&mut self) {
        if !self.is_freed() {
            let (stage, option) = (self.record.stage.clone(), self.record.option.clone());
            self.record = Arc::new(Record {
                stage,
                option,
                menu: None,
                data: "".into(),
                ..*self.record
            });
        }
    }

    fn next_due(&self) -> Moment {
        if self.is_freed() {
            self.forgotten
        } else {
            self.expires.min(self.forgotten)
        }
    }

    fn weight(&self) -> usize {
        Self::WEIGHT
            + self.record.data.len()
            + self.record.menu.as_ref().map_or(0, |menu| menu.len())
    }
}

impl Rest {
    const WEIGHT: usize = size_of::<Self>();

    /// Frees what has expired. Whether something is left.
    fn free(&mut self, now: Moment) -> bool {
        self.token = self.token.take().filter(|token| now < token.until);
        self.claim = self.claim.take().filter(|claim| now < claim.until);
        self.done.free(now);
        self.next_due() < Moment::NEVER
    }

    fn next_due(&self) -> Moment {
        let token = self
            .token
            .as_ref()
            .map_or(Moment::NEVER, |token| token.until);
        let claim = self
            .claim
            .as_ref()
            .map_or(Moment::NEVER, |claim| claim.until);
        token.min(claim).min(self.done.next_due())
    }

    fn weight(&self) -> usize {
        Self::WEIGHT
            + self.done.weight()
            + self
                .token
                .as_ref()
                .map_or(0, |token| token.value.expose().len())
    }
}

#[cfg(test)]
mod tests;
