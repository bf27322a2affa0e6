//! The hints that this process has given to the index of a cluster.

use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::id::UserId;

/// How many users' hints a process remembers.
const REMEMBERED: usize = 16 * 1024;

/// The hints that this process has given for work.
// A hint that is forgotten is given again, which costs a request.
pub(super) struct Hints(pub(super) Cache<UserId, (i64, Instant)>);

impl Hints {
    pub(super) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}
