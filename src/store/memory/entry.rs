//! All that is kept of one user, and what the contract makes of it at a given instant. No I/O.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::lease::HeldLease;
use crate::id::CommitId;
use crate::session::Record;
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, ExpectedToken, Lease, LeaseHolder, Loaded,
    Precondition, Session, StoredToken, TokenOutcome, TokenPut,
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
    /// Older commits, fences, and the newest commit too if it stored a reply; each with its end.
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

    /// The answer to a commit that must not be applied; `None` if it may.
    pub(super) fn refuse(
        &self,
        request: &CommitRequest<'_>,
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
            None if *request.precondition != self.precondition(now) => {
                Some(CommitOutcome::Conflict(self.load(None, now)))
            }
            None => None,
        }
    }

    /// Applies a commit that is not refused.
    pub(super) fn apply(
        &mut self,
        request: &CommitRequest<'_>,
        now: Instant,
        retention: Duration,
    ) -> CommitOutcome {
        self.record_newest();
        let started = match &self.newest {
            Some(newest) if now < newest.expires => newest.started,
            _ => now,
        };
        let forgotten = now + retention;
        let expires = (now + request.ttl).min(started + request.max_lifetime);
        self.newest = Some(Newest {
            commit_id: *request.id,
            record: Arc::clone(request.record),
            started,
            expires,
            forgotten,
        });
        self.expires_at(expires);
        if let Some(reply) = request.reply {
            let status = CommitStatus::Applied {
                version: request.record.version,
                reply: Some(reply.into()),
            };
            let rest = self.rest();
            rest.commits.insert(*request.id, (status, forgotten));
            rest.replies += reply.len();
        }
        if let Some(rest) = self.rest.as_mut().filter(|_| request.drop_token) {
            rest.token = None;
        }
        CommitOutcome::Applied(Some(self.precondition(now)))
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
            newest.record = Arc::new(Record {
                data: "".into(),
                menu: None,
                ..(*newest.record).clone()
            });
        }
        if let Some(rest) = &mut self.rest {
            rest.token.take_if(|(_, until)| now >= *until);
            rest.lease.take_if(|held| held.remaining(now).is_none());
            rest.commits.retain(|_, (_, until)| now < *until);
            let statuses = rest.commits.values();
            rest.replies = statuses.map(|(status, _)| reply_len(status)).sum();
        }
        self.rest.take_if(|rest| {
            rest.token.is_none() && rest.lease.is_none() && rest.commits.is_empty()
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
            let commits = rest.commits.values().map(|(_, until)| *until);
            commits.chain(token).chain(lease).min()
        });
        newest.into_iter().chain(rest).min()
    }

    fn expires_at(&mut self, end: Instant) {
        self.due = Some(self.due.map_or(end, |due| due.min(end)));
    }

    /// About how many bytes this takes: the texts, and a fixed sum for what surrounds them.
    pub(super) fn weight(&self) -> usize {
        let record = self.newest.as_ref().map(|newest| &newest.record);
        let record = record.map_or(0, |record| record_weight(record));
        let rest = self.rest.as_ref().map_or(0, |rest| {
            let token = rest.token.as_ref();
            size_of::<Rest>()
                + token.map_or(0, |(token, _)| token.expose().len())
                + rest.commits.len() * Self::COMMIT_WEIGHT
                + rest.replies
        });
        Self::FIXED_WEIGHT + record + rest
    }

    /// About how many bytes a commit adds at most, given what it replaces.
    pub(super) fn growth(&self, request: &CommitRequest<'_>) -> usize {
        let replaced = self.newest.as_ref().map(|newest| &newest.record);
        let replaced = replaced.map_or(0, |record| record_weight(record));
        let ids = Self::COMMIT_WEIGHT * (1 + usize::from(request.reply.is_some()));
        let added = record_weight(request.record) + request.reply.map_or(0, <[u8]>::len) + ids;
        added.saturating_sub(replaced)
    }

    /// What a user takes besides texts and recorded commits: the entry, the user id, and the slot
    /// in the map.
    // 112: the id's text and count, the slot in the map, and what an allocator adds.
    pub(super) const FIXED_WEIGHT: usize = size_of::<Self>() + 112;
    /// What a recorded commit id takes besides its reply: a map is half empty on average.
    pub(super) const COMMIT_WEIGHT: usize = size_of::<(CommitId, CommitStatus, Instant)>() * 3 / 2;

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

impl Newest {
    fn status(&self) -> CommitStatus {
        CommitStatus::Applied {
            version: self.record.version,
            reply: None,
        }
    }
}

fn record_weight(record: &Record) -> usize {
    let menu = record.menu.as_ref().map_or(0, |menu| menu.len());
    size_of::<Record>() + record.data.len() + menu
}

fn reply_len(status: &CommitStatus) -> usize {
    match status {
        CommitStatus::Applied { reply, .. } => reply.as_ref().map_or(0, |reply| reply.len()),
        CommitStatus::Fenced => 0,
    }
}

#[cfg(test)]
mod tests;
