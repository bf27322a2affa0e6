//! How a commit changes what is kept of one user.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Entry, Newest, without_data};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, OutboxChanges, Session, SessionWrite,
};

impl Entry {
    /// The answer to a commit that must not be applied; `None` if it may.
    pub(in crate::store::memory) fn refuse(
        &self,
        request: &CommitRequest<'_>,
        changes: Option<&OutboxChanges<'_>>,
        now: Instant,
    ) -> Option<CommitOutcome> {
        let version = request.record.version;
        match self.status(request.id, now) {
            Some(CommitStatus::Fenced) => Some(CommitOutcome::Fenced),
            Some(CommitStatus::Applied { version: made, .. }) if made == version => {
                let next = self.load(None, now).precondition_at(version);
                Some(CommitOutcome::Applied(next))
            }
            Some(CommitStatus::Applied { version, reply }) => Some(CommitOutcome::Duplicate {
                version,
                reply,
                current: self.load(None, now),
            }),
            None if !self.meets(request, changes, now) => {
                Some(CommitOutcome::Conflict(self.load(None, now)))
            }
            None => None,
        }
    }

    /// Whether the session is as the commit must find it.
    fn meets(
        &self,
        request: &CommitRequest<'_>,
        changes: Option<&OutboxChanges<'_>>,
        now: Instant,
    ) -> bool {
        if changes.is_some_and(|changes| !changes.expects_session()) {
            return true;
        }
        let write = changes.map_or(SessionWrite::Prolong, |changes| changes.session);
        let fits = match write {
            SessionWrite::Prolong | SessionWrite::Nothing => true,
            SessionWrite::KeepExpiry => matches!(self.session(now), Session::Live(_)),
            SessionWrite::Tombstone => matches!(self.session(now), Session::Expired(_)),
        };
        fits && *request.precondition == self.precondition(now)
    }

    /// Applies a commit that is not refused.
    pub(in crate::store::memory) fn apply(
        &mut self,
        request: &CommitRequest<'_>,
        write: SessionWrite,
        now: Instant,
        retention: Duration,
    ) -> CommitOutcome {
        let version = request.record.version;
        let forgotten = now + retention;
        let writes_session = write != SessionWrite::Nothing;
        if writes_session {
            self.record_newest();
            self.write_session(request, write, now, forgotten);
        }
        // The id of a commit that wrote the session is recorded with it.
        if request.reply.is_some() || !writes_session {
            let status = CommitStatus::Applied {
                version,
                reply: request.reply.map(Into::into),
            };
            let rest = self.rest();
            rest.commits.insert(*request.id, (status, forgotten));
            rest.replies += request.reply.map_or(0, <[u8]>::len);
            self.expires_at(forgotten);
        }
        if let Some(rest) = self.rest.as_mut().filter(|_| request.drop_token) {
            rest.token = None;
        }
        CommitOutcome::Applied(self.load(None, now).precondition_at(version))
    }

    fn write_session(
        &mut self,
        request: &CommitRequest<'_>,
        write: SessionWrite,
        now: Instant,
        forgotten: Instant,
    ) {
        let last = self.newest.as_ref();
        let alive = last.filter(|newest| now < newest.expires);
        let started = alive.map_or(now, |newest| newest.started);
        let expires = (now + request.ttl).min(started + request.max_lifetime);
        // A commit that is not the user's prolongs nothing.
        let (started, expires) = match last {
            Some(last) if write != SessionWrite::Prolong => (last.started, last.expires),
            _ => (started, expires),
        };
        let record = match write {
            SessionWrite::Tombstone => Arc::new(without_data(request.record)),
            _ => Arc::clone(request.record),
        };
        self.newest = Some(Newest {
            commit_id: *request.id,
            record,
            started,
            expires,
            forgotten,
        });
        self.expires_at(expires);
    }

    /// Moves the id of the newest commit to the older ones, before there is a newer commit.
    fn record_newest(&mut self) {
        if let Some(newest) = &self.newest {
            let commits = &mut self.rest.get_or_insert_default().commits;
            let status = || (newest.status(), newest.forgotten);
            // It is there already if it stored a reply.
            // Its reply must not be overwritten by a status without one.
            commits.entry(newest.commit_id).or_insert_with(status);
        }
    }
}
