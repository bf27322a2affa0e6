//! The state of the simulated API: members, accounts, offers and the results of calls.

mod calls;
mod ledger;
mod money;
mod offer;
mod person;
mod queries;
mod setup;

use std::collections::HashMap;

use vimbiso_state::UserId;
use vimbiso_state::id::CallKey;

use crate::simulated::world::ledger::Ledger;
use crate::simulated::world::offer::Offer;
use crate::simulated::world::person::Person;

#[derive(Default)]
pub(crate) struct World {
    people: Vec<Person>,
    accounts: Vec<Ledger>,
    offers: Vec<Offer>,
    /// The result of each call by its idempotency key: a message or a reason.
    results: HashMap<CallKey, Result<String, String>>,
    /// The tier of new accounts.
    tier: u8,
    offers_made: u32,
    transactions_made: u32,
}

impl World {
    /// Changes the tier of a user's accounts.
    pub(crate) fn set_tier(&mut self, user: &UserId, tier: u8) {
        let Some(owner) = self.person_of(user).map(|person| person.id.clone()) else {
            return;
        };
        for account in &mut self.accounts {
            if account.owner == owner {
                account.tier = tier;
            }
        }
    }

    fn person_of(&self, user: &UserId) -> Option<&Person> {
        self.people
            .iter()
            .find(|person| person.user.as_ref() == Some(user))
    }

    fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    fn account(&self, id: &str) -> Option<&Ledger> {
        self.accounts.iter().find(|account| account.id == id)
    }

    fn account_mut(&mut self, id: &str) -> Result<&mut Ledger, String> {
        self.accounts
            .iter_mut()
            .find(|account| account.id == id)
            .ok_or_else(|| "There is no such account.".into())
    }
}
