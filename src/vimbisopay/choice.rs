//! The choices and the two main menus.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::assert_choices;
use crate::flow::{self, Choice as _, ChoiceRow, MenuOptions, choice};
use crate::vimbisopay::stage::Stage;

/// A choice on a menu, or a step within a stage: the option of a session.
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
    /// The main menu.
    Menu,
    /// To become a member.
    Register,
    /// To open a business account.
    CreateBusinessAccount,
    /// To make an offer.
    OfferCredex,
    /// To see the incoming offers.
    PendingOffersIn,
    /// To see the outgoing offers.
    PendingOffersOut,
    /// To see the transactions.
    Transactions,
    /// To select an account.
    SwitchAccount,
    /// To manage who may act for the account.
    AuthorizeMember,
    /// To choose who is notified.
    Notifications,
    /// To see the choices that are not on the main menu.
    MoreOptions,
    /// A list of accounts is shown, and the user selects one.
    SelectAccountToUse,
    /// A list of members is shown, and the user selects one.
    SelectOption,
    /// The user is asked for the handle of a member.
    GetHandle,
    /// The user is asked to confirm the authorization of a member.
    ConfirmAuthorization,
    /// The user is asked to confirm an offer.
    ConfirmOfferCredex,
    /// A list of offers is shown, and the user selects one.
    DisplayOffers,
    /// A call to the API is announced, and its result is not recorded yet.
    Submitting,
}

// Each choice that opens a stage has the wire name of that stage.
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

/// The basic main menu.
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

/// The advanced main menu. Its number 5 means another choice than that of [`TIER_1`].
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

/// Writes the wire name.
impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Reads the wire name.
impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom("no choice has this name"))
    }
}
