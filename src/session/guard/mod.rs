//! The guard: data that holds a secret, exceeds a limit or cannot be read back is not stored.

mod check;
mod field_path;
mod invalid_state;
mod names;
mod read_back;
mod scan;
mod secret_names;
mod traversal;
mod tree;

pub(super) use check::{Checked, check_data, check_reply, not_writable};
pub use invalid_state::InvalidState;
pub use read_back::ReadBackError;
