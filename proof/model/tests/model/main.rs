//! The checker on both protocols, and on designs without a part of them.

mod broken_commit;
mod broken_outbox;
mod small_worlds;
