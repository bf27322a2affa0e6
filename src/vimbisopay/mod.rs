//! The VimbisoPay conversation: members, accounts and offers, ready for a channel and an accounts API.
//!
//! A host implements [`Api`] and hands each message to [`Bot::answer`]; what comes back is what to send. The bot looks up
//! what a decision needs, lets it be decided and committed, makes the call that was announced, and records its result.
//!
//! The conversation itself is two pure functions, [`decide`] and [`conclude`], and can be had without the bot. It knows
//! seventeen [`Stage`]s, four menus ([`TIER_1`], [`TIER_2`], [`MORE_OPTIONS`], [`REGISTER`]) and the [`State`] of the
//! specification:
//!
//! ```
//! use vimbiso_state::UserId;
//! use vimbiso_state::vimbisopay::{
//!     Account, CachedUser, Choice, Dashboard, Findings, Found, Incoming, LookUp, Member, Next, Stage, Turn, decide,
//! };
//!
//! // What the API would say of this user.
//! let member = Member { first_name: "Ada".into(), last_name: "Lovelace".into(), ..Member::default() };
//! let account = Account { account_id: "a1".into(), is_owned_account: Some(false), ..Account::default() };
//! let mut found = Findings::default();
//! found.note(LookUp::Dashboard, Found::Dashboard(Some(Dashboard { member, accounts: vec![account] })));
//!
//! let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567")?));
//! let Next::Reply(reply) = decide(&mut turn, &Incoming::parse("hi"), &found)? else { panic!("nothing is changed at the API") };
//! assert!(reply.text.contains("4. 📒 Review Transactions"));
//! assert_eq!((turn.stage(), turn.option()), (Stage::Menu, Some(Choice::Menu)));
//! assert_eq!(turn.user().first_name(), "Ada");
//! # Ok::<(), vimbiso_state::BoxError>(())
//! ```
//!
//! # What changes something takes two turns
//! 1. The message's own turn moves to [`Choice::Submitting`], keeps the call as [`Pending`] in the session, and commits.
//! 2. The API is called under the id of that commit, which is the same however often the call is made.
//! 3. A second turn records what came back, and moves on, or back with the reason.
//!
//! A second delivery gets the reply of the first, and never makes the call. Where a crash or an outage comes between the
//! turns, the session stays in `submitting`, and the user's next message makes the call again under the same key; where the
//! session has expired meanwhile, the user is told what became of it.

mod api;
mod bot;
mod call;
mod choice;
mod conversation;
mod findings;
mod fit;
mod listing;
mod message;
mod profile;
mod redacted;
mod reply;
mod stage;
mod state;
mod terms;

pub use api::{Api, ApiError, Outcome, Receipt};
pub use bot::{Answer, Bot};
pub use call::ApiCall;
pub use choice::{Choice, MORE_OPTIONS, REGISTER, TIER_1, TIER_2, menu_for};
pub use conversation::{Next, conclude, decide};
pub use findings::{Findings, Found, LookUp, Missing};
pub use listing::{Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction};
pub use message::{ButtonId, Incoming};
pub use profile::{Account, Member, Profile, unwrapped};
pub use reply::{Button, Reply};
pub use stage::Stage;
pub use state::{Pending, State};
pub use terms::{Amount, Date, Handle, InvalidTerms, OfferTerms, Security};

use crate::flow::Flow;

/// The VimbisoPay conversation, as a [`Flow`].
#[derive(Debug, Clone, Copy)]
pub struct VimbisoPay;

impl Flow for VimbisoPay {
    type Stage = Stage;
    type Choice = Choice;
    type State = State;

    fn member(state: &State) -> Option<crate::flow::Member<'_>> {
        let member = state.profile.member.as_ref()?;
        Some(crate::flow::Member {
            first_name: &member.first_name,
            last_name: &member.last_name,
        })
    }
}

/// A [`StateManager`](crate::StateManager) of VimbisoPay sessions.
pub type StateManager = crate::manager::StateManager<VimbisoPay>;
/// A [`CachedUser`](crate::CachedUser) of VimbisoPay.
pub type CachedUser = crate::session::CachedUser<VimbisoPay>;
/// A [`CachedUserState`](crate::CachedUserState) of VimbisoPay.
pub type CachedUserState = crate::session::CachedUserState<VimbisoPay>;
/// A [`Turn`](crate::Turn) of a VimbisoPay conversation.
pub type Turn = crate::turn::Turn<VimbisoPay>;
/// What became of a message; see [`Handled`](crate::Handled).
pub type Handled<T> = crate::turn::Handled<VimbisoPay, T>;
/// How a turn finds a VimbisoPay session; see [`Opening`](crate::Opening).
pub type Opening = crate::session::Opening<VimbisoPay>;
/// A [`StateUpdate`](crate::StateUpdate) of a VimbisoPay session.
pub type StateUpdate = crate::StateUpdate<VimbisoPay>;
