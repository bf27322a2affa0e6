//! The calls that change something.

use serde::{Deserialize, Serialize};
use vimbiso_state::vimbisopay::Stage;

use crate::api::records::Party;
use crate::api::terms::{Handle, OfferTerms};
use crate::redacted::debug_name_only;

/// A call to the API that changes something.
///
/// It is stored before it is made, until its outcome is known.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum ApiCall {
    /// Makes the user a member.
    Register {
        /// The first name.
        first_name: String,
        /// The last name; empty if the user has only one name.
        last_name: String,
    },
    /// Opens a business account.
    CreateBusinessAccount {
        /// Its name.
        name: String,
        /// Its handle.
        handle: Handle,
    },
    /// Makes an offer.
    Offer {
        /// The id of the account that offers.
        account: String,
        /// The account that the offer is made to.
        to: Party,
        /// The amount, the handle and the security.
        terms: OfferTerms,
    },
    /// Accepts an incoming offer.
    Accept {
        /// The id of the offer.
        offer: String,
    },
    /// Declines an incoming offer.
    Decline {
        /// The id of the offer.
        offer: String,
    },
    /// Cancels an outgoing offer.
    Cancel {
        /// The id of the offer.
        offer: String,
    },
    /// Accepts the incoming offers that were shown to the user, and no other: those of them that
    /// are still open. Refused if none is.
    AcceptAll {
        /// The id of the account.
        account: String,
        /// The ids of the offers, as they were shown.
        offers: Vec<String>,
    },
    /// Gives a member the right to act for an account.
    Authorize {
        /// The id of the account.
        account: String,
        /// The member.
        member: Party,
    },
    /// Ends a member's right to act for an account.
    RemoveMember {
        /// The id of the account.
        account: String,
        /// The id of the member.
        member: String,
    },
    /// Chooses the member who is notified of events on an account.
    Notify {
        /// The id of the account.
        account: String,
        /// The id of the member.
        member: String,
    },
}
debug_name_only!(
    ApiCall: Register,
    CreateBusinessAccount,
    Offer,
    Accept,
    Decline,
    Cancel,
    AcceptAll,
    Authorize,
    RemoveMember,
    Notify
);

impl ApiCall {
    /// The stage of a session that waits for the outcome of the call.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Register { .. } => Stage::Register,
            Self::CreateBusinessAccount { .. } => Stage::CreateBusinessAccount,
            Self::Offer { .. } => Stage::OfferCredex,
            Self::Accept { .. } => Stage::AcceptOffer,
            Self::Decline { .. } => Stage::DeclineOffer,
            Self::Cancel { .. } => Stage::CancelOffer,
            Self::AcceptAll { .. } => Stage::AcceptAllIncomingOffers,
            Self::Authorize { .. } | Self::RemoveMember { .. } => Stage::AuthorizeMember,
            Self::Notify { .. } => Stage::Notifications,
        }
    }
}
