//! The contract, call by call.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, Done, ExpectedToken, LeaseHolder, Loaded,
    Precondition, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use crate::database::{Database, Millis, NoAnswer, millis};
use crate::session;

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

/// A commit that has left its caller's hands.
struct Sent {
    user: String,
    id: CommitId,
    basis: Precondition,
    record: Arc<Record>,
    reply: Option<Box<[u8]>>,
    drop_token: bool,
    ttl: Millis,
    max_lifetime: Millis,
}

impl Sent {
    /// The commit: first what is recorded, then what it was decided on, then everything at once.
    fn apply(self, tx: &Transaction<'_>, now: Millis) -> rusqlite::Result<CommitOutcome> {
        let Self {
            user, id, record, ..
        } = self;
        let found = session::load(tx, &user, Some(id), now)?;
        match found.done {
            Some(CommitStatus::Fenced) => return Ok(CommitOutcome::Fenced),
            Some(CommitStatus::Applied { version, .. }) if version == record.version => {
                return Ok(CommitOutcome::Applied(found.precondition_at(version)));
            }
            Some(CommitStatus::Applied { version, reply }) => {
                return Ok(CommitOutcome::Duplicate {
                    version,
                    reply,
                    current: Loaded {
                        done: None,
                        ..found
                    },
                });
            }
            None if found.basis != self.basis => return Ok(CommitOutcome::Conflict(found)),
            None => {}
        }
        session::sweep(tx, now)?;
        let (began, until) = (session::began(tx, &user, now)?, now + millis(RETENTION));
        let expires = (now + self.ttl).min(began + self.max_lifetime);
        session::write(tx, &user, &record, [began, expires, until])?;
        let done = CommitStatus::Applied {
            version: record.version,
            reply: self.reply,
        };
        session::record_done(tx, &user, id, &done, until)?;
        if self.drop_token {
            tx.execute("DELETE FROM token WHERE user = ?1", [&user])?;
        }
        Ok(CommitOutcome::Applied(
            session::load(tx, &user, None, now)?.precondition_at(record.version),
        ))
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
        let (user, commit) = (user.expose().to_owned(), commit.copied());
        Ok(self
            .database
            .run(deadline, move |tx, now| {
                session::load(tx, &user, commit, now)
            })
            .await?)
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let sent = Sent {
            user: user.expose().to_owned(),
            id: *commit.id,
            basis: commit.precondition.clone(),
            record: Arc::clone(commit.record),
            reply: commit.reply.map(Into::into),
            drop_token: commit.drop_token,
            ttl: millis(commit.ttl),
            max_lifetime: millis(commit.max_lifetime),
        };
        self.database
            .run(commit.deadline, move |tx, now| sent.apply(tx, now))
            .await
            .map_err(|none| match none {
                NoAnswer::Unknown(error) => StoreError::Unknown {
                    commit_id: *commit.id,
                    source: error.map(Into::into),
                },
                failed => failed.into(),
            })
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let (user, id) = (user.expose().to_owned(), *commit);
        let resolve = move |tx: &Transaction<'_>, now| match session::done(tx, &user, id, now)? {
            Some(CommitStatus::Applied { version, .. }) => Ok(CommitStatus::Applied(version)),
            Some(CommitStatus::Fenced) => Ok(CommitStatus::Fenced),
            None => {
                session::record_done(
                    tx,
                    &user,
                    id,
                    &CommitStatus::Fenced,
                    now + millis(RETENTION),
                )?;
                Ok(CommitStatus::Fenced)
            }
        };
        Ok(self.database.run(deadline, resolve).await?)
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        let (user, token, ttl) = (
            user.expose().to_owned(),
            put.token.cloned(),
            millis(put.ttl),
        );
        let (released, any) = (
            put.release.map(LeaseHolder::to_string),
            put.expected == ExpectedToken::Any,
        );
        let expected = match put.expected {
            ExpectedToken::Exactly(token) => Some(token.clone()),
            ExpectedToken::Absent | ExpectedToken::Any => None,
        };
        let deadline = put.deadline;
        let store = move |tx: &Transaction<'_>, now| {
            let current = session::token(tx, &user, now)?;
            if !any && current != expected {
                return Ok(TokenOutcome::Conflict { current });
            }
            match &token {
                Some(token) => tx.execute(
                    "REPLACE INTO token VALUES (?1, ?2, ?3)",
                    params![user, token.expose(), now + ttl],
                )?,
                None => tx.execute("DELETE FROM token WHERE user = ?1", [&user])?,
            };
            tx.execute(
                "DELETE FROM claim WHERE user = ?1 AND owner = ?2",
                params![user, released],
            )?;
            Ok(TokenOutcome::Stored)
        };
        Ok(self.database.run(deadline, store).await?)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        let (user, owner, lease) = (user.expose().to_owned(), owner.to_string(), millis(lease));
        let claim = move |tx: &Transaction<'_>, now: Millis| {
            let held = "SELECT until FROM claim WHERE user = ?1 AND owner <> ?2 AND until > ?3";
            let until: Option<Millis> = tx
                .query_row(held, params![user, owner, now], |row| row.get(0))
                .optional()?;
            if let Some(until) = until {
                return Ok(Lease::Held {
                    remaining: Duration::from_millis((until - now).unsigned_abs()),
                });
            }
            tx.execute(
                "REPLACE INTO claim VALUES (?1, ?2, ?3)",
                params![user, owner, now + lease],
            )?;
            Ok(Lease::Won)
        };
        Ok(self.database.run(deadline, claim).await?)
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        let user = user.expose().to_owned();
        let forget = move |tx: &Transaction<'_>, _| {
            for table in ["session", "done", "token", "claim"] {
                tx.execute(&format!("DELETE FROM {table} WHERE user = ?1"), [&user])?;
            }
            Ok(())
        };
        Ok(self.database.run(deadline, forget).await?)
    }

    fn retention(&self) -> Duration {
        RETENTION
    }

    fn namespace(&self) -> &str {
        ""
    }
}
