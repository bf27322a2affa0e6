//! The choices and the menus that offer them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::flow::{self, Choice as _, MenuOptions};
use crate::vimbisopay::stage::Stage;

/// A choice on a menu, or the sub-step within a stage: the `_option` of a session.
///
/// # Examples
/// ```
/// use vimbiso_state::Choice as _;
/// use vimbiso_state::vimbisopay::{Choice, Stage};
///
/// assert_eq!(Choice::Transactions.name(), "handle_action_transactions");
/// assert_eq!(Choice::Transactions.leads_to(), Some(Stage::Transactions));
/// assert_eq!(Choice::Submitting.leads_to(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Back at the main menu.
    Menu,
    /// Becoming a member.
    Register,
    /// SessionStatus a business account.
    CreateBusinessAccount,
    /// Making an offer.
    OfferCredex,
    /// The incoming offers.
    PendingOffersIn,
    /// The outgoing offers.
    PendingOffersOut,
    /// The transactions.
    Transactions,
    /// The member's accounts.
    SwitchAccount,
    /// Who may act for the account.
    AuthorizeMember,
    /// Who is notified.
    Notifications,
    /// What is not on the main menu.
    MoreOptions,
    /// A list of accounts is shown.
    SelectAccountToUse,
    /// A list of members is shown.
    SelectOption,
    /// A member's handle is asked for.
    GetHandle,
    /// Whether to authorize a member is asked.
    ConfirmAuthorization,
    /// Whether to make the offer is asked.
    ConfirmOfferCredex,
    /// A list of offers is shown.
    DisplayOffers,
    /// A call that changes something was announced, and its result is not known yet.
    Submitting,
}

impl flow::Choice<Stage> for Choice {
    const ALL: &'static [Self] = &[
        Self::Menu,
        Self::Register,
        Self::CreateBusinessAccount,
        Self::OfferCredex,
        Self::PendingOffersIn,
        Self::PendingOffersOut,
        Self::Transactions,
        Self::SwitchAccount,
        Self::AuthorizeMember,
        Self::Notifications,
        Self::MoreOptions,
        Self::SelectAccountToUse,
        Self::SelectOption,
        Self::GetHandle,
        Self::ConfirmAuthorization,
        Self::ConfirmOfferCredex,
        Self::DisplayOffers,
        Self::Submitting,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Menu => "handle_action_menu",
            Self::Register => "handle_action_register",
            Self::CreateBusinessAccount => "handle_action_create_business_account",
            Self::OfferCredex => "handle_action_offer_credex",
            Self::PendingOffersIn => "handle_action_pending_offers_in",
            Self::PendingOffersOut => "handle_action_pending_offers_out",
            Self::Transactions => "handle_action_transactions",
            Self::SwitchAccount => "handle_action_switch_account",
            Self::AuthorizeMember => "handle_action_authorize_member",
            Self::Notifications => "handle_action_notifications",
            Self::MoreOptions => "handle_action_more_options",
            Self::SelectAccountToUse => "select_account_to_use",
            Self::SelectOption => "select_option",
            Self::GetHandle => "get_handle",
            Self::ConfirmAuthorization => "confirm_authorization",
            Self::ConfirmOfferCredex => "handle_action_confirm_offer_credex",
            Self::DisplayOffers => "handle_action_display_offers",
            Self::Submitting => "submitting",
        }
    }

    fn leads_to(self) -> Option<Stage> {
        match self {
            Self::Menu => Some(Stage::Menu),
            Self::Register => Some(Stage::Register),
            Self::CreateBusinessAccount => Some(Stage::CreateBusinessAccount),
            Self::OfferCredex => Some(Stage::OfferCredex),
            Self::PendingOffersIn => Some(Stage::PendingOffersIn),
            Self::PendingOffersOut => Some(Stage::PendingOffersOut),
            Self::Transactions => Some(Stage::Transactions),
            Self::SwitchAccount => Some(Stage::SwitchAccount),
            Self::AuthorizeMember => Some(Stage::AuthorizeMember),
            Self::Notifications => Some(Stage::Notifications),
            Self::MoreOptions => Some(Stage::MoreOptions),
            Self::SelectAccountToUse
            | Self::SelectOption
            | Self::GetHandle
            | Self::ConfirmAuthorization
            | Self::ConfirmOfferCredex
            | Self::DisplayOffers
            | Self::Submitting => None,
        }
    }
}

/// The basic menu.
pub static TIER_1: MenuOptions<Choice> = MenuOptions::new(
    "tier_1",
    &[
        (Choice::OfferCredex, "💸 Offer Secured Credex"),
        (Choice::PendingOffersIn, "📥 Pending Offers"),
        (Choice::PendingOffersOut, "📤 Review Outgoing"),
        (Choice::Transactions, "📒 Review Transactions"),
        (Choice::SwitchAccount, "🏡 Member Dashboard"),
    ],
);

/// The advanced menu. Its 5 is not the basic menu's 5.
pub static TIER_2: MenuOptions<Choice> = MenuOptions::new(
    "tier_2",
    &[
        (Choice::OfferCredex, "💸 Offer Secured Credex"),
        (Choice::PendingOffersIn, "📥 Pending Offers"),
        (Choice::PendingOffersOut, "📤 Review Outgoing"),
        (Choice::Transactions, "📒 Review Transactions"),
        (Choice::AuthorizeMember, "👥 Manage Members"),
        (Choice::Notifications, "🛎️ Notifications"),
        (Choice::SwitchAccount, "🏡 Member Dashboard"),
    ],
);

/// Its wire name.
impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom("no choice has this name"))
    }
}
