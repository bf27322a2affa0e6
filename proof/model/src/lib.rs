//! Models of the two protocols, every order of their steps explored: the [`commit`] of a message,
//! and the [`outbox`], which is what happens after it.
//!
//! Each protocol has scenarios in which every promise holds, and a `Design` whose rules can be left
//! out one by one, so that the tests see that each of them is needed.

pub mod commit;
mod explore;
pub mod outbox;

pub use explore::{Explored, counterexample, explore};
