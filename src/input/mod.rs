//! Reading what people type: numbers, words, entries of a list, and names.
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
mod name;
mod name_character;

pub use answer::{number, pick, trim, word};
pub(crate) use digit::decimal;
pub(crate) use invisible::{is_blank, is_invisible};
pub use name::{InvalidName, MAX_NAME, business_name, person_name};
