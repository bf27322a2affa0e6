//! The contract for sessions, call by call.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, Transaction};
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, OutboxChanges, OutboxStore, StoreError,
    TokenStore,
};
use vimbiso_state::{CommitId, StateStore, UserId};

use crate::commit::OwnedRequest;
use crate::database::{Database, Millis, millis};
use crate::session;

pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

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
        let owned = OwnedRequest::new(user, &request, &OutboxChanges::default());
        let commit = move |tx: &Transaction<'_>, now| match owned.refuse(tx, now)? {
            Some(outcome) => Ok(outcome),
            None => owned.apply(tx, now),
        };
        let result = self.database.run(request.deadline, commit).await;
        result.map_err(|failure| failure.of_commit(id))
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
            session::delete(tx, &user)?;
            tx.execute("DELETE FROM outbox WHERE user = ?1", [&user])?;
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

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}
