//! A channel for a [`Bot`](vimbiso_state::bot::Bot): Telegram (the Bot API).
#![forbid(unsafe_code)]

mod client;
mod failures;
#[cfg(feature = "fake")]
pub mod fake;
mod message;
mod place;
mod polling;
mod sessions;
mod telegram;
mod token;
mod update;
mod webhook;

pub use client::{ApiError, Client, ClientBuilder};
pub use message::{InvalidButton, Message};
pub use place::{InvalidPlace, Place};
pub use polling::PollError;
pub use sessions::Sessions;
pub use telegram::Telegram;
pub use token::{InvalidSecret, InvalidToken, Token, WebhookSecret, verify};
pub use update::{
    Content, Event, FileKind, Malformed, Membership, Person, Received, Update, parse,
};
