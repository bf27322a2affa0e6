//! The program `histories`: its checker finds each kind of violation, finds one in each of three
//! broken designs, and none in the crate's own store.
//!
//! More of them: `cargo run --release -p proof --bin histories -- --count 2000`, with `--kill` for
//! servers that die.

mod command;
mod payment_rules;
mod payments;
mod rules;
