//! The checker against the whole protocol, and against designs that lack a part of it.

mod broken_designs;
mod small_worlds;
