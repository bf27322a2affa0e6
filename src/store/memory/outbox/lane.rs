//! When a lane of an outbox may be worked on, and by whom.

use std::time::Duration;

use tokio::time::Instant;

use super::later;
use crate::store::memory::lease::HeldLease;
use crate::store::{LeaseHolder, LeaseRequest};

/// The lease on a lane, and the time of its first entry.
#[derive(Debug, Default)]
pub(super) struct LaneLease {
    pub(super) held: Option<HeldLease>,
    /// Until when the first entry is postponed.
    pub(super) not_before: Option<Instant>,
}

impl LaneLease {
    pub(super) fn take(&mut self, lease: &LeaseRequest, now: Instant) {
        self.held = Some(HeldLease {
            holder: lease.holder,
            until: later(now, lease.length),
            length: lease.length,
        });
    }

    /// Whether this holder took it last, also if it is over.
    pub(super) fn belongs_to(&self, holder: &LeaseHolder) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.holder == *holder)
    }

    pub(super) fn is_held_by(&self, holder: &LeaseHolder, now: Instant) -> bool {
        self.belongs_to(holder) && self.ends(now).is_some()
    }

    /// How long another holder still has it.
    pub(super) fn held_by_another(&self, holder: &LeaseHolder, now: Instant) -> Option<Duration> {
        let another = self.held.as_ref().filter(|held| held.holder != *holder);
        another.and_then(|held| held.remaining(now))
    }

    /// When the lease ends, if it is held.
    pub(super) fn ends(&self, now: Instant) -> Option<Instant> {
        let held = self.held.as_ref();
        held.filter(|held| held.remaining(now).is_some())
            .map(|held| held.until)
    }

    /// Whether the first entry is not postponed.
    pub(super) fn is_time(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|at| now >= at)
    }

    /// When the first entry can be taken by any holder.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let free = self.ends(now).unwrap_or(now);
        self.not_before.map_or(free, |at| at.max(free))
    }
}
