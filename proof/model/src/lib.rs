//! A model of the commit protocol, every order of its steps explored.
//!
//! One session in one store; two or three workers, to whom messages are delivered, some of them to
//! several. A worker loads or guesses, decides, and sends a commit. The network loses it, delivers
//! it late or many times, or loses the reply; the worker gives up, asks what became of it, or dies.
//! The session expires, loses a key, or falls back to what a replica knew.
//!
//! The model is an abstraction of [`StateStore`'s contract][contract] and of `StateManager::turn`,
//! not the code itself. What it leaves out: tokens; what the states say, but for the messages that
//! are in them; time, but for its effects; and the end of the retention, within which all of a run
//! takes place. Recorded commit ids are not evicted.
//!
//! [contract]: https://docs.rs/vimbiso-state/latest/vimbiso_state/store/trait.StateStore.html

mod actions;
mod explore;
#[cfg(test)]
mod mirror;
mod promises;
mod scenario;
mod store;
mod worker;
mod world;

pub use actions::Action;
pub use explore::Explored;
pub use scenario::{Faults, SCENARIOS, Scenario};
pub use store::Design;
pub use world::World;
