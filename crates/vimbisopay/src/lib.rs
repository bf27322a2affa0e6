//! The VimbisoPay bot: a conversation in which users become members, manage accounts and exchange
//! offers. It is ready for any channel and any accounts API.
//!
//! A host implements [`Api`] for its accounts, and builds a [`Bot`] with it. The bot looks facts
//! up, decides, commits, makes the calls and sends the replies; this package says what it decides.
//! `cargo run -p vimbisopay` runs it in the terminal, with a simulated API, and
//! `cargo run -p vimbisopay --bin whatsapp` serves it on WhatsApp, or shows it on a chat page.
//!
//! The stages, choices and main menus are those of [`vimbiso_state::vimbisopay`]. The session's
//! [`Data`] is that of the specification, plus a list of ids, a draft, and a place to return to.
//!
//! # An answer belongs to a question
//! Each menu, list and question has an id, and its buttons carry it. What the user types answers
//! the question that is open. A button of an earlier question, such as the *Yes* below another
//! offer, confirms nothing: the open question is asked again, or the offer is shown again. *Accept
//! all* accepts the offers that were shown, and none that has come in since.
//!
//! # A call that changes something
//! A message that leads to an [`ApiCall`] moves the session to
//! [`Choice::Submitting`](vimbiso_state::vimbisopay::Choice::Submitting). After the commit, the
//! [`Bot`] makes the call under one key until its outcome is certain, also after a crash, and also
//! if the user does not write again. The guide's chapter
//! [after the commit](vimbiso_state::guide::after_the_commit) says how. Then:
//! - A session that still waits in `submitting` moves on: to the menu, or back to where the call
//!   came from if it was refused. The reply tells the outcome and asks what is next.
//! - A user who went on meanwhile, or whose session has expired, reads the outcome alone.
//! - If the outcome takes longer than ten seconds, a bot with a channel says that the request is
//!   still in progress.
//!
//! A user has one call at a time. A user who wants another meanwhile, or who taps the same *Yes*
//! again, reads that the first one is still in progress.
//!
//! If a query fails, the session stays as it is, and the user is asked to try again. An account or
//! member is stored without its largest fields if it has more than 16 KiB.
//!
//! # Implementing the API
//! The numbered contract is on [`Api`]. This API has one member and one offer:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//!
//! use async_trait::async_trait;
//! use vimbiso_state::bot::{CallAnswer, Inbound};
//! use vimbiso_state::id::CallKey;
//! use vimbiso_state::vimbisopay::{Account, Member};
//! use vimbiso_state::{MemoryStore, MessageId, UserId};
//! use vimbisopay::{
//!     Api, ApiCall, ApiError, ApiService, Bot, Dashboard, NotificationSettings, Party,
//!     PendingOffer, Receipt, Side, StateManager, Transaction,
//! };
//!
//! /// The results of all calls by their key. A real API keeps them in its database.
//! #[derive(Default)]
//! struct OneOffer(Mutex<HashMap<CallKey, Result<String, String>>>);
//!
//! fn dashboard() -> Dashboard {
//!     let member = Member { first_name: "Ada".into(), ..Member::default() };
//!     let account = Account { account_id: "a1".into(), ..Account::default() };
//!     Dashboard { member, accounts: vec![account] }
//! }
//!
//! fn receipt(message: String) -> Receipt {
//!     Receipt { message, dashboard: dashboard() }
//! }
//!
//! #[async_trait]
//! impl Api for OneOffer {
//!     async fn dashboard(&self, _: &UserId) -> Result<Option<Dashboard>, ApiError> {
//!         Ok(Some(dashboard()))
//!     }
//!
//!     async fn perform(
//!         &self,
//!         _: &UserId,
//!         key: CallKey,
//!         call: &ApiCall,
//!     ) -> Result<Receipt, ApiError> {
//!         let mut results = self.0.lock().unwrap();
//!         let is_open = !results.values().any(Result::is_ok);
//!         // A key that is known gets the result of its first call, and changes nothing.
//!         let result = results.entry(key).or_insert_with(|| match call {
//!             ApiCall::Accept { offer } if offer == "o1" && is_open => {
//!                 Ok("You accepted 5.00 USD.".into())
//!             }
//!             _ => Err("That offer is not open.".into()),
//!         });
//!         result.clone().map(receipt).map_err(ApiError::refused)
//!     }
//!
//!     async fn outcome(
//!         &self,
//!         _: &UserId,
//!         key: CallKey,
//!     ) -> Result<CallAnswer<Receipt>, ApiError> {
//!         Ok(match self.0.lock().unwrap().get(&key).cloned() {
//!             Some(Ok(message)) => CallAnswer::done(receipt(message)),
//!             Some(Err(reason)) => CallAnswer::refused(reason),
//!             None => CallAnswer::not_found(),
//!         })
//!     }
//!
//!     // A key is never forgotten.
//!     fn repeat_for(&self) -> Duration {
//!         Duration::from_secs(24 * 60 * 60)
//!     }
//!
//!     // The other queries have nothing to show.
//!     async fn find_account(&self, _: &UserId, _: &str) -> Result<Option<Party>, ApiError> {
//!         Ok(None)
//!     }
//!     # async fn find_member(&self, _: &UserId, _: &str) -> Result<Option<Party>, ApiError> {
//!     #     Ok(None)
//!     # }
//!     # async fn offers(
//!     #     &self,
//!     #     _: &UserId,
//!     #     _: &str,
//!     #     _: Side,
//!     # ) -> Result<Vec<PendingOffer>, ApiError> {
//!     #     Ok(vec![])
//!     # }
//!     # async fn transactions(
//!     #     &self,
//!     #     _: &UserId,
//!     #     _: &str,
//!     #     _: u32,
//!     # ) -> Result<Vec<Transaction>, ApiError> {
//!     #     Ok(vec![])
//!     # }
//!     # async fn authorized_members(
//!     #     &self,
//!     #     _: &UserId,
//!     #     _: &str,
//!     # ) -> Result<Vec<Party>, ApiError> {
//!     #     Ok(vec![])
//!     # }
//!     # async fn notifications(
//!     #     &self,
//!     #     _: &UserId,
//!     #     _: &str,
//!     # ) -> Result<NotificationSettings, ApiError> {
//!     #     Ok(NotificationSettings::default())
//!     # }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let manager = StateManager::new(MemoryStore::new());
//! let service = ApiService::new(Arc::new(OneOffer::default()));
//! let bot = Bot::builder(manager, service).build()?; // a bot with a `channel(..)` sends by itself
//! tokio::spawn(bot.clone().work());
//! let user = UserId::new("263771234567")?;
//! let message = |id: &str, text: &str| {
//!     let id = MessageId::new(id)?;
//!     Ok::<_, vimbiso_state::Error>(Inbound::new(user.clone(), id, text.to_owned()))
//! };
//!
//! let answer = bot.answer(message("wamid.1", "hi")?).await?;
//! assert!(answer.replies[0].text.contains("4. 📒 Review Transactions"));
//!
//! let answer = bot.answer(message("wamid.2", "accept_o1")?).await?;
//! assert!(answer.replies[0].text.starts_with("✅ You accepted 5.00 USD."));
//!
//! // The channel delivers the message again: the same reply, and no second call.
//! let again = bot.answer(message("wamid.2", "accept_o1")?).await?;
//! assert!(again.duplicate);
//! assert_eq!(again.replies, answer.replies);
//! # Ok(())
//! # }
//! ```
//!
//! # Testing a decision
//! [`BotFlow`] implements [`Conversation`](vimbiso_state::bot::Conversation): pure functions that
//! need no store and no API. A decision that lacks an answer of the API asks for it:
//! ```
//! use vimbiso_state::bot::{Conversation, Next};
//! use vimbiso_state::vimbisopay::Stage;
//! use vimbiso_state::{CachedUser, UserId};
//! use vimbisopay::{ApiAnswer, ApiFact, ApiQuery, BotFlow, Turn};
//!
//! let user = CachedUser::visitor(UserId::new("263771234567")?);
//! let text = "hi".to_owned();
//! let next = BotFlow::decide(&mut Turn::of(user.clone()), &text, &[])?;
//! assert!(matches!(next, Next::Ask(ApiQuery::Dashboard)));
//!
//! let not_registered = ApiFact {
//!     query: ApiQuery::Dashboard,
//!     answer: Ok(ApiAnswer::Dashboard(None)),
//! };
//! let mut turn = Turn::of(user);
//! let next = BotFlow::decide(&mut turn, &text, &[not_registered])?;
//! assert!(matches!(next, Next::Reply(_)));
//! assert_eq!(turn.stage(), Stage::Register);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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

mod api;
mod conversation;
mod data;
mod flow;
pub mod program;
mod redacted;
mod reply;
pub mod simulated;
mod size_limit;
mod whatsapp;

pub use api::call::ApiCall;
pub use api::query::{ApiAnswer, ApiFact, ApiQuery};
pub use api::records::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
pub use api::service::ApiService;
pub use api::terms::{Amount, Handle, InvalidTerms, OfferTerms, Security};
pub use api::{Api, ApiError, Receipt};
pub use conversation::menu::{MORE_OPTIONS, REGISTER, menu_for};
pub use data::{Data, Place};
pub use flow::{Bot, BotFlow, CachedUser, StateManager, Turn};
pub use reply::{Button, Reply};
