//! What the API's queries return.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vimbiso_state::vimbisopay::{Account, Member};

use crate::redacted::debug_name_only;

/// A member and their accounts.
#[derive(Clone, Default, PartialEq)]
pub struct Dashboard {
    /// The member.
    pub member: Member,
    /// Their accounts, the personal one first.
    pub accounts: Vec<Account>,
}

/// Shows the number of accounts.
impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("accounts", &self.accounts.len())
            .finish_non_exhaustive()
    }
}

/// A member or an account, as the other side of an offer, a transaction or a right.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The id.
    pub id: String,
    /// The handle, without the `@`.
    pub handle: String,
    /// The display name.
    pub name: String,
}
debug_name_only!(Party);

/// The direction of an offer, seen from an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Incoming: made to this account, which may accept or decline it.
    In,
    /// Outgoing: made by this account, which may cancel it.
    Out,
}

/// An offer that is neither accepted, declined nor cancelled.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingOffer {
    /// The id.
    pub id: String,
    /// The amount with its denomination, such as `12.50 USD`.
    pub amount: String,
    /// The account on the other side.
    pub counterparty: Party,
    /// Whether it is covered by a balance.
    pub secured: bool,
    /// The due date of an unsecured offer, if it has one.
    pub due: Option<Date>,
}
debug_name_only!(PendingOffer);

/// A settled transaction.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The id.
    pub id: String,
    /// The amount with its denomination, such as `12.50 USD`, and with a minus if it was paid out.
    pub amount: String,
    /// The account on the other side.
    pub counterparty: Party,
    /// The day.
    pub date: Date,
    /// What it was for, in the payer's words.
    pub memo: Option<String>,
}
debug_name_only!(Transaction);

/// The member who is notified of events on an account, and those who could be.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotificationSettings {
    /// The members who can be notified.
    pub candidates: Vec<Party>,
    /// The id of the member who is notified.
    pub current: Option<String>,
}

/// Shows the number of candidates.
impl fmt::Debug for NotificationSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationSettings")
            .field("candidates", &self.candidates.len())
            .finish_non_exhaustive()
    }
}
