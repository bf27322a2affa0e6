//! A store under test, and what a test can do to it from outside.

use async_trait::async_trait;

use crate::error::BoxError;
use crate::id::UserId;
use crate::store::StateStore;

/// A store under test, with what it needs: a server, a directory, a connection of the test's own.
///
/// Every store is a fixture that can only be called. Write a fixture of your own around a store to
/// test more; each method that you implement is a [`Capability`](super::Capability).
///
/// # Examples
/// ```
/// use async_trait::async_trait;
/// use vimbiso_state::store::conformance::Fixture;
/// use vimbiso_state::{MemoryStore, StateStore};
///
/// struct InDirectory {
///     store: MemoryStore, // in real life: a store of your own
///     path: std::path::PathBuf,
/// }
///
/// #[async_trait]
/// impl Fixture for InDirectory {
///     fn store(&self) -> &dyn StateStore {
///         &self.store
///     }
/// }
///
/// impl Drop for InDirectory {
///     fn drop(&mut self) {
///         let _ = std::fs::remove_dir_all(&self.path);
///     }
/// }
/// ```
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn StateStore;

    /// Makes the user's stored session unreadable, by removing or overwriting a part of it.
    ///
    /// # Errors
    /// Fails the behaviour. Unless implemented, it always fails.
    async fn corrupt(&self, user: &UserId) -> Result<(), BoxError> {
        let _ = user;
        Err("this fixture cannot corrupt a session".into())
    }

    /// Makes the user's outbox unreadable, as one that a later release has written in a form that
    /// this store does not know. Needed if the store keeps outboxes too.
    ///
    /// # Errors
    /// Fails the behaviour. Unless implemented, it always fails.
    async fn corrupt_outbox(&self, user: &UserId) -> Result<(), BoxError> {
        let _ = user;
        Err("this fixture cannot corrupt an outbox".into())
    }

    /// Makes the store answer no call from now on.
    ///
    /// # Errors
    /// Fails the behaviour. Unless implemented, it always fails.
    async fn stall(&self) -> Result<(), BoxError> {
        Err("this fixture cannot stall its store".into())
    }

    /// Ends the effect of [`stall`](Self::stall).
    ///
    /// # Errors
    /// Fails the behaviour. Unless implemented, it always fails.
    async fn resume(&self) -> Result<(), BoxError> {
        Err("this fixture cannot stall its store".into())
    }
}

impl<S: StateStore> Fixture for S {
    fn store(&self) -> &dyn StateStore {
        self
    }
}
