//! What the tests share: a flow and a conversation of their own, servers, a faulty network, and
//! stores with hooks.
//!
//! It asks for no feature of `vimbiso-state`, so that a test run of the core alone is one.
// Read by the tests alone, which print what they need.
#![allow(missing_docs, missing_debug_implementations)]

pub mod bank;
pub mod certificates;
pub mod cluster;
pub mod command;
pub mod desk;
pub mod example;
pub mod gateway;
pub mod hooked;
pub mod hooks;
pub mod log;
pub mod one_stage;
pub mod phone;
pub mod pretender;
pub mod proxy;
pub mod records;
pub mod redis;
pub mod server;
pub mod sessions;
pub mod tokens;
pub mod transfer;

/// Fails with the value if it does not match the pattern.
#[macro_export]
macro_rules! assert_matches {
    ($value:expr, $($pattern:tt)+) => {
        match &$value {
            value => assert!(matches!(value, $($pattern)+), "{value:?}"),
        }
    };
}

/// Says that a test, or a part of it, did not run, and why. A test prints what it writes only if it
/// fails, so this goes past that.
pub fn skipped(why: &str) {
    use std::io::Write as _;
    let line = format!("SKIPPED: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}
