//! Transactions: each happens whole or not at all, and returns by its deadline.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use vimbiso_state::{CommitId, StoreError};

/// Milliseconds since 1970.
pub type Millis = i64;

#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
    opened: Instant,
    opened_at: Millis,
}

/// Why a transaction has no result.
#[derive(Debug)]
pub enum Failure {
    /// It failed: nothing was written.
    Failed(rusqlite::Error),
    /// It was not begun in time: nothing was written.
    TooLate,
    /// It was still running at the deadline, or failed at its commit: it may be written or not.
    Unknown(Option<rusqlite::Error>),
}

impl Database {
    pub fn new(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch(include_str!("schema.sql"))?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            opened: Instant::now(),
            opened_at: since_1970.map_or(0, millis),
        })
    }

    /// Runs a transaction. It is given the present time.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Transaction<'_>, Millis) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut connection = timeout_at(deadline, self.lock())
            .await
            .map_err(|_| Failure::TooLate)?;
        let opened = self.opened;
        let opened_at = self.opened_at;
        // A task of its own, so that a caller who stops waiting does not cut a transaction in two.
        let task = spawn_blocking(move || {
            // Other processes may use the file. Wait for their transactions until the deadline.
            connection
                .busy_timeout(deadline.saturating_duration_since(Instant::now()))
                .map_err(Failure::Failed)?;
            // Immediate, because two transactions that read first and write then would deadlock.
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(Failure::Failed)?;
            // Tokio's clock, set by the wall clock: with a paused clock, a test of the retention
            // takes no time.
            let now = opened_at + millis(opened.elapsed());
            let result = work(&transaction, now).map_err(Failure::Failed)?;
            transaction
                .commit()
                .map_err(|error| Failure::Unknown(Some(error)))?;
            Ok(result)
        });
        timeout_at(deadline, task)
            .await
            .map_err(|_| Failure::Unknown(None))?
            .unwrap_or(Err(Failure::Unknown(None)))
    }

    /// Keeps all others out.
    pub async fn lock(&self) -> OwnedMutexGuard<Connection> {
        Arc::clone(&self.connection).lock_owned().await
    }
}

pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

impl Failure {
    /// What a caller can do about the failure of this commit.
    pub fn of_commit(self, id: CommitId) -> StoreError {
        match self {
            Self::Unknown(None) => StoreError::unknown(id),
            Self::Unknown(Some(error)) => StoreError::unknown(id).with_source(error),
            known => known.into(),
        }
    }
}

/// What a caller can do about a failure. A commit reports [`Failure::Unknown`] by itself.
impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let error = match failure {
            Failure::TooLate => return Self::unavailable("other transactions took too long"),
            Failure::Unknown(None) => return Self::unavailable("the transaction took too long"),
            Failure::Unknown(Some(error)) | Failure::Failed(error) => error,
        };
        let kind = match error.sqlite_error_code() {
            None => Self::corrupt("a row cannot be read by this release"),
            Some(ErrorCode::DiskFull) => Self::over_capacity("the database is full"),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::denied("the database cannot be written")
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::corrupt("the file is not a database")
            }
            _ => Self::unavailable("the transaction failed"),
        };
        kind.with_source(error)
    }
}
