//! What only the Redis store does: its keys, its server's faults, its network's.
#![cfg(feature = "redis")]

mod changed_retention;
mod clusters;
mod connecting;
mod containers;
mod deliveries;
mod isolation;
mod late_strokes;
mod lost_messages;
mod one_key;
mod outages;
mod rights;
mod stored_bytes;
mod strange_bytes;
#[cfg(feature = "tls")]
mod tls;
mod two_processes;
