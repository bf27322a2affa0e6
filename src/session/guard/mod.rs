//! The guard: data that holds a secret or exceeds a limit is not stored.

mod check;
mod invalid_state;
mod scan;
mod secret_names;

pub(super) use check::check;
pub use invalid_state::InvalidState;
