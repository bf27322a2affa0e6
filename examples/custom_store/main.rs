//! A store of your own, here on SQLite, and the proof that it keeps the contract.
//!
//! ```text
//! $ cargo run --example custom_store --features testing
//! …
//! ignored  dropped_outbox_commit_is_whole_or_not [StateStore 13], needs Outbox
//! 136 behaviours: 67 kept, 0 broken, 69 ignored
//! ```
//!
//! If you name a file, the sessions are kept in it, and the suite writes into it:
//! `-- /tmp/conformance.db`. The suite then waits in real time and cannot damage a session, so
//! it ignores some behaviours.

mod database;
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
            &[Capability::Tokens],
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
            can: [Tokens, PausedClock, Corruption, Stall, LittleRoom]
        }
    }

    /// One file for all tests, and a connection for each, like the processes of a machine.
    mod in_a_file {
        use std::path::PathBuf;
        use std::sync::Mutex;

        use vimbiso_state::StateStore;
        use vimbiso_state::store::conformance::Fixture;

        use crate::SqliteStore;

        static OPEN: Mutex<usize> = Mutex::new(0);

        struct Shared(SqliteStore);

        fn file() -> PathBuf {
            std::env::temp_dir().join(format!("custom-store-{}.db", std::process::id()))
        }

        impl Shared {
            async fn open() -> Self {
                let mut open = OPEN.lock().unwrap();
                *open += 1;
                Self(SqliteStore::open(file()).unwrap())
            }
        }

        /// The last connection removes the file.
        impl Drop for Shared {
            fn drop(&mut self) {
                let mut open = OPEN.lock().unwrap();
                *open -= 1;
                if *open == 0 {
                    let _ = std::fs::remove_file(file());
                }
            }
        }

        impl Fixture for Shared {
            fn store(&self) -> &dyn StateStore {
                &self.0
            }
        }

        vimbiso_state::conformance_tests! { Shared::open, can: [Tokens] }
    }
}
