//! All that is kept of one user, and what the contract makes of it at a given instant. No I/O.

mod commit;
mod outbox;
mod weight;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::lease::HeldLease;
use super::outbox::UserOutbox;
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{
    CommitStatus, ExpectedToken, Lease, LeaseHolder, Loaded, Precondition, Session, StoredToken,
    TokenOutcome, TokenPut,
};
use crate::sync::RandomState;

/// All that is kept of one user. What has expired may still be in it, and is never returned.
#[derive(Debug, Default)]
pub(super) struct Entry {
    newest: Option<Newest>,
    /// Many users need none of this, so it is kept apart.
    rest: Option<Box<Rest>>,
    /// When something in it expires, at the earliest.
    due: Option<Instant>,
}

/// The newest commit, and the session that it made.
#[derive(Debug)]
struct Newest {
    commit_id: CommitId,
    /// Without its data once the session has expired: what a tombstone needs.
    record: Arc<Record>,
    started: Instant,
    expires: Instant,
    forgotten: Instant,
}

#[derive(Debug, Default)]
struct Rest {
    token: Option<(StoredToken, Instant)>,
    lease: Option<HeldLease>,
    outbox: Option<Box<UserOutbox>>,
    /// Older commits, fences, the newest commit too if it stored a reply, and commits that wrote no
    /// session; each with its end.
    commits: HashMap<CommitId, (CommitStatus, Instant), RandomState>,
    /// Bytes of the replies in `commits`, summed up so that a write need not look at all of them.
    replies: usize,
}

impl Entry {
    pub(super) fn load(&self, commit: Option<&CommitId>, now: Instant) -> Loaded {
        Loaded {
            session: self.session(now),
            precondition: self.precondition(now),
            commit_status: commit.and_then(|id| self.status(id, now)),
        }
    }

    /// Records a fence under an id that nothing is recorded under.
    pub(super) fn fence(&mut self, id: &CommitId, until: Instant) {
        let fence = (CommitStatus::Fenced, until);
        self.rest().commits.insert(*id, fence);
        self.expires_at(until);
    }

    /// What is recorded under a commit id.
    pub(super) fn status(&self, id: &CommitId, now: Instant) -> Option<CommitStatus> {
        let commits = self.rest.as_ref().map(|rest| &rest.commits);
        if let Some((status, until)) = commits.and_then(|commits| commits.get(id))
            && now < *until
        {
            return Some(status.clone());
        }
        let newest = self.newest.as_ref()?;
        (newest.commit_id == *id && now < newest.forgotten).then(|| newest.status())
    }

    pub(super) fn token(&self, now: Instant) -> Option<&StoredToken> {
        let (token, until) = self.rest.as_ref()?.token.as_ref()?;
        (now < *until).then_some(token)
    }

    /// The answer to a put that expects another token; `None` if it may be carried out.
    pub(super) fn refuse_token(&self, put: &TokenPut<'_>, now: Instant) -> Option<TokenOutcome> {
        let current = self.token(now);
        let as_expected = match put.expected {
            ExpectedToken::Any => true,
            ExpectedToken::Exactly(token) => current == Some(token),
            ExpectedToken::Absent => current.is_none(),
        };
        (!as_expected).then(|| TokenOutcome::Conflict {
            current: current.cloned(),
        })
    }

    pub(super) fn set_token(&mut self, token: Option<&StoredToken>, until: Instant) {
        self.rest().token = token.map(|token| (token.clone(), until));
        self.expires_at(until);
    }

    pub(super) fn acquire_lease(
        &mut self,
        holder: &LeaseHolder,
        length: Duration,
        now: Instant,
    ) -> Lease {
        let lease = &mut self.rest().lease;
        if let Some(held) = lease
            && held.holder != *holder
            && let Some(remaining) = held.remaining(now)
        {
            return Lease::Held { remaining };
        }
        *lease = Some(HeldLease {
            holder: *holder,
            until: now + length,
            length,
        });
        self.expires_at(now + length);
        Lease::Acquired
    }

    pub(super) fn has_lease(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.lease.is_some())
    }

    pub(super) fn release_lease(&mut self, holder: &LeaseHolder) {
        if let Some(rest) = &mut self.rest {
            rest.lease.take_if(|held| held.holder == *holder);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.newest.is_none() && self.rest.is_none()
    }

    /// Whether something in it may have expired.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| now >= due)
    }

    /// Drops what has expired. Returns whether anything is left.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        self.newest.take_if(|newest| now >= newest.forgotten);
        if let Some(newest) = &mut self.newest
            && now >= newest.expires
            && !newest.record.data.is_empty()
        {
            newest.record = Arc::new(without_data(&newest.record));
        }
        if let Some(rest) = &mut self.rest {
            rest.token.take_if(|(_, until)| now >= *until);
            rest.lease.take_if(|held| held.remaining(now).is_none());
            rest.outbox.take_if(|outbox| now >= outbox.expires());
            rest.commits.retain(|_, (_, until)| now < *until);
            let statuses = rest.commits.values();
            rest.replies = statuses.map(|(status, _)| reply_len(status)).sum();
        }
        self.rest.take_if(|rest| {
            let is_bare = rest.token.is_none() && rest.lease.is_none() && rest.outbox.is_none();
            is_bare && rest.commits.is_empty()
        });
        self.due = self.earliest_end(now);
        self.due.is_some()
    }

    /// When the first of what is left expires.
    fn earliest_end(&self, now: Instant) -> Option<Instant> {
        let newest = self.newest.as_ref().map(|newest| match newest.expires {
            expires if now < expires => expires,
            _ => newest.forgotten,
        });
        let rest = self.rest.as_ref().and_then(|rest| {
            let token = rest.token.as_ref().map(|(_, until)| *until);
            let lease = rest.lease.as_ref().map(|held| held.until);
            let outbox = rest.outbox.as_ref().map(|outbox| outbox.expires());
            let commits = rest.commits.values().map(|(_, until)| *until);
            commits.chain(token).chain(lease).chain(outbox).min()
        });
        newest.into_iter().chain(rest).min()
    }

    fn expires_at(&mut self, end: Instant) {
        self.due = Some(self.due.map_or(end, |due| due.min(end)));
    }

    fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn session(&self, now: Instant) -> Session {
        match &self.newest {
            Some(newest) if now < newest.expires => Session::Live(Arc::clone(&newest.record)),
            Some(newest) if now < newest.forgotten => Session::Expired(newest.record.tombstone()),
            _ => Session::New,
        }
    }

    /// The version, and whether the session is alive. Empty if there is no session.
    fn precondition(&self, now: Instant) -> Precondition {
        let session = self.session(now);
        let Some(version) = session.version() else {
            return Precondition::new([]);
        };
        // 8 bytes of revision, 16 of tag, and one that says whether the session is alive.
        let mut bytes = [0; 25];
        let (revision, rest) = bytes.split_at_mut(8);
        let (tag, live) = rest.split_at_mut(16);
        revision.copy_from_slice(&version.revision.to_be_bytes());
        tag.copy_from_slice(&version.tag.to_be_bytes());
        live.fill(u8::from(matches!(session, Session::Live(_))));
        Precondition::new(bytes)
    }
}

impl Newest {
    fn status(&self) -> CommitStatus {
        CommitStatus::Applied {
            version: self.record.version,
            reply: None,
        }
    }
}

/// What a tombstone needs of a record.
fn without_data(record: &Record) -> Record {
    Record {
        data: "".into(),
        menu: None,
        ..record.clone()
    }
}

fn reply_len(status: &CommitStatus) -> usize {
    match status {
        CommitStatus::Applied { reply, .. } => reply.as_ref().map_or(0, |reply| reply.len()),
        CommitStatus::Fenced => 0,
    }
}

#[cfg(test)]
mod tests;
