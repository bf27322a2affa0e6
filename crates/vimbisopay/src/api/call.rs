//! The calls that change something.

use serde::{Deserialize, Serialize};
use vimbiso_state::vimbisopay::Stage;

use crate::api::data::Party;
use crate::api::terms::{Handle, OfferTerms};
use crate::redacted::shows_name_alone;

/// A call to the API that changes something.
///
/// It is announced in the session before it is made, and made under the announcing commit's id; see
/// [`Pending`](crate::Pending).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum ApiCall {
    /// Makes the user a member.
    Register {
        /// The first name.
        first_name: String,
        /// The last name.
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
        /// Who has the handle.
        to: Party,
        /// What is offered.
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
    /// Accepts every incoming offer of an account.
    AcceptAll {
        /// The id of the account.
        account: String,
    },
    /// Lets a member act for an account.
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
    /// Chooses who is notified of what happens on an account.
    Notify {
        /// The id of the account.
        account: String,
        /// The id of the member.
        member: String,
    },
}
shows_name_alone!(
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
    /// The stage that a session stands in while this is asked.
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
