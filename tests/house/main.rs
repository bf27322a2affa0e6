//! The house is in order: who imports whom, and that the README shows what is true.

mod architecture;
#[cfg(feature = "vimbisopay")]
mod readme;
