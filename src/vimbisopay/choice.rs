//! The choices and the menus that offer them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::assert_choices;
use crate::flow::{self, Choice as _, ChoiceRow, MenuOptions, choice};
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
    const TABLE: &'static [ChoiceRow<Self, Stage>] = &[
        choice(Self::Menu, "handle_action_menu", Some(Stage::Menu)),
        choice(
            Self::Register,
            "handle_action_register",
            Some(Stage::Register),
        ),
        choice(
            Self::CreateBusinessAccount,
            "handle_action_create_business_account",
            Some(Stage::CreateBusinessAccount),
        ),
        choice(
            Self::OfferCredex,
            "handle_action_offer_credex",
            Some(Stage::OfferCredex),
        ),
        choice(
            Self::PendingOffersIn,
            "handle_action_pending_offers_in",
            Some(Stage::PendingOffersIn),
        ),
        choice(
            Self::PendingOffersOut,
            "handle_action_pending_offers_out",
            Some(Stage::PendingOffersOut),
        ),
        choice(
            Self::Transactions,
            "handle_action_transactions",
            Some(Stage::Transactions),
        ),
        choice(
            Self::SwitchAccount,
            "handle_action_switch_account",
            Some(Stage::SwitchAccount),
        ),
        choice(
            Self::AuthorizeMember,
            "handle_action_authorize_member",
            Some(Stage::AuthorizeMember),
        ),
        choice(
            Self::Notifications,
            "handle_action_notifications",
            Some(Stage::Notifications),
        ),
        choice(
            Self::MoreOptions,
            "handle_action_more_options",
            Some(Stage::MoreOptions),
        ),
        choice(Self::SelectAccountToUse, "select_account_to_use", None),
        choice(Self::SelectOption, "select_option", None),
        choice(Self::GetHandle, "get_handle", None),
        choice(Self::ConfirmAuthorization, "confirm_authorization", None),
        choice(
            Self::ConfirmOfferCredex,
            "handle_action_confirm_offer_credex",
            None,
        ),
        choice(Self::DisplayOffers, "handle_action_display_offers", None),
        choice(Self::Submitting, "submitting", None),
    ];
}
assert_choices!(Choice);

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
