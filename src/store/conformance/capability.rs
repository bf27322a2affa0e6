//! What can be done to a store in a test, beside calling it.

use std::fmt;

/// Something that some behaviours need beyond the calls of a store. A behaviour whose need is not met is
/// [untried](super::Outcome::Untried), and said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// The store keeps tokens: [`StateStore::tokens`](crate::StateStore::tokens) is `Some`.
    Tokens,
    /// The store's time is tokio's, and nothing outside the process has a part in it: on a paused clock it lives through
    /// hours in no time. Without it every wait is a real one, and nothing that takes a whole
    /// [retention](crate::StateStore::retention) is tried.
    PausedClock,
    /// A stored session can be made unreadable, by [`Fixture::damage`](super::Fixture::damage).
    Corruption,
    /// The store can be made to answer nothing, by [`Fixture::stall`](super::Fixture::stall).
    Stall,
    /// The store has little room: it is full before it holds a thousand sessions of 60 KiB.
    LittleRoom,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
