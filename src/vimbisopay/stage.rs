//! The stages and their transition table.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::assert_transitions;
use crate::flow::{self, Row, Stage as _, row};

/// Where a VimbisoPay conversation stands. Wire name: `handle_action_` and the name in snake case.
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
    /// The main menu, where a conversation starts.
    Menu,
    /// A visitor becomes a member.
    Register,
    /// Which account to use.
    SelectProfile,
    /// On the way to the accounts.
    SwitchAccount,
    /// A business account is opened.
    CreateBusinessAccount,
    /// Where to find an agent, on the way to the menu.
    FindAgent,
    /// An offer is made.
    OfferCredex,
    /// The offers that wait for this account's answer.
    PendingOffersIn,
    /// The offers of this account that wait for an answer.
    PendingOffersOut,
    /// The account's transactions, page by page.
    Transactions,
    /// An offer is being accepted.
    AcceptOffer,
    /// An offer is being declined.
    DeclineOffer,
    /// An offer is being cancelled.
    CancelOffer,
    /// All incoming offers are being accepted.
    AcceptAllIncomingOffers,
    /// Who else may act for the account.
    AuthorizeMember,
    /// Who is told of what happens on the account.
    Notifications,
    /// What is not on the main menu.
    MoreOptions,
}

impl flow::Stage for Stage {
    const START: Self = Self::Menu;

    #[rustfmt::skip] // one row a line
    const TABLE: &'static [Row<Self>] = {
        use Stage::*;

        // A refused button leads back to wherever it was pressed.
        const RESTING: &[Stage] = &[
            Menu, SelectProfile, CreateBusinessAccount, OfferCredex, PendingOffersIn, PendingOffersOut, Transactions,
            AuthorizeMember, Notifications, MoreOptions,
        ];
        // Offers in one line and buttons are read before the stage, so what they open follows every stage where a member rests.
        const ANYWHERE: &[Stage] = &[
            Menu, OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
        ];
        &[
            row(Menu, "handle_action_menu", &[
                Register, SwitchAccount, OfferCredex, PendingOffersIn, PendingOffersOut, Transactions, AuthorizeMember,
                Notifications, MoreOptions, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(Register, "handle_action_register", &[Menu, SelectProfile]),
            row(SelectProfile, "handle_action_select_profile", &[
                Menu, CreateBusinessAccount, FindAgent,
                OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(SwitchAccount, "handle_action_switch_account", &[Menu, SelectProfile]),
            row(CreateBusinessAccount, "handle_action_create_business_account", &[
                Menu, SelectProfile,
                OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
            row(FindAgent, "handle_action_find_agent", &[Menu]),
            row(OfferCredex, "handle_action_offer_credex", ANYWHERE),
            row(PendingOffersIn, "handle_action_pending_offers_in", ANYWHERE),
            row(PendingOffersOut, "handle_action_pending_offers_out", ANYWHERE),
            row(Transactions, "handle_action_transactions", ANYWHERE),
            row(AcceptOffer, "handle_action_accept_offer", RESTING),
            row(DeclineOffer, "handle_action_decline_offer", RESTING),
            row(CancelOffer, "handle_action_cancel_offer", RESTING),
            row(AcceptAllIncomingOffers, "handle_action_accept_all_incoming_offers", RESTING),
            row(AuthorizeMember, "handle_action_authorize_member", ANYWHERE),
            row(Notifications, "handle_action_notifications", ANYWHERE),
            row(MoreOptions, "handle_action_more_options", &[
                Menu, CreateBusinessAccount, AuthorizeMember, PendingOffersOut,
                OfferCredex, PendingOffersIn, AcceptOffer, DeclineOffer, CancelOffer, AcceptAllIncomingOffers,
            ]),
        ]
    };
}
assert_transitions!(Stage);

impl Stage {
    /// Whether a conversation rests here, waiting for a message. In the others it stands only while the API is asked, or not
    /// beyond one message.
    #[must_use]
    pub const fn rests(self) -> bool {
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

/// Its wire name.
impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Stage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| serde::de::Error::custom("no stage has this name"))
    }
}
