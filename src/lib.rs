//! State management for chat bots: **one message, one effect, one round trip**.
//!
//! A bot gets a message, must know where this user stands, must decide, must remember. Webhooks come at least once, in
//! parallel and out of order; there are several workers; servers restart. Here each message moves the conversation by legal
//! steps, exactly once, on its newest state, or changes nothing and says why.
//!
//! ```
//! # #[cfg(feature = "vimbisopay")] {
//! use vimbiso_state::vimbisopay::{StateManager, TIER_1};
//! use vimbiso_state::{MemoryStore, MessageId, UserId};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
//! # runtime.block_on(async {
//! let manager = StateManager::new(MemoryStore::new());
//! let (user, message) = (UserId::mobile("+263 77 123-4567")?, MessageId::new("wamid.1")?);
//!
//! let handled = manager
//!     .turn(&user, &message, |turn| {
//!         turn.show(&TIER_1);
//!         Ok(format!("Hello {}!\n{TIER_1}", turn.user().first_name()))
//!     })
//!     .await?;
//! assert!(!handled.is_duplicate());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # }
//! ```
//!
//! # The nouns
//! * A [`Flow`] is a conversation: its [`Stage`]s with their transition table, its [`Choice`]s, and the state it remembers.
//! * A [`MenuOptions`] offers choices. A reply is read against the menu as it was last shown.
//! * A [`CachedUser`] is a user at one version of the session, a [`CachedUserState`] where the conversation stands.
//! * A [`Turn`] is one message being handled, on a copy; an [`Opening`] says how the session was found.
//! * A [`StateManager`] loads, lets the host decide, and commits. What became of the message is [`Handled`].
//! * A [`TokenSource`] issues tokens; [`with_token`](StateManager::with_token) makes a call with one that will do.
//! * A [`StateStore`] remembers sessions; its contract is a list of numbered guarantees. [`MemoryStore`] is the embedded one,
//!   `RedisStore` is shared by any number of processes.
//!
//! # The path of one message
//! 1. It waits until earlier messages of its user are through.
//! 2. What this process committed last serves as a guess at the session; without one, the session is loaded, together with
//!    what is recorded under the message's [`CommitId`].
//! 3. The closure decides on a copy. Steps are checked against the table; an error or a panic leaves no trace.
//! 4. One atomic commit writes the session and records the message, if the session still is what was decided on. If the guess
//!    was stale or another worker was faster, the session comes back with the refusal, and the closure decides again. A
//!    message that has taken effect before gets the reply remembered then.
//! 5. Only then does the host have a reply to send.
//!
//! # The words
//! * A **guess** is the session as this process committed it last. A turn that is decided on one is **warm**: one round trip. One
//!   that loads first is **cold**: two. A guess that has become stale costs a second round trip, and decides nothing.
//! * The **retention** is how long a store knows a message again, and an expired session from a new one.
//! * A **fence** is what [`resolve`](StateManager::resolve) records of a commit that was not applied: it never will be.
//!
//! # What to do about an error
//! A channel delivers a message again where its webhook is answered by a 5xx. That is safe after every [`Error`]: a message that
//! has taken effect is a duplicate. So the question is whether another delivery can help, and whether a person must.
//!
//! | [`Error`] | answer | and |
//! |---|---|---|
//! | [`Contended`](Error::Contended), `Store(`[`Unavailable`](StoreError::Unavailable)`)` | 5xx | alert where it lasts |
//! | `Store(`[`Unknown`](StoreError::Unknown)`)` | 5xx | the next delivery settles it; [`resolve`](StateManager::resolve) does where none comes |
//! | `Store(`[`OverCapacity`](StoreError::OverCapacity)` or `[`Denied`](StoreError::Denied)` or `[`Misconfigured`](StoreError::Misconfigured)`)` | 5xx | alert: the store needs room, rights or a setting |
//! | `Store(`[`Corrupt`](StoreError::Corrupt)` or `[`TooLarge`](StoreError::TooLarge)`)` | 5xx | alert: something foreign stands under this user's keys |
//! | [`NewerFormat`](Error::NewerFormat) | 5xx | a newer worker can take it; alert where there is none |
//! | [`Conflict`](Error::Conflict), after [`begin`](StateManager::begin) | – | begin again |
//! | [`State`](Error::State) | 2xx | tell the user to write it in another way: the next delivery holds the same |
//! | [`Stale`](Error::Stale), [`Fenced`](Error::Fenced) | 2xx | it never takes effect: ask the user to send it anew |
//! | [`UserId`](Error::UserId), [`MessageId`](Error::MessageId) | 2xx | what came is no message of a user |
//! | [`Token`](Error::Token) | – | get another token |
//! | [`Refused`](Error::Refused), [`NotOnMenu`](Error::NotOnMenu), [`Name`](Error::Name), [`ReplyTooLarge`](Error::ReplyTooLarge), [`Reply`](Error::Reply), [`Replaced`](Error::Replaced) | 2xx | alert: the bot's own mistake, which another delivery repeats |
//! | [`Setting`](Error::Setting) | – | at start-up: mend it |
//! | [`Host`](Error::Host) | yours | it came out of your closure |
//!
//! Of [`with_token`](StateManager::with_token), [`NoToken`](CallError::NoToken) passes by itself where the source or the store
//! comes back; after [`TokenRefused`](CallError::TokenRefused) the API does not take a fresh token either, and a person must look.
//!
//! # Settings
//! A session slides for 300 s and ends after 12 h; a call takes at most 2 s, a token source 3 s; 10,000 sessions are guessed at
//! ([`StateManagerBuilder`]). A store's retention is 24 h. [`MemoryStore`] holds a million users and 1 GiB, and refuses what is
//! beyond. `RedisStore` has no namespace and five keys, gives an attempt to connect 1 s, and gives up a connection that is silent for
//! 500 ms while an answer is due. No environment variable is read.
//!
//! # Features
//! Rust 1.88 or later.
//! * `redis` (default): sessions in Redis, shared by any number of processes.
//! * `tls`: Redis over TLS (`rediss://`), with a private authority and a client certificate where there are any.
//! * `vimbisopay`: the VimbisoPay specification, its stages, options, menus and data, as a ready flow.
//! * `vault`: tokens and remembered replies are sealed before a store gets them.
//! * `testing`: the conformance suite, which proves of any store that it keeps the contract.
//!
//! # What this crate does not do
//! It sends and receives no messages, verifies no webhook and no token, and keeps no history: a session is the state of one
//! conversation for five minutes, not a ledger.
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

mod direction;
mod error;
pub mod flow;
mod handled;
mod manager;
mod message_id;
mod opening;
mod queue;
mod record;
mod refresh;
mod shards;
mod state;
pub mod store;
mod sync;
mod token;
mod turn;
mod update;
mod user;
mod user_id;
#[cfg(feature = "vault")]
mod vault;
#[cfg(feature = "vimbisopay")]
pub mod vimbisopay;

pub use direction::{Direction, InvalidDirection};
pub use error::{BoxError, Error};
pub use flow::{Choice, Flow, Member, MenuOptions, NotOnMenu, Refused, Row, Stage, mermaid, row};
pub use handled::{Handled, Reply};
pub use manager::{Begun, GuessCounts, StateManager, StateManagerBuilder};
pub use message_id::{CommitId, InvalidCommitId, InvalidMessageId, MessageId};
pub use opening::Opening;
pub use record::{Damage, InvalidState, InvalidVersion, Record, Trace, Version, check_state};
pub use refresh::{CallError, SourceError, TokenError, TokenSource};
pub use state::CachedUserState;
#[cfg(feature = "redis")]
pub use store::{KeyLayout, RedisStore};
pub use store::{MemoryStore, StateStore, StoreError};
pub use token::{InvalidToken, JwtToken};
pub use turn::Turn;
pub use update::{Change, StateUpdate};
pub use user::CachedUser;
pub use user_id::{InvalidUserId, UserId};
#[cfg(feature = "vault")]
pub use vault::{InvalidKeyId, KeyRing, RepeatedKeyId, Vault, VaultKey};

/// The README's code is compiled and run with the documentation's.
#[cfg(all(doctest, feature = "vimbisopay"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
