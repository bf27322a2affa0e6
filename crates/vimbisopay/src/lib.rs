//! The VimbisoPay bot: members, accounts and offers, ready for a channel and an accounts API.
//!
//! A host implements [`Api`] and hands each message to [`Bot::answer`]; what comes back is what to send. The bot looks up
//! what a decision needs, lets it be decided and committed, makes the call that was announced, and records its result.
//! `cargo run -p vimbisopay` starts a conversation in the terminal, with a simulated API.
//!
//! The conversation itself is two pure functions, [`decide`] and [`conclude`], and can be had without the bot. Its stages,
//! options and two of its menus are those of [`vimbiso_state::vimbisopay`]; [`State`] is the specification's data and what
//! the bot adds to it.
//!
//! ```
//! use vimbiso_state::vimbisopay::{Account, Choice, Incoming, Member, Stage};
//! use vimbiso_state::{CachedUser, UserId};
//! use vimbisopay::{Dashboard, Fact, Findings, Found, LookUp, Next, Turn, decide};
//!
//! // What the API would say of this user.
//! let member = Member {
//!     first_name: "Ada".into(),
//!     last_name: "Lovelace".into(),
//!     ..Member::default()
//! };
//! let account = Account {
//!     account_id: "a1".into(),
//!     is_owned_account: Some(false),
//!     ..Account::default()
//! };
//! let dashboard = Dashboard {
//!     member,
//!     accounts: vec![account],
//! };
//! let facts = [Fact {
//!     question: LookUp::Dashboard,
//!     answer: Ok(Found::Dashboard(Some(dashboard))),
//! }];
//!
//! let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567")?));
//! let Next::Reply(reply) = decide(&mut turn, &Incoming::parse("hi"), Findings::new(&facts))?
//! else {
//!     panic!("nothing is changed at the API, and all is looked up");
//! };
//! assert!(reply.text.contains("4. 📒 Review Transactions"));
//! assert_eq!((turn.stage(), turn.option()), (Stage::Menu, Some(Choice::Menu)));
//! assert_eq!(turn.user().first_name(), "Ada");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What changes something takes two turns
//! 1. The message's own turn moves to [`Choice::Submitting`](vimbiso_state::vimbisopay::Choice::Submitting), keeps the
//!    call as [`Pending`] in the session, and commits.
//! 2. The API is called under the id of that commit, which is the same however often the call is made.
//! 3. A second turn records what came back, and moves on, or back with the reason.
//!
//! A second delivery gets the reply of the first, and never makes the call. If a crash or an outage comes between the
//! turns, the session stays in `submitting`, and the user's next message makes the call again under the same key; if the
//! session has expired meanwhile, the user is told what became of it.
#![forbid(unsafe_code)]
#![warn(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod api;
mod bot;
mod conversation;
mod findings;
mod redacted;
mod reply;
mod size_limit;
mod state;

pub use api::call::ApiCall;
pub use api::data::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
pub use api::terms::{Amount, Handle, InvalidTerms, OfferTerms, Security};
pub use api::{Api, ApiError, Outcome, Receipt};
pub use bot::{Answer, Bot};
pub use conversation::conclude::conclude;
pub use conversation::decide;
pub use conversation::menu::{MORE_OPTIONS, REGISTER, menu_for};
pub use conversation::next::Next;
pub use findings::{Fact, Findings, Found, LookUp};
pub use reply::{Button, Reply};
pub use state::{BotFlow, CachedUser, Pending, State, StateManager, Turn};
