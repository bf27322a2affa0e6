//! The settings of the memory store.

use std::time::Duration;

use super::store::MemoryStore;
use super::users::Limits;
use crate::error::Error;
use crate::store::{DEFAULT_RETENTION, check_retention};

/// The settings of a [`MemoryStore`].
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use vimbiso_state::MemoryStore;
///
/// let store = MemoryStore::builder()
///     .retention(Duration::from_secs(3600))
///     .max_users(10_000)
///     .max_bytes(64 << 20)
///     .build()?;
/// assert!(store.is_empty());
/// # Ok::<(), vimbiso_state::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until it is built"]
pub struct MemoryStoreBuilder {
    limits: Limits,
}

impl MemoryStoreBuilder {
    /// How long commit ids and the tombstones of expired sessions are kept. 24 h by default; from
    /// 10 minutes to 7 days.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::{MemoryStore, StateStore};
    ///
    /// let hour = Duration::from_secs(3600);
    /// let store = MemoryStore::builder().retention(hour).build()?;
    /// assert_eq!(store.retention(), hour);
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn retention(mut self, retention: Duration) -> Self {
        self.limits.retention = retention;
        self
    }

    /// How many users are kept at most, expired sessions within the retention included. A million
    /// by default. Concurrent writers may exceed it by a few.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MemoryStore;
    ///
    /// let store = MemoryStore::builder().max_users(10_000).build()?;
    /// # let _ = store;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn max_users(mut self, users: usize) -> Self {
        self.limits.max_users = users;
        self
    }

    /// How many bytes are kept at most, as estimated by [`MemoryStore::bytes`]. 1 GiB by default.
    /// Concurrent writers may exceed it by a few entries.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::MemoryStore;
    ///
    /// let store = MemoryStore::builder().max_bytes(64 << 20).build()?;
    /// # let _ = store;
    /// # Ok::<(), vimbiso_state::Error>(())
    /// ```
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_bytes = bytes;
        self
    }

    /// Builds the store.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use vimbiso_state::MemoryStore;
    ///
    /// let too_short = Duration::from_secs(1);
    /// assert!(MemoryStore::builder().retention(too_short).build().is_err());
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] if the retention is outside its limits.
    pub fn build(self) -> Result<MemoryStore, Error> {
        check_retention(self.limits.retention)?;
        Ok(MemoryStore::with(self.limits))
    }
}

impl MemoryStore {
    /// A store with the default settings: 24 h of retention, a million users, 1 GiB.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Self::builder().limits)
    }

    /// Sets up a store with other settings than the defaults.
    pub fn builder() -> MemoryStoreBuilder {
        MemoryStoreBuilder {
            limits: Limits {
                retention: DEFAULT_RETENTION,
                max_users: 1_000_000,
                max_bytes: 1 << 30,
            },
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}
