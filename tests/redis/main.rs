//! What only the Redis store does: its keys, and how it deals with servers and networks that fail.
#![cfg(feature = "redis")]

mod bot_rights;
mod changed_retention;
mod claims_on_cluster;
mod clusters;
mod commit_ids;
mod connecting;
mod containers;
mod contents;
mod deliveries;
mod due;
mod due_on_cluster;
mod expiries;
mod failed_calls;
mod foreign_values;
mod gateways;
mod half_writes;
mod index_checks;
mod isolation;
mod late_requests;
mod lost_messages;
mod many_callers;
mod one_key;
mod outbox_bytes;
mod outbox_calls;
mod outbox_writes;
mod paused_clock;
mod restarts;
mod rights;
mod stored_bytes;
#[cfg(feature = "tls")]
mod tls;
mod tokens;
mod two_flows;
mod two_processes;
mod two_runtimes;
