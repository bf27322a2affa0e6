//! The commit of a message.
//!
//! One session in one store; two or three workers, to which messages are delivered, some of them to
//! several workers. A worker loads the session or uses its cache, decides, and sends a commit. The
//! network loses it, delivers it late or many times, or loses the answer; the worker gives up,
//! resolves the commit, or dies. The session expires, loses a key, or falls back to what a replica
//! knew.
//!
//! The model is an abstraction of `StateStore`'s contract and of `StateManager::handle`, not the
//! code itself. It leaves out tokens; the data, except for the messages in it; time, except for its
//! effects; and the end of the retention, because a whole run is within it. Recorded commit ids are
//! not evicted.

mod actions;
#[cfg(test)]
mod mirror;
mod promises;
mod scenario;
mod store;
mod worker;
mod world;

pub use actions::Action;
pub use scenario::{Faults, SCENARIOS, Scenario};
pub use store::Design;
pub use world::World;
