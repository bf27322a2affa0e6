//! A lease until its end.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::LeaseHolder;

/// A lease, until its end.
#[derive(Debug)]
pub(super) struct HeldLease {
    pub(super) holder: LeaseHolder,
    pub(super) until: Instant,
    pub(super) length: Duration,
}

impl HeldLease {
    /// How long it still lasts. More than its length is left only if the clock was set back, or
    /// another runtime's paused clock is ahead of this one: then it is over.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        let left = self.until.checked_duration_since(now)?;
        (!left.is_zero() && left <= self.length).then_some(left)
    }
}
