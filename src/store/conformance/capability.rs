//! What a test can do with a store, besides its session calls.

use std::fmt;

/// Something that some behaviours need beyond the session calls of a store. A behaviour whose need
/// is not met is [ignored](super::Outcome::Ignored) and reported as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// The store keeps tokens: [`StateStore::tokens`](crate::StateStore::tokens) is `Some`.
    ///
    /// This one is checked: every behaviour fails if the capability and the store disagree.
    Tokens,
    /// The store keeps outboxes: [`StateStore::outbox`](crate::StateStore::outbox) is `Some`.
    ///
    /// This one is checked too. No other test may use the same store at the same time, because
    /// [`due`](crate::store::OutboxStore::due) returns and claims the users of all.
    Outbox,
    /// The store reads tokio's clock, and nothing outside the process takes part. On a paused
    /// clock, hours pass at once. Without it every wait takes real time, and behaviours that take a
    /// whole [retention](crate::StateStore::retention) are ignored.
    PausedClock,
    /// A stored session can be made unreadable, by [`Fixture::corrupt`](super::Fixture::corrupt),
    /// and an outbox, if the store keeps any, by
    /// [`Fixture::corrupt_outbox`](super::Fixture::corrupt_outbox).
    Corruption,
    /// The store can be made to answer nothing, by [`Fixture::stall`](super::Fixture::stall).
    Stall,
    /// The store has little room: it is full before it holds 1,000 sessions of 60 KiB.
    LittleRoom,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
