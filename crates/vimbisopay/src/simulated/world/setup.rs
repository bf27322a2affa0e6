//! New members, accounts, offers and transactions.

use jiff::civil::Date;
use vimbiso_state::UserId;

use crate::api::records::{Party, Transaction};
use crate::simulated::world::World;
use crate::simulated::world::ledger::Ledger;
use crate::simulated::world::money::usd;
use crate::simulated::world::offer::Offer;
use crate::simulated::world::person::{Person, full_name};

/// The balance of a new personal account, in cents.
const FIRST_BALANCE: i64 = 99_76;

/// Members that are no users of this bot. The account of the first makes offers to new members.
const OTHERS: [(&str, &str); 2] = [("Grace", "Hopper"), ("Alan", "Turing")];

/// The names of the users that the flags make members.
const NAMES: [(&str, &str); 4] = [
    ("Ada", "Lovelace"),
    ("Bob", "Moyo"),
    ("Chipo", "Dube"),
    ("Dan", "Ncube"),
];

impl World {
    pub(crate) fn new(tier: u8, members: &[UserId]) -> Self {
        let mut world = Self {
            tier,
            ..Self::default()
        };
        for (first, last) in OTHERS {
            world.add_person(None, first, last);
        }
        for (user, (first, last)) in members.iter().zip(NAMES.into_iter().cycle()) {
            world.join(user, first, last);
        }
        world
    }

    /// Makes a user a member, with a personal account, twelve transactions and two offers.
    pub(crate) fn join(&mut self, user: &UserId, first_name: &str, last_name: &str) {
        let account = self.add_person(Some(user.clone()), first_name, last_name);
        let Some(shop) = self.accounts.first().map(Ledger::party) else {
            return;
        };
        for day in 1..=12 {
            self.book(
                &account,
                shop.clone(),
                usd(day * 100),
                &format!("2026-01-{day:02}"),
                Some(format!("Groceries {day}")),
            );
        }
        self.add_offer(&shop.id, &account, 5_00, true, None);
        self.add_offer(&shop.id, &account, 12_50, false, "2030-12-31".parse().ok());
    }

    /// Adds a person with a personal account, and returns the account's id.
    fn add_person(&mut self, user: Option<UserId>, first_name: &str, last_name: &str) -> String {
        let plain: String = first_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let number = self.people.len() + 1;
        // The number makes a handle unique, and long enough.
        let handle = if plain.len() < 3 || self.find_member(&plain).is_some() {
            format!("{plain}_{number}")
        } else {
            plain
        };
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let name = full_name(first_name, last_name);
        self.people.push(Person {
            user,
            id: id.clone(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            handle: handle.clone(),
        });
        self.open_account(&id, &name, &handle, FIRST_BALANCE)
    }

    /// Opens an account, and returns its id.
    pub(crate) fn open_account(
        &mut self,
        owner: &str,
        name: &str,
        handle: &str,
        cents: i64,
    ) -> String {
        let id = format!("account-{}", self.accounts.len() + 1);
        self.accounts.push(Ledger {
            id: id.clone(),
            name: name.to_owned(),
            handle: handle.to_owned(),
            owner: owner.to_owned(),
            tier: self.tier,
            cents,
            authorized: Vec::new(),
            notified: owner.to_owned(),
            transactions: Vec::new(),
        });
        id
    }

    pub(crate) fn add_offer(
        &mut self,
        from: &str,
        to: &str,
        cents: i64,
        secured: bool,
        due: Option<Date>,
    ) {
        self.offers_made += 1;
        let id = format!("c{}", self.offers_made);
        self.offers.push(Offer {
            id,
            from: from.to_owned(),
            to: to.to_owned(),
            cents,
            secured,
            due,
        });
    }

    /// Adds a transaction to an account. The balance is not changed.
    pub(crate) fn book(
        &mut self,
        account: &str,
        counterparty: Party,
        amount: String,
        date: &str,
        memo: Option<String>,
    ) {
        self.transactions_made += 1;
        let id = format!("t{}", self.transactions_made);
        let Ok(date) = date.parse() else { return };
        let Ok(account) = self.account_mut(account) else {
            return;
        };
        account.transactions.insert(
            0,
            Transaction {
                id,
                amount,
                counterparty,
                date,
                memo,
            },
        );
    }
}
