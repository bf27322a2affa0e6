//! How a commit changes a session, inside a transaction.

use std::sync::Arc;

use rusqlite::Transaction;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, OutboxChanges, Precondition, Session, SessionWrite,
};
use vimbiso_state::{CommitId, UserId};

use crate::database::{Millis, millis};
use crate::session::{self, Times};
use crate::store::RETENTION;

/// A [`CommitRequest`] that owns its parts, so that it can move into a task.
pub struct OwnedRequest {
    pub user: String,
    id: CommitId,
    precondition: Precondition,
    record: Arc<Record>,
    reply: Option<Box<[u8]>>,
    drop_token: bool,
    ttl: Millis,
    max_lifetime: Millis,
    write: SessionWrite,
    /// Whether the session must be as the precondition says.
    expects_session: bool,
}

impl OwnedRequest {
    pub fn new(user: &UserId, request: &CommitRequest<'_>, changes: &OutboxChanges<'_>) -> Self {
        Self {
            user: user.expose().to_owned(),
            id: *request.id,
            precondition: request.precondition.clone(),
            record: Arc::clone(request.record),
            reply: request.reply.map(Into::into),
            drop_token: request.drop_token,
            ttl: millis(request.ttl),
            max_lifetime: millis(request.max_lifetime),
            write: changes.session,
            expects_session: changes.expects_session(),
        }
    }

    /// The answer to a commit that must not be applied; `None` if it may. The order matters: first
    /// what is recorded, then the precondition.
    pub fn refuse(
        &self,
        tx: &Transaction<'_>,
        now: Millis,
    ) -> rusqlite::Result<Option<CommitOutcome>> {
        let version = self.record.version;
        let mut found = session::load(tx, &self.user, Some(self.id), now)?;
        Ok(match found.commit_status.take() {
            Some(CommitStatus::Fenced) => Some(CommitOutcome::Fenced),
            // The same attempt, sent again.
            Some(CommitStatus::Applied { version: made, .. }) if made == version => {
                Some(CommitOutcome::Applied(found.precondition_at(version)))
            }
            Some(CommitStatus::Applied { version, reply }) => Some(CommitOutcome::Duplicate {
                version,
                reply,
                current: found,
            }),
            None if !self.expects_session => None,
            None => {
                let fits = match self.write {
                    SessionWrite::Prolong | SessionWrite::Nothing => true,
                    SessionWrite::KeepExpiry => matches!(found.session, Session::Live(_)),
                    SessionWrite::Tombstone => matches!(found.session, Session::Expired(_)),
                };
                let is_met = fits && found.precondition == self.precondition;
                (!is_met).then_some(CommitOutcome::Conflict(found))
            }
        })
    }

    /// Writes a commit that is not refused.
    pub fn apply(&self, tx: &Transaction<'_>, now: Millis) -> rusqlite::Result<CommitOutcome> {
        let user = &self.user;
        let version = self.record.version;
        session::sweep(tx, now)?;
        let kept_until = now + millis(RETENTION);
        let last = session::times(tx, user, now)?;
        let (started, expires) = match (self.write, last) {
            // A commit that is not the user's prolongs nothing.
            (SessionWrite::KeepExpiry | SessionWrite::Tombstone, Some(last)) => last,
            _ => {
                let live = last.filter(|(_, expires)| *expires > now);
                let started = live.map_or(now, |(started, _)| started);
                (started, (now + self.ttl).min(started + self.max_lifetime))
            }
        };
        if self.write != SessionWrite::Nothing {
            let times = Times {
                started,
                expires,
                kept_until,
            };
            session::write(tx, user, &self.record, &times)?;
        }
        let status = CommitStatus::Applied {
            version,
            reply: self.reply.clone(),
        };
        session::record_commit(tx, user, self.id, &status, kept_until)?;
        if self.drop_token {
            tx.execute("DELETE FROM token WHERE user = ?1", [user])?;
        }
        let written = session::load(tx, user, None, now)?;
        Ok(CommitOutcome::Applied(written.precondition_at(version)))
    }
}
