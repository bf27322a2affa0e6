//! The stages and their transition table.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::assert_transitions;
use crate::flow::{self, Row, Stage as _, row};

/// A stage of the VimbisoPay conversation. Its wire name is `handle_action_` and the name in snake
/// case.
///
/// # Examples
/// ```
/// use vimbiso_state::Stage as _;
/// use vimbiso_state::vimbisopay::Stage;
///
/// assert_eq!(Stage::OfferCredex.name(), "handle_action_offer_credex");
/// assert_eq!(Stage::from_name("handle_action_menu"), Some(Stage::START));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The main menu. A conversation starts here.
    Menu,
    /// A visitor becomes a member.
    Register,
    /// The user selects an account.
    SelectProfile,
    /// Passed on the way to [`SelectProfile`](Self::SelectProfile) or back to the menu.
    SwitchAccount,
    /// The user opens a business account.
    CreateBusinessAccount,
    /// How to find an agent. Passed on the way to the menu.
    FindAgent,
    /// The user makes an offer.
    OfferCredex,
    /// The open offers to the account.
    PendingOffersIn,
    /// The open offers of the account.
    PendingOffersOut,
    /// The transactions of the account, page by page.
    Transactions,
    /// The API is called to accept an offer.
    AcceptOffer,
    /// The API is called to decline an offer.
    DeclineOffer,
    /// The API is called to cancel an offer.
    CancelOffer,
    /// The API is called to accept the offers to the account that were shown.
    AcceptAllIncomingOffers,
    /// The user manages who else may act for the account.
    AuthorizeMember,
    /// The user chooses who is notified of events on the account.
    Notifications,
    /// The choices that are not on the main menu.
    MoreOptions,
}

impl flow::Stage for Stage {
    const START: Self = Self::Menu;

    #[rustfmt::skip] // one row a line
    const TABLE: &'static [Row<Self>] = {
        use Stage::*;

        // A button is pressed in one of these, and a refusal leads back to it.
        const WAITING: &[Stage] = &[
            Menu, SelectProfile, CreateBusinessAccount, OfferCredex, PendingOffersIn,
            PendingOffersOut, Transactions, AuthorizeMember, Notifications, MoreOptions,
        ];
        // Offers in one line and buttons are read before the stage, so what they open may follow
        // every stage in which a member can send a message.
        const FROM_ANYWHERE: &[Stage] = &[
            Menu, OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer,
            AcceptAllIncomingOffers,
        ];
        &[
            row(Menu, "handle_action_menu", &[
                Register, SwitchAccount, OfferCredex, PendingOffersIn, PendingOffersOut,
                Transactions, AuthorizeMember, Notifications, MoreOptions, AcceptOffer,
                DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(Register, "handle_action_register", &[Menu, SelectProfile]),
            row(SelectProfile, "handle_action_select_profile", &[
                Menu, CreateBusinessAccount, FindAgent, OfferCredex, PendingOffersIn, AcceptOffer,
                DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(SwitchAccount, "handle_action_switch_account", &[Menu, SelectProfile]),
            row(CreateBusinessAccount, "handle_action_create_business_account", &[
                Menu, SelectProfile, OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer,
                CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(FindAgent, "handle_action_find_agent", &[Menu]),
            row(OfferCredex, "handle_action_offer_credex", FROM_ANYWHERE),
            row(PendingOffersIn, "handle_action_pending_offers_in", FROM_ANYWHERE),
            row(PendingOffersOut, "handle_action_pending_offers_out", FROM_ANYWHERE),
            row(Transactions, "handle_action_transactions", FROM_ANYWHERE),
            row(AcceptOffer, "handle_action_accept_offer", WAITING),
            row(DeclineOffer, "handle_action_decline_offer", WAITING),
            row(CancelOffer, "handle_action_cancel_offer", WAITING),
            row(AcceptAllIncomingOffers, "handle_action_accept_all_incoming_offers", WAITING),
            row(AuthorizeMember, "handle_action_authorize_member", FROM_ANYWHERE),
            row(Notifications, "handle_action_notifications", FROM_ANYWHERE),
            row(MoreOptions, "handle_action_more_options", &[
                Menu, CreateBusinessAccount, AuthorizeMember, PendingOffersOut, OfferCredex,
                PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
        ]
    };
}
assert_transitions!(Stage);

impl Stage {
    /// Whether a session waits for a message in this stage. It is in the other stages only while
    /// the API is called, or within one turn.
    #[must_use]
    pub const fn waits_for_user(self) -> bool {
        use Stage::*;
        !matches!(
            self,
            SwitchAccount
                | FindAgent
                | AcceptOffer
                | DeclineOffer
                | CancelOffer
                | AcceptAllIncomingOffers
        )
    }
}

/// Writes the wire name.
impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Reads the wire name.
impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom("no stage has this name"))
    }
}
