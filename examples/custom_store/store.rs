//! The contract for sessions, call by call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Transaction};
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, Precondition, StoreError, TokenStore,
};
use vimbiso_state::{CommitId, StateStore, UserId};

use crate::database::{Database, Failure, Millis, millis};
use crate::session::{self, Times};

const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// Sessions in one SQLite file, for the processes of one machine.
#[derive(Clone)]
pub struct SqliteStore {
    pub database: Database,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}

impl SqliteStore {
    pub fn open(file: impl AsRef<Path>) -> rusqlite::Result<Self> {
        Self::over(Connection::open(file)?)
    }

    pub fn over(connection: Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            database: Database::new(connection)?,
        })
    }
}

/// A [`CommitRequest`] that owns its parts, so that it can move into a task.
struct OwnedRequest {
    user: String,
    id: CommitId,
    precondition: Precondition,
    record: Arc<Record>,
    reply: Option<Box<[u8]>>,
    drop_token: bool,
    ttl: Millis,
    max_lifetime: Millis,
}

impl OwnedRequest {
    fn new(user: &UserId, request: &CommitRequest<'_>) -> Self {
        Self {
            user: user.expose().to_owned(),
            id: *request.id,
            precondition: request.precondition.clone(),
            record: Arc::clone(request.record),
            reply: request.reply.map(Into::into),
            drop_token: request.drop_token,
            ttl: millis(request.ttl),
            max_lifetime: millis(request.max_lifetime),
        }
    }

    /// The order matters: first what is recorded, then the precondition, then all writes.
    fn apply(self, tx: &Transaction<'_>, now: Millis) -> rusqlite::Result<CommitOutcome> {
        let user = &self.user;
        let version = self.record.version;
        let mut found = session::load(tx, user, Some(self.id), now)?;
        match found.commit_status.take() {
            Some(CommitStatus::Fenced) => return Ok(CommitOutcome::Fenced),
            // The same attempt, sent again.
            Some(CommitStatus::Applied { version: made, .. }) if made == version => {
                return Ok(CommitOutcome::Applied(found.precondition_at(version)));
            }
            Some(CommitStatus::Applied { version, reply }) => {
                return Ok(CommitOutcome::Duplicate {
                    version,
                    reply,
                    current: found,
                });
            }
            None if found.precondition != self.precondition => {
                return Ok(CommitOutcome::Conflict(found));
            }
            None => {}
        }
        session::sweep(tx, now)?;
        let started = session::started(tx, user, now)?;
        let times = Times {
            started,
            expires: (now + self.ttl).min(started + self.max_lifetime),
            kept_until: now + millis(RETENTION),
        };
        session::write(tx, user, &self.record, &times)?;
        let status = CommitStatus::Applied {
            version,
            reply: self.reply,
        };
        session::record_commit(tx, user, self.id, &status, times.kept_until)?;
        if self.drop_token {
            tx.execute("DELETE FROM token WHERE user = ?1", [user])?;
        }
        let written = session::load(tx, user, None, now)?;
        Ok(CommitOutcome::Applied(written.precondition_at(version)))
    }
}

#[async_trait]
impl StateStore for SqliteStore {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        let user = user.expose().to_owned();
        let commit = commit.copied();
        let load = move |tx: &Transaction<'_>, now| session::load(tx, &user, commit, now);
        Ok(self.database.run(deadline, load).await?)
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let id = *request.id;
        let owned = OwnedRequest::new(user, &request);
        let commit = move |tx: &Transaction<'_>, now| owned.apply(tx, now);
        let result = self.database.run(request.deadline, commit).await;
        result.map_err(|failure| match failure {
            Failure::Unknown(None) => StoreError::unknown(id),
            Failure::Unknown(Some(error)) => StoreError::unknown(id).with_source(error),
            known => known.into(),
        })
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let user = user.expose().to_owned();
        let id = *commit;
        let resolve = move |tx: &Transaction<'_>, now: Millis| {
            if let Some(status) = session::commit_status(tx, &user, id, now)? {
                return Ok(status);
            }
            let fence = CommitStatus::Fenced;
            session::record_commit(tx, &user, id, &fence, now + millis(RETENTION))?;
            Ok(fence)
        };
        Ok(self.database.run(deadline, resolve).await?)
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let user = user.expose().to_owned();
        let delete = move |tx: &Transaction<'_>, _| {
            for table in ["session", "recorded", "token", "lease"] {
                tx.execute(&format!("DELETE FROM {table} WHERE user = ?1"), [&user])?;
            }
            Ok(())
        };
        Ok(self.database.run(deadline, delete).await?)
    }

    fn retention(&self) -> Duration {
        RETENTION
    }

    fn namespace(&self) -> &str {
        ""
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        Some(self)
    }
}
