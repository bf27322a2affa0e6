//! A channel for a [`Bot`](vimbiso_state::bot::Bot): WhatsApp (the Cloud API of Meta's Graph).
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod channel;
pub mod client;
pub mod error;
pub mod limits;
pub mod message;
pub mod render;
#[cfg(feature = "simulated")]
pub mod simulated;

pub use channel::WhatsApp;
pub use client::Client;
pub use message::{Message, Template, ToMessage};
