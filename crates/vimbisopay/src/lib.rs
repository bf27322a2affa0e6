//! The VimbisoPay bot: a conversation in which users become members, manage accounts and exchange
//! offers. It is ready for any channel and any accounts API.
//!
//! A host implements [`Api`] and passes each message to [`Bot::answer`], which returns the reply to
//! send. `cargo run -p vimbisopay` runs the bot in the terminal, with a simulated API.
//!
//! The stages, choices and main menus are those of [`vimbiso_state::vimbisopay`]. The session's
//! [`Data`] is that of the specification, plus a list of ids, a draft and a pending call.
//!
//! # One message
//! 1. [`Bot::answer`] loads the session and calls [`decide`], a pure function.
//! 2. If the decision needs an answer of the API, it returns [`Next::Ask`]. The bot makes the query
//!    and calls [`decide`] again, with one more [`ApiFact`].
//! 3. The turn is committed together with its reply, and then the reply is returned.
//!
//! A second delivery of the message gets the reply of the first and changes nothing. If a query
//! fails, nothing is changed, and the user is asked to try again.
//!
//! # An answer belongs to a question
//! Each menu, list and question has an id, and its buttons carry it. What the user types answers
//! the question that is open. A button of an earlier question, such as the *Yes* below another
//! offer, confirms nothing: the open question is asked again, or the offer is shown again. *Accept
//! all* accepts the offers that were shown, and none that has come in since.
//!
//! # A call takes two turns
//! A call that changes something at the API, an [`ApiCall`], takes two turns:
//!
//! 1. The turn of the message moves to
//!    [`Choice::Submitting`](vimbiso_state::vimbisopay::Choice::Submitting), stores the call as
//!    [`Pending`] in the session, and commits.
//! 2. The bot calls [`Api::perform`] with the id of that commit as the idempotency key.
//! 3. A second turn, [`record_result`], records the result and moves on, or back to where the call
//!    came from if it was refused. It commits under `message.step("result")`.
//!
//! If a crash or an outage comes between the two turns, the session stays in `submitting`. The
//! user's next message, with any text, makes the same call again with the same key. A second
//! delivery of the first message never makes the call: it gets the reply of the result if that is
//! recorded, and otherwise a text that says to send another message. If the session expires while
//! it is in `submitting`, the next message asks [`Api::outcome`] and tells the user.
//!
//! What the protocol does not do:
//! - It relies on the API to let a key take effect once. Without that, a call may be made twice.
//! - It makes no call on its own: a pending call waits for a message of the user.
//! - A session has one pending call at a time.
//! - The outcome of an expired call is known only while the store keeps the expired session's
//!   tombstone; see [`StateStore::retention`](vimbiso_state::StateStore::retention).
//! - An account or member is stored without its largest fields if it has more than 16 KiB.
//!
//! # Implementing the API
//! The numbered contract is on [`Api`]. This API has one member and one offer:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex};
//!
//! use async_trait::async_trait;
//! use vimbiso_state::vimbisopay::{Account, Member};
//! use vimbiso_state::{CommitId, MemoryStore, MessageId, UserId};
//! use vimbisopay::{
//!     Api, ApiCall, ApiError, Bot, Dashboard, NotificationSettings, Outcome, Party, PendingOffer,
//!     Receipt, Side, StateManager, Transaction,
//! };
//!
//! /// The results of all calls by their key. A real API keeps them in its database.
//! #[derive(Default)]
//! struct OneOffer(Mutex<HashMap<CommitId, Result<String, String>>>);
//!
//! fn dashboard() -> Dashboard {
//!     let member = Member { first_name: "Ada".into(), ..Member::default() };
//!     let account = Account { account_id: "a1".into(), ..Account::default() };
//!     Dashboard { member, accounts: vec![account] }
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
//!         key: CommitId,
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
//!         match result.clone() {
//!             Ok(message) => Ok(Receipt { message, dashboard: dashboard() }),
//!             Err(reason) => Err(ApiError::Refused { reason }),
//!         }
//!     }
//!
//!     async fn outcome(&self, _: &UserId, key: CommitId) -> Result<Outcome, ApiError> {
//!         Ok(match self.0.lock().unwrap().get(&key).cloned() {
//!             Some(Ok(message)) => Outcome::Done { message },
//!             Some(Err(reason)) => Outcome::Refused { reason },
//!             None => Outcome::NotFound,
//!         })
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
//! let bot = Bot::new(manager, Arc::new(OneOffer::default()));
//! let user = UserId::new("263771234567")?;
//!
//! let answer = bot.answer(&user, &MessageId::new("wamid.1")?, "hi").await?;
//! assert!(answer.reply.text.contains("4. 📒 Review Transactions"));
//!
//! let accept = MessageId::new("wamid.2")?;
//! let answer = bot.answer(&user, &accept, "accept_o1").await?;
//! assert!(answer.reply.text.starts_with("✅ You accepted 5.00 USD."));
//!
//! // The channel delivers the message again: the same reply, and no second call.
//! let again = bot.answer(&user, &accept, "accept_o1").await?;
//! assert!(again.duplicate);
//! assert_eq!(again.reply, answer.reply);
//! # Ok(())
//! # }
//! ```
//!
//! # Without the bot
//! [`decide`] and [`record_result`] are the whole conversation, without I/O. A host that needs
//! other steps around them calls them in turns of its own; [`ApiFacts`] shows how to pass answers
//! to a decision.
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
mod data;
mod flow;
mod pending;
mod redacted;
mod reply;
mod size_limit;

pub use api::call::ApiCall;
pub use api::facts::ApiFacts;
pub use api::query::{ApiAnswer, ApiFact, ApiQuery};
pub use api::records::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
pub use api::terms::{Amount, Handle, InvalidTerms, OfferTerms, Security};
pub use api::{Api, ApiError, Outcome, Receipt};
pub use bot::{Answer, Bot};
pub use conversation::decide;
pub use conversation::menu::{MORE_OPTIONS, REGISTER, menu_for};
pub use conversation::next::Next;
pub use conversation::result::record_result;
pub use data::Data;
pub use flow::{BotFlow, CachedUser, StateManager, Turn};
pub use pending::Pending;
pub use reply::{Button, Reply};
