//! What the programs that check the library from outside have in common. They use its public API
//! alone.
//!
//! ```text
//! cargo run --release -p proof --bin histories -- --seed 1 --count 20 --kill
//! cargo run --release -p proof --bin soak -- --minutes 1 --sessions 2000 --seed 1
//! cargo run --release -p proof --bin token_soak
//! ```

pub mod checker;
pub mod command_line;
pub mod history;
pub mod list;
pub mod payments;

/// An error of any type, with which a program ends.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
