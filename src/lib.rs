//! State management for chat bots: **one message, one effect, one round trip**, and from there to
//! the payment and to the reply that the user reads, **each once, also if processes die**.
//!
//! Webhooks arrive at least once, in parallel and out of order; several workers share the load;
//! servers restart. With this crate each message moves its conversation by allowed steps, exactly
//! once, on the newest state, or it changes nothing and says why. A [`Bot`](bot::Bot) makes the
//! call that follows and sends the reply.
//!
//! ```
//! # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
//! # use cafe::{Cafe, DRINKS};
//! use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let manager = StateManager::<Cafe>::new(MemoryStore::new());
//! let user = UserId::new("263771234567")?;
//! let message = MessageId::new("wamid.1")?; // from the webhook
//!
//! let handled = manager
//!     .handle(&user, &message, |turn| {
//!         turn.show(&DRINKS); // the next answer, "2", is read against this menu
//!         Ok(Step::Commit(format!("What would you like?\n{DRINKS}")))
//!     })
//!     .await?; // committed, or an error
//! println!("{}", handled.into_output()?.unwrap_or_default()); // reply only now
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The nouns
//! * A [`Flow`] is a conversation: its [`Stage`]s with their transition table, its [`Choice`]s, and
//!   the data it remembers.
//! * A [`MenuOptions`] offers choices. An [`Answer`] says if it belongs to the question that is
//!   open.
//! * A [`CachedUser`] is a user at one version of the session; a [`CachedUserState`] is the session
//!   itself.
//! * A [`Turn`] is one message being handled, on a copy of the session. It ends in a [`Step`].
//! * A [`StateManager`] loads, lets the host decide, and commits; [`Handled`] says what became of
//!   the message.
//! * A [`Bot`](bot::Bot) holds a [`Conversation`](bot::Conversation): it decides, commits, calls
//!   the host's API under a key, and replies. What a dead process leaves, another one does.
//! * A [`StateStore`] keeps sessions, by a contract of numbered guarantees. [`MemoryStore`] is
//!   embedded; `RedisStore` is shared by any number of processes.
//! * A [`TokenSource`](token::TokenSource) issues tokens for the host's API;
//!   [`with_token`](StateManager::with_token) makes a call with a valid one.
//!
//! # The guide
//! [`guide`] explains [why](guide::why), [your own conversation](guide::conversation), [menus and
//! questions](guide::menus), [handling a message](guide::handling), [after the
//! commit](guide::after_the_commit), [errors and redelivery](guide::errors),
//! [tokens](guide::tokens), [Redis](guide::redis), [testing](guide::testing), the [production
//! checklist](guide::production) and [channels](guide::on_a_channel).
//!
//! # Features
//! Rust 1.88 or later.
//! * `redis` (default): `RedisStore`, described in the guide's chapter on [Redis](guide::redis).
//! * `tls`: Redis over TLS, with private authorities and client certificates.
//! * `vault`: tokens and stored replies are sealed before a store gets them.
//! * `vimbisopay`: the specification of VimbisoPay, a WhatsApp payments bot: its stages, options,
//!   menus and data.
//! * `testing`: the conformance suite, which checks a store of your own against the contract.
//!
//! # What this crate does not do
//! It speaks to no channel by itself, verifies no webhook and no token signature, and keeps no
//! history: a session is the state of one conversation for five minutes, not a ledger.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod bot;
mod error;
pub mod flow;
pub mod guide;
pub mod id;
pub mod input;
pub mod manager;
pub mod session;
pub mod store;
mod sync;
pub mod token;
pub mod turn;
#[cfg(feature = "vimbisopay")]
pub mod vimbisopay;

pub use error::{Error, Redelivery, StoreError};
pub use flow::{Answer, Choice, Flow, Member, MenuOptions, Stage};
pub use id::{CommitId, Direction, JwtToken, MessageId, UserId};
pub use manager::StateManager;
pub use session::{CachedUser, CachedUserState, SessionStatus};
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{MemoryStore, StateStore};
pub use turn::{Handled, Step, Turn};

/// The README's code is compiled and run with the documentation's.
#[cfg(all(doctest, feature = "redis"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
