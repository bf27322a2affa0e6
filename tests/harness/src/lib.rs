//! What the tests share: a small flow of their own, servers, a faulty network, and stores with hooks.
//!
//! It asks for no feature of `vimbiso-state`, so that the tests of the core alone are what they say.
// Read by the tests alone, which print what they need.
#![allow(missing_docs, missing_debug_implementations)]

pub mod certificates;
pub mod cluster;
pub mod desk;
pub mod hooked;
pub mod hooks;
pub mod log;
pub mod one_stage;
pub mod pretender;
pub mod proxy;
pub mod records;
pub mod redis;
pub mod server;
pub mod sessions;
pub mod tokens;
