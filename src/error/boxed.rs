//! An error of any type.

/// An error of any type, as hosts and store authors hand it in.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
