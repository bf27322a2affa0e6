//! One transaction a call: it happens whole or not at all, and is not waited for past the deadline.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use vimbiso_state::StoreError;

/// Milliseconds since 1970.
pub type Millis = i64;

#[derive(Clone)]
pub struct Database {
    connection: Arc<Mutex<Connection>>,
    opened: Instant,
    opened_at: Millis,
}

/// Why a transaction did not answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// Nothing was written.
    Failed(rusqlite::Error),
    /// It was not begun in time.
    Late,
    /// It may be written, or not: it was still at work, or failed at its very end.
    Unknown(Option<rusqlite::Error>),
}

impl Database {
    pub fn new(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch(include_str!("schema.sql"))?;
        let opened_at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, millis);
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            opened: Instant::now(),
            opened_at,
        })
    }

    /// Runs a transaction, on what is now the time.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Transaction<'_>, Millis) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let mut connection = timeout_at(deadline, self.hold())
            .await
            .map_err(|_| NoAnswer::Late)?;
        let clock = (self.opened, self.opened_at);
        // A caller who goes away leaves this task behind, and with it the whole transaction.
        let task = spawn_blocking(move || {
            // Other processes on the same file: their transactions are waited for, but no longer than asked.
            connection
                .busy_timeout(deadline.saturating_duration_since(Instant::now()))
                .map_err(NoAnswer::Failed)?;
            // Immediate: two that read first and write then would wait for each other.
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(NoAnswer::Failed)?;
            // Tokio's clock, set by the wall clock: a paused one proves the retention in no time.
            let now = clock.1 + millis(clock.0.elapsed());
            let answer = work(&transaction, now).map_err(NoAnswer::Failed)?;
            transaction
                .commit()
                .map_err(|error| NoAnswer::Unknown(Some(error)))?;
            Ok(answer)
        });
        timeout_at(deadline, task)
            .await
            .map_err(|_| NoAnswer::Unknown(None))?
            .unwrap_or(Err(NoAnswer::Unknown(None)))
    }

    /// Keeps everybody else out.
    pub async fn hold(&self) -> OwnedMutexGuard<Connection> {
        Arc::clone(&self.connection).lock_owned().await
    }
}

pub fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// What a caller can do about it. For a commit, `Unknown` is an answer of its own.
impl From<NoAnswer> for StoreError {
    fn from(none: NoAnswer) -> Self {
        let (what, error) = match none {
            NoAnswer::Late => ("others are at work", None),
            NoAnswer::Unknown(error) => ("the transaction was not over in time", error),
            NoAnswer::Failed(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => {
                    return Self::OverCapacity {
                        what: "the database is full".into(),
                        source: Some(error.into()),
                    };
                }
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                    return Self::Denied {
                        what: "the database may not be written".into(),
                        source: Some(error.into()),
                    };
                }
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    return Self::Corrupt {
                        what: "the file is no database of ours".into(),
                        source: Some(error.into()),
                    };
                }
                _ => ("the transaction failed", Some(error)),
            },
        };
        Self::Unavailable {
            what: what.into(),
            source: error.map(Into::into),
        }
    }
}
