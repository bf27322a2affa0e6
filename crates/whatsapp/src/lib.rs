//! A channel for a [`Bot`](vimbiso_state::bot::Bot): WhatsApp (the Cloud API of Meta's Graph).
//!
//! # What comes in
//! * [`Webhook`] is a router: it [verifies](verify()) a delivery, [parses](webhook::parse) it, and
//!   hands each message to the bot. It answers 200 when all is committed.
//!
//! # What goes out
//! * A [`Message`] is what a reply says: a text, options, and a [`Template`] for the time when
//!   nothing else may be sent. [`ToMessage`] makes one of a host's own reply.
//! * [`render`](render::render) brings it within WhatsApp's [`limits`], and cuts nothing.
//! * A [`Client`] sends it, and tells what was not sent from what may have been.
//! * [`WhatsApp`] is the channel of the bot. [What it does after each error](error) is a table.
//! * `simulated::SimulatedGraph` (feature `simulated`) is a Graph API on loopback, for tests and
//!   for a bot without credentials.
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
mod rekey;
pub mod render;
mod router;
#[cfg(feature = "simulated")]
pub mod simulated;
mod verify;
pub mod webhook;

pub use channel::WhatsApp;
pub use client::Client;
pub use message::{Message, Template, ToMessage};
pub use rekey::OnIdChange;
pub use router::Webhook;
pub use verify::{AppSecret, InvalidAppSecret, InvalidSignature, verify};
