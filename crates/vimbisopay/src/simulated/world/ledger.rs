//! The accounts with their balances and transactions.

use serde_json::json;
use vimbiso_state::vimbisopay::Account;

use crate::api::records::{Party, Transaction};
use crate::simulated::world::money::usd;

pub(crate) struct Ledger {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) handle: String,
    /// The id of the member who owns the account.
    pub(crate) owner: String,
    pub(crate) tier: u8,
    /// The balance.
    pub(crate) cents: i64,
    /// The ids of the members who may act for the account besides its owner.
    pub(crate) authorized: Vec<String>,
    /// The id of the member who is notified.
    pub(crate) notified: String,
    /// The newest first.
    pub(crate) transactions: Vec<Transaction>,
}

impl Ledger {
    pub(crate) fn party(&self) -> Party {
        Party {
            id: self.id.clone(),
            handle: self.handle.clone(),
            name: self.name.clone(),
        }
    }

    /// Whether this member may act for the account.
    pub(crate) fn is_run_by(&self, person: &str) -> bool {
        self.owner == person || self.authorized.iter().any(|id| id == person)
    }

    /// The account as the API sends it, with the balance wrapped.
    pub(crate) fn account(&self) -> Account {
        let balance = usd(self.cents);
        Account {
            account_id: self.id.clone(),
            account_name: Some(self.name.clone()),
            account_handle: Some(self.handle.clone()),
            default_denom: Some("USD".into()),
            is_owned_account: Some(self.tier == 2),
            balance_data: Some(json!({
                "success": true,
                "data": {
                    "securedNetBalancesByDenom": [balance],
                    "netCredexAssetsInDefaultDenom": balance,
                },
                "message": "Account balances retrieved",
            })),
            ..Account::default()
        }
    }
}
