//! A message takes effect once, on the newest session, by legal steps, or it is refused and nothing has happened.

mod duplicate_deliveries;
mod expiry;
mod interleaved_messages;
#[cfg(feature = "vimbisopay")]
mod past_failures;
mod random_steps;
mod recovery;
mod refused_turns;
mod session_cache;
