//! The program `histories`: its checker finds what is wrong, finds it in three designs that do not
//! hold, and nothing in ours.
//!
//! More of them: `cargo run --release -p proof --bin histories -- --count 2000`, with `--kill` for
//! servers that die.

mod command;
mod rules;
