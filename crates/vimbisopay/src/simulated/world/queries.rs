//! The calls that change nothing.

use vimbiso_state::UserId;
use vimbiso_state::bot::CallAnswer;
use vimbiso_state::id::CallKey;

use crate::api::Receipt;
use crate::api::records::{
    Dashboard, NotificationSettings, Party, PendingOffer, Side, Transaction,
};
use crate::simulated::world::World;
use crate::simulated::world::ledger::Ledger;
use crate::simulated::world::money::usd;
use crate::simulated::world::offer::Offer;
use crate::simulated::world::person::Person;

/// Transactions on a page.
const PAGE: usize = 5;

impl World {
    pub(crate) fn dashboard(&self, user: &UserId) -> Option<Dashboard> {
        let person = self.person_of(user)?;
        Some(Dashboard {
            member: person.member(),
            accounts: self
                .accounts
                .iter()
                .filter(|account| account.is_run_by(&person.id))
                .map(Ledger::account)
                .collect(),
        })
    }

    pub(crate) fn find_account(&self, handle: &str) -> Option<Party> {
        self.accounts
            .iter()
            .find(|account| account.handle == handle)
            .map(Ledger::party)
    }

    pub(crate) fn find_member(&self, handle: &str) -> Option<Party> {
        self.people
            .iter()
            .find(|person| person.handle == handle)
            .map(Person::party)
    }

    pub(crate) fn offers(&self, account: &str, side: Side) -> Vec<PendingOffer> {
        let pending = |offer: &Offer| {
            Some(PendingOffer {
                id: offer.id.clone(),
                amount: usd(offer.cents),
                counterparty: self.account(offer.counterparty(side))?.party(),
                secured: offer.secured,
                due: offer.due,
            })
        };
        self.offers
            .iter()
            .filter(|offer| offer.account(side) == account)
            .filter_map(pending)
            .collect()
    }

    pub(crate) fn transactions(&self, account: &str, page: u32) -> Vec<Transaction> {
        let earlier = page.saturating_sub(1) as usize * PAGE;
        self.account(account)
            .into_iter()
            .flat_map(|account| &account.transactions)
            .skip(earlier)
            .take(PAGE)
            .cloned()
            .collect()
    }

    pub(crate) fn authorized_members(&self, account: &str) -> Vec<Party> {
        let authorized = self
            .account(account)
            .map(|account| account.authorized.as_slice())
            .unwrap_or_default();
        authorized
            .iter()
            .filter_map(|id| self.person(id))
            .map(Person::party)
            .collect()
    }

    pub(crate) fn notifications(&self, account: &str) -> NotificationSettings {
        let Some(account) = self.account(account) else {
            return NotificationSettings::default();
        };
        let candidates = std::iter::once(&account.owner).chain(&account.authorized);
        NotificationSettings {
            candidates: candidates
                .filter_map(|id| self.person(id))
                .map(Person::party)
                .collect(),
            current: Some(account.notified.clone()),
        }
    }

    pub(crate) fn outcome(&self, user: &UserId, key: CallKey) -> CallAnswer<Receipt> {
        let result = self.results.get(&key).cloned();
        match result.map(|result| self.receipt(user, result)) {
            Some(Ok(receipt)) => CallAnswer::done(receipt),
            Some(Err(reason)) => CallAnswer::refused(reason),
            None => CallAnswer::not_found(),
        }
    }
}
