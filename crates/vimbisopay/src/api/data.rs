//! What the API's reads return.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use vimbiso_state::vimbisopay::{Account, Member};

use crate::redacted::shows_name_alone;

/// A member and their accounts.
#[derive(Clone, Default, PartialEq)]
pub struct Dashboard {
    /// The member.
    pub member: Member,
    /// Their accounts, the personal one first.
    pub accounts: Vec<Account>,
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("accounts", &self.accounts.len())
            .finish_non_exhaustive()
    }
}

/// Somebody an offer can be made to or a right be given to: a member or an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The id.
    pub id: String,
    /// The handle.
    pub handle: String,
    /// The name.
    pub name: String,
}
shows_name_alone!(Party);

/// Whose answer an offer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This account's.
    In,
    /// The other party's.
    Out,
}

/// An offer that waits for an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingOffer {
    /// The id.
    pub id: String,
    /// How much, with its denomination, such as `12.50 USD`.
    pub amount: String,
    /// Who offers it, or whom it is offered to.
    pub with: Party,
    /// Whether a balance stands behind it.
    pub secured: bool,
    /// The day it is due, if it is unsecured and has one.
    pub due: Option<Date>,
}
shows_name_alone!(PendingOffer);

/// A transaction of the past.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The id.
    pub id: String,
    /// How much, with its denomination and, where it was paid out, a minus: `-12.50 USD`.
    pub amount: String,
    /// Who paid, or was paid.
    pub with: Party,
    /// The day.
    pub date: Date,
    /// What it was for.
    pub memo: Option<String>,
}
shows_name_alone!(Transaction);

/// Who can be notified of what happens on an account, and who is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Who can be.
    pub candidates: Vec<Party>,
    /// The id of the one who is.
    pub current: Option<String>,
}

impl fmt::Debug for NotificationSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationSettings")
            .field("candidates", &self.candidates.len())
            .finish_non_exhaustive()
    }
}
