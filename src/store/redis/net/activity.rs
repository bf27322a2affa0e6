//! When a connection last showed that it works.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// When a connection was made, and when it last brought a reply to any call.
pub(super) struct Activity {
    since: Instant,
    /// In milliseconds after `since`.
    last_reply: AtomicU64,
}

impl Activity {
    pub(super) fn now() -> Self {
        Self {
            since: Instant::now(),
            last_reply: AtomicU64::new(0),
        }
    }

    /// When the connection was made.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Notes that a reply came.
    pub(super) fn record_reply(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Replies are recorded by several tasks, in any order.
        self.last_reply.fetch_max(elapsed, Ordering::Relaxed);
    }

    pub(super) fn last_reply(&self) -> Instant {
        self.since + Duration::from_millis(self.last_reply.load(Ordering::Relaxed))
    }
}
