//! A store under test, and what a test can do to it from outside.

use async_trait::async_trait;

use crate::error::BoxError;
use crate::id::UserId;
use crate::store::StateStore;

/// A store under test, with whatever it stands on: a server, a folder, a connection of the test's own.
///
/// Every store is one that lends itself to calls alone. A type of one's own around a store can do more, and says so by a
/// [`Capability`](super::Capability) each. Written with `async-trait`, as the store itself.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn StateStore;

    /// Makes the user's stored session unreadable: takes a part of it away, or overwrites one. Leaves the rest.
    async fn damage(&self, user: &UserId) -> Result<(), BoxError> {
        let _ = user;
        Err("this fixture damages nothing".into())
    }

    /// Lets the store answer nothing from now on.
    async fn stall(&self) -> Result<(), BoxError> {
        Err("this fixture stalls nothing".into())
    }

    /// Ends that.
    async fn resume(&self) -> Result<(), BoxError> {
        Err("this fixture stalls nothing".into())
    }
}

impl<S: StateStore> Fixture for S {
    fn store(&self) -> &dyn StateStore {
        self
    }
}
