//! The VimbisoPay specification: its stages, options, menus and data, as a ready
//! [`Flow`](crate::Flow).
//!
//! A program that works on the same sessions as a VimbisoPay bot takes these names and types from
//! here. The bot itself, with its texts and its API, is a package of its own: `crates/vimbisopay`
//! in the repository.
//!
//! ```
//! use vimbiso_state::vimbisopay::{CachedUser, Choice, Stage, TIER_1, TIER_2, Turn};
//! use vimbiso_state::{Answer, UserId};
//!
//! let mut turn = Turn::of(CachedUser::visitor(UserId::new("263771234567")?));
//! turn.show(&TIER_1);
//! assert_eq!(turn.pick("5"), Ok(Answer::Open(Choice::SwitchAccount)));
//! turn.show(&TIER_2);
//! assert_eq!(turn.pick("5"), Ok(Answer::Open(Choice::AuthorizeMember)));
//!
//! turn.select(Choice::Transactions)?;
//! turn.data_mut().page_number = 1;
//! assert_eq!(turn.stage(), Stage::Transactions);
//! assert!(turn.transition_to(Stage::Register, None).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stages
//! A conversation is in one of seventeen [`Stage`]s. It starts in `handle_action_menu`, and a reset
//! or a recovery leads back there. The wire name of each stage is `handle_action_` and its name in
//! snake case. Which stage may follow which is the table [`Stage::TABLE`](crate::Stage::TABLE): the
//! menu leads to registration, accounts, offers, transactions, members, notifications and further
//! options; each of them leads back to the menu.
//!
//! A conversation waits for its user in eleven of the stages; see [`Stage::waits_for_user`].
//!
//! # Options
//! The option is the step within a stage, and the last choice from a menu: a [`Choice`]. A choice
//! from a menu is stored under its own wire name, such as `handle_action_transactions`, and opens
//! the stage of that name. The others say what the stage waits for, such as `get_handle` or
//! `handle_action_confirm_offer_credex`.
//!
//! # Menus
//! There are two tiers. Which one to show is the bot's decision.
//!
//! | reply | basic, [`TIER_1`] | advanced, [`TIER_2`] |
//! |---|---|---|
//! | 1 | 💸 Offer Secured Credex | 💸 Offer Secured Credex |
//! | 2 | 📥 Pending Offers | 📥 Pending Offers |
//! | 3 | 📤 Review Outgoing | 📤 Review Outgoing |
//! | 4 | 📒 Review Transactions | 📒 Review Transactions |
//! | 5 | 🏡 Member Dashboard | 👥 Manage Members |
//! | 6 | | 🛎️ Notifications |
//! | 7 | | 🏡 Member Dashboard |
//!
//! A 5 means another thing in each tier, so a reply is resolved against the menu that the user was
//! shown last, not against the tier that holds when the reply arrives. The wire name of a choice is
//! accepted like its number.
//!
//! # Messages
//! A message is read in one order regardless of the stage: a greeting, an offer in one line, a
//! button, a choice, any other text. See [`Incoming`].
//!
//! # Data
//! A session holds a JSON object, [`Data`]; the default is `{}`.
//!
//! | field | type | content |
//! |---|---|---|
//! | `profile` | [`Profile`] | `member`: the registered [`Member`], or absent |
//! | `current_account` | [`Account`] | the account in use, or absent |
//! | `page_number` | integer | the page of transactions on display, from 1; 0 if absent |
//!
//! Until there is a member, the user has no name; the specification's default, "Welcome Visitor",
//! is what [`first_name_or_default`](crate::CachedUser::first_name_or_default) and
//! [`last_name_or_default`](crate::CachedUser::last_name_or_default) return. An empty object means
//! the same as an absent one in `profile`, `profile.member` and `current_account`. Fields that are
//! not named here survive a load and a commit, at every level.

mod choice;
mod data;
mod message;
mod profile;
mod stage;

pub use choice::{Choice, TIER_1, TIER_2};
pub use data::{Data, VimbisoPay};
pub use message::{ButtonId, Incoming};
pub use profile::{Account, Member, Profile, unwrapped};
pub use stage::Stage;

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
/// How a turn finds a VimbisoPay session; see [`SessionStatus`](crate::SessionStatus).
pub type SessionStatus = crate::session::SessionStatus<VimbisoPay>;
