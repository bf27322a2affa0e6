//! The checker on the whole protocol, and on designs without a part of it.

mod broken_designs;
mod small_worlds;
