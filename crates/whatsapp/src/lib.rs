//! A channel for a [`Bot`](vimbiso_state::bot::Bot): WhatsApp (the Cloud API of Meta's Graph).
//! Meta's webhook is answered **after the commit**, and a reply is sent until WhatsApp has accepted
//! it: a message is handled once and answered, also if processes die in between.
//!
//! ```no_run
//! # mod cafe_bot {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
//! # }
//! # use cafe_bot::{Cafe, Till};
//! use vimbiso_state::bot::Bot;
//! use vimbiso_state::{MemoryStore, StateManager};
//! use vimbiso_whatsapp::{AppSecret, Client, Webhook, WhatsApp};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(std::env::var("PHONE_NUMBER_ID")?, std::env::var("ACCESS_TOKEN")?)?;
//! let whatsapp = WhatsApp::new(client);
//! let manager = StateManager::<Cafe>::new(MemoryStore::new()); // Redis in production
//! let bot = Bot::new(manager, Till, whatsapp.clone());
//! tokio::spawn(bot.clone().work());
//!
//! let secret = AppSecret::new(std::env::var("APP_SECRET")?)?;
//! let routes = Webhook::new(bot, secret, std::env::var("VERIFY_TOKEN")?, |message| {
//!     message.content.answer().map(str::to_owned) // the conversation's input
//! })
//! .statuses_to(&whatsapp)
//! .router()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, routes).await?;
//! # Ok(())
//! # }
//! ```
//!
//! `Cafe` is the conversation and `Till` the service of the guide's chapter [after the
//! commit](vimbiso_state::guide::after_the_commit#the-café-that-takes-payments).
//! `examples/tickets.rs` is a whole bot with buttons and a payment; without credentials it runs
//! against the simulated Graph API.
//!
//! # The guide
//! [Ten minutes to the first real message](guide). How many workers, which errors to alert on, and
//! which timeouts fit together: see the library's chapter [on a
//! channel](vimbiso_state::guide::on_a_channel).
//!
//! # The nouns
//! * A [`Webhook`] is a router: it [verifies](verify()) a delivery, [parses](webhook::parse) it,
//!   and hands each message to the bot. A [`webhook::Message`] is what a user has sent.
//! * A [`Message`] is what a reply says: a text, options, and a [`Template`] for the time when
//!   nothing else may be sent. [`ToMessage`] makes one of a host's own reply, and
//!   [`render`](render::render) brings it within WhatsApp's [`limits`] and cuts nothing.
//! * A [`Client`] sends it, and tells what was not sent from what may have been.
//! * [`WhatsApp`] is the channel of the bot. [What it does after each error](error) is a table.
//! * An [`OnIdChange`] says what becomes of a session whose user has a new number or id.
//!
//! # The feature `simulated`
//! `simulated::SimulatedGraph` is a Graph API on loopback, with users who write and press buttons:
//! for the tests of a bot, and to try one out. It fails as it is told. In a program that is
//! deployed, leave it out.
//!
//! # What this crate does not do
//! It sends no pictures, forms or locations, and downloads no media: a [`webhook::Content`] has
//! their ids. It starts no conversation: a template goes out only in place of a reply. It serves
//! neither groups nor calls. It does not register numbers or webhooks at Meta, and ends no TLS: put
//! it behind a proxy with a certificate.
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
pub mod guide;
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
