//! Models.
pub mod commit;
mod explore;
pub mod outbox;

pub use explore::{Explored, counterexample, explore};
