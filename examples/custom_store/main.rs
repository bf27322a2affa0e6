//! A store of your own, here on SQLite, and the proof that it keeps the contract.
//!
//! ```text
//! $ cargo run --example custom_store --features testing
//! …
//! kept     dropped_outbox_commit_is_whole_or_not [StateStore 13]
//! 139 behaviours: 139 kept, 0 broken, 0 ignored
//! ```
//!
//! If you name a file, the sessions are kept in it, and the suite writes into it:
//! `-- /tmp/conformance.db`. The suite then waits in real time and cannot damage a session, so
//! it ignores some behaviours.

mod changes;
mod commit;
mod database;
mod entries;
mod outbox;
mod session;
mod store;
mod token;

use std::process::ExitCode;

use async_trait::async_trait;
use rusqlite::Connection;
use store::SqliteStore;
use tokio::sync::{Mutex, OwnedMutexGuard};
use vimbiso_state::store::conformance::{self, Capability, Fixture};
use vimbiso_state::{StateStore, UserId};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A store in memory with room for 8 MiB, and what a test can do to it from outside.
struct Testbed {
    store: SqliteStore,
    held: Mutex<Option<OwnedMutexGuard<Connection>>>,
}

const CAN: &[Capability] = &[
    Capability::Tokens,
    Capability::Outbox,
    Capability::PausedClock,
    Capability::Corruption,
    Capability::Stall,
    Capability::LittleRoom,
];

impl Testbed {
    async fn new() -> Self {
        Self::open().expect("SQLite is compiled in")
    }

    fn open() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "max_page_count", 2048)?;
        Ok(Self {
            store: SqliteStore::over(connection)?,
            held: Mutex::new(None),
        })
    }
}

#[async_trait]
impl Fixture for Testbed {
    fn store(&self) -> &dyn StateStore {
        &self.store
    }

    async fn corrupt(&self, user: &UserId) -> Result<(), BoxError> {
        let connection = self.store.database.lock().await;
        connection.execute(
            "UPDATE session SET direction = 'SIDEWAYS' WHERE user = ?1",
            [user.expose()],
        )?;
        Ok(())
    }

    async fn corrupt_outbox(&self, user: &UserId) -> Result<(), BoxError> {
        let connection = self.store.database.lock().await;
        connection.execute(
            "UPDATE outbox SET format = 2 WHERE user = ?1",
            [user.expose()],
        )?;
        Ok(())
    }

    async fn stall(&self) -> Result<(), BoxError> {
        *self.held.lock().await = Some(self.store.database.lock().await);
        Ok(())
    }

    async fn resume(&self) -> Result<(), BoxError> {
        *self.held.lock().await = None;
        Ok(())
    }
}

fn main() -> ExitCode {
    let report = match std::env::args().nth(1) {
        Some(file) => conformance::run(
            async move || SqliteStore::open(&file).expect("the file is a database"),
            &[Capability::Tokens, Capability::Outbox],
        ),
        None => conformance::run(Testbed::new, CAN),
    };
    println!("{report}");
    if report.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    mod in_memory {
        vimbiso_state::conformance_tests! {
            crate::Testbed::new,
            can: [Tokens, Outbox, PausedClock, Corruption, Stall, LittleRoom]
        }
    }

    /// A file for each test, because `due` returns the users of all tests that share a store.
    mod in_a_file {
        use std::path::PathBuf;
        use std::sync::atomic::{AtomicUsize, Ordering};

        use vimbiso_state::StateStore;
        use vimbiso_state::store::conformance::Fixture;

        use crate::SqliteStore;

        static FILES: AtomicUsize = AtomicUsize::new(0);

        struct InAFile {
            store: SqliteStore,
            file: PathBuf,
        }

        impl InAFile {
            async fn open() -> Self {
                let number = FILES.fetch_add(1, Ordering::Relaxed);
                let name = format!("custom-store-{}-{number}.db", std::process::id());
                let file = std::env::temp_dir().join(name);
                let store = SqliteStore::open(&file).unwrap();
                Self { store, file }
            }
        }

        impl Drop for InAFile {
            fn drop(&mut self) {
                let _ = std::fs::remove_file(&self.file);
            }
        }

        impl Fixture for InAFile {
            fn store(&self) -> &dyn StateStore {
                &self.store
            }
        }

        vimbiso_state::conformance_tests! { InAFile::open, can: [Tokens, Outbox] }
    }
}
