//! A message takes effect once, on the newest session, by allowed steps, or it is refused and has
//! changed nothing.

mod duplicate_deliveries;
mod error_paths;
mod exchanged_turns;
mod expiry;
mod facts;
mod interleaved_messages;
mod menus;
mod past_failures;
mod random_steps;
mod read_back;
mod recovery;
mod redelivery;
mod refused_data;
mod refused_turns;
mod session_cache;
mod stopped_turns;
mod stored_replies;
mod updates;
mod users_for_tests;
