//! Reading what people type: numbers, words, and entries of a list.
//!
//! One rule reads all of it, so that an answer to a menu, to a list and to a yes-or-no question is
//! never understood in one place and refused in another.
//!
//! ```
//! use vimbiso_state::input;
//!
//! assert_eq!(input::number("1."), Some(1));
//! assert_eq!(input::number("١"), Some(1)); // Arabic
//! assert_eq!(input::number("1️⃣"), Some(1));
//! assert_eq!(input::number("-1"), None);
//! assert_eq!(input::word("\u{200f}YES! "), "yes");
//! ```

mod answer;
mod digit;
mod invisible;

pub use answer::{number, pick, trim, word};
