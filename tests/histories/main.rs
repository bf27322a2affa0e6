//! The example `histories`: its checker finds what is wrong, finds it in three designs that do not hold, and nothing in ours.
//!
//! More of them: `cargo run --release --example histories -- --count 2000`, with `--kill` for servers that die.
#![cfg(feature = "redis")]

#[allow(dead_code)] // the example takes the rest
#[path = "../../examples/histories/checker/mod.rs"]
mod checker;
#[allow(dead_code)]
#[path = "../../examples/histories/history.rs"]
mod history;
#[allow(dead_code)]
#[path = "../../examples/histories/list.rs"]
mod list;

mod command;
mod rules;
