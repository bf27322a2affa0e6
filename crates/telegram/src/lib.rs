//! A channel for a [`Bot`](vimbiso_state::bot::Bot): Telegram (the Bot API).
//!
//! Updates come in through a webhook or by polling, and are confirmed to Telegram **after the
//! commit**; replies go out until Telegram has accepted them. So a message is handled once and
//! answered, also if processes die in between: see the guide's chapter
//! [after the commit](vimbiso_state::guide::after_the_commit).
//!
//! # Ten minutes to the first message
//!
//! **1. At [BotFather](https://t.me/BotFather)** write `/newbot`, choose a name, and copy the
//! token. For a bot in groups, `/setprivacy` says whether it reads every message or only commands
//! and replies to itself. `/setcommands` fills the menu of commands. Nothing else needs to be set.
//!
//! **2. The bot**: a conversation whose replies are a [`Message`], or a `String`.
//! ```no_run
//! # mod cafe_bot {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
//! # }
//! # use cafe_bot::{Cafe, Till};
//! use vimbiso_state::bot::Bot;
//! use vimbiso_state::{MemoryStore, StateManager};
//! use vimbiso_telegram::{Client, Telegram, Token};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Token::new(std::env::var("TELEGRAM_TOKEN")?)?)?;
//! let manager = StateManager::<Cafe>::new(MemoryStore::new()); // Redis in production
//! let bot = Bot::new(manager, Till, client.clone());
//! tokio::spawn(bot.clone().work());
//! let telegram = Telegram::new(bot, client)?;
//!
//! // Without a public URL, in one process:
//! telegram.poll(std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! **3. Run it**, and write to the bot. `examples/tea_shop.rs` is a whole one with buttons and a
//! payment; without a token, it runs against a simulated Bot API.
//!
//! **4. For several processes**, serve a webhook behind HTTPS:
//! ```no_run
//! # mod cafe_bot {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/guide/cafe_bot.rs"));
//! # }
//! # use cafe_bot::Cafe;
//! # use vimbiso_telegram::{Client, Telegram};
//! use axum::Router;
//! use vimbiso_telegram::WebhookSecret;
//!
//! # async fn run(
//! #     client: Client,
//! #     telegram: Telegram<Cafe>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let secret = WebhookSecret::new(std::env::var("WEBHOOK_SECRET")?)?; // openssl rand -hex 32
//! client.set_webhook("https://bot.example.com/telegram", &secret, 40).await?;
//! let app = Router::new().nest("/telegram", telegram.webhook(secret));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//!
//! * [`Telegram`]: the bot with its [webhook](Telegram::webhook) and its [poller](Telegram::poll)
//! * [`Client`]: the client of the Bot API, and the channel of the bot
//! * [`Message`]: a reply, with the options of a menu as buttons
//! * [`Received`] and [`Content`]: what a user sent, to make the input of a conversation of
//! * [`Sessions`]: who shares a session in a group
//! * [`verify`] and [`parse`]: for a web server of your own
//! * `simulated::SimulatedApi`, with the feature `simulated`: a Bot API for tests
//!
//! # What to know
//!
//! * **A user is the conversation** of the bot with a chat, a topic and a user: see
//!   [`Sessions`]. The id has the bot's number, so several bots can share a store. A group that
//!   becomes a supergroup is another chat, whose conversations begin anew.
//! * **The same update twice** is recognised for as long as the store remembers commits. Ids are
//!   compared for being equal and in no other way: after a quiet week they begin anew.
//! * **A name of an option** has at most 47 bytes. [`Telegram::new`] checks that.
//! * **Alert** on errors in the log: a refused token, an update that was given up, an error of the
//!   store that needs a person. Telegram keeps updates for 24 hours.
//! * **Never a turn**: edited messages, reactions, posts of channels, messages of other bots,
//!   notices in a group such as a new member, and buttons without data or below a message of inline
//!   mode. A button is answered in any case.
//! * Not here: formatting, files that the bot sends, inline queries, Telegram's own payments.
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod failures;
mod message;
mod place;
mod polling;
mod sessions;
#[cfg(feature = "simulated")]
#[cfg_attr(docsrs, doc(cfg(feature = "simulated")))]
pub mod simulated;
mod telegram;
mod token;
mod update;
mod webhook;

pub use client::{ApiError, Client, ClientBuilder};
pub use message::{InvalidButton, Message, ToMessage};
pub use place::{InvalidPlace, Place};
pub use polling::PollError;
pub use sessions::Sessions;
pub use telegram::Telegram;
pub use token::{InvalidSecret, InvalidToken, Token, WebhookSecret, verify};
pub use update::{
    Content, Event, FileKind, Malformed, Membership, Person, Received, Update, parse,
};
