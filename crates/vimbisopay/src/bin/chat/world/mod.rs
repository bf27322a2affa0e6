//! Members, accounts, offers and transactions: all that the simulated API knows.

mod calls;

use std::collections::HashMap;

use jiff::civil::Date;
use serde_json::json;
use vimbiso_state::vimbisopay::{Account, Member};
use vimbiso_state::{CommitId, UserId};
use vimbisopay::{
    Dashboard, NotificationSettings, Outcome, Party, PendingOffer, Side, Transaction,
};

const PAGE: usize = 5;
const FIRST_BALANCE: i64 = 99_76;

#[derive(Default)]
pub(crate) struct World {
    people: Vec<Person>,
    accounts: Vec<Ledger>,
    offers: Vec<Offer>,
    /// What became of each call, by its idempotency key.
    done: HashMap<CommitId, Result<String, String>>,
    tier: u8,
    offers_made: u32,
    transactions_made: u32,
}

struct Person {
    user: Option<UserId>,
    id: String,
    first_name: String,
    last_name: String,
    handle: String,
}

struct Ledger {
    id: String,
    name: String,
    handle: String,
    owner: String,
    tier: u8,
    cents: i64,
    authorized: Vec<String>,
    notified: String,
    /// The newest first.
    transactions: Vec<Transaction>,
}

struct Offer {
    id: String,
    from: String,
    to: String,
    cents: i64,
    secured: bool,
    due: Option<Date>,
}

impl World {
    pub(crate) fn new(tier: u8, members: &[UserId]) -> Self {
        let mut world = Self {
            tier,
            ..Self::default()
        };
        for (first, last) in [("Grace", "Hopper"), ("Alan", "Turing")] {
            world.add_person(None, first, last);
        }
        let names = [
            ("Ada", "Lovelace"),
            ("Bob", "Moyo"),
            ("Chipo", "Dube"),
            ("Dan", "Ncube"),
        ];
        for (user, (first, last)) in members.iter().zip(names.into_iter().cycle()) {
            world.join(user, first, last);
        }
        world
    }

    pub(crate) fn set_tier(&mut self, user: &UserId, tier: u8) {
        let Some(person) = self
            .people
            .iter()
            .find(|person| person.user.as_ref() == Some(user))
        else {
            return;
        };
        for account in self
            .accounts
            .iter_mut()
            .filter(|account| account.owner == person.id)
        {
            account.tier = tier;
        }
    }

    pub(crate) fn dashboard(&self, user: &UserId) -> Option<Dashboard> {
        let person = self.person_of(user)?;
        let member = Member {
            member_id: person.id.clone(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            member_handle: Some(person.handle.clone()),
            default_denom: Some("USD".into()),
            member_tier: Some(1),
            ..Member::default()
        };
        let mine = |account: &&Ledger| {
            account.owner == person.id || account.authorized.contains(&person.id)
        };
        Some(Dashboard {
            member,
            accounts: self
                .accounts
                .iter()
                .filter(mine)
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
        let mine = |offer: &&Offer| {
            account
                == if side == Side::In {
                    &offer.to
                } else {
                    &offer.from
                }
        };
        let pending = |offer: &Offer| {
            let with = self
                .account(if side == Side::In {
                    &offer.from
                } else {
                    &offer.to
                })?
                .party();
            Some(PendingOffer {
                id: offer.id.clone(),
                amount: usd(offer.cents),
                with,
                secured: offer.secured,
                due: offer.due,
            })
        };
        self.offers
            .iter()
            .filter(mine)
            .filter_map(pending)
            .collect()
    }

    pub(crate) fn transactions(&self, account: &str, page: u32) -> Vec<Transaction> {
        let before = page.saturating_sub(1) as usize * PAGE;
        self.account(account)
            .into_iter()
            .flat_map(|account| &account.transactions)
            .skip(before)
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

    pub(crate) fn outcome(&self, key: CommitId) -> Outcome {
        match self.done.get(&key) {
            Some(Ok(message)) => Outcome::Done {
                message: message.clone(),
            },
            Some(Err(reason)) => Outcome::Refused {
                reason: reason.clone(),
            },
            None => Outcome::NotFound,
        }
    }

    fn join(&mut self, user: &UserId, first_name: &str, last_name: &str) {
        let account = self.add_person(Some(user.clone()), first_name, last_name);
        let shop = self.accounts.first().map(Ledger::party);
        let Some(shop) = shop else { return };
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

    /// Adds a person with a personal account, and says which.
    fn add_person(&mut self, user: Option<UserId>, first_name: &str, last_name: &str) -> String {
        let plain: String = first_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        let number = self.people.len() + 1;
        let handle = if plain.len() < 3 || self.find_member(&plain).is_some() {
            format!("{plain}_{number}")
        } else {
            plain
        };
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let (first_name, last_name) = (first_name.to_owned(), last_name.to_owned());
        let name = format!("{first_name} {last_name}");
        self.people.push(Person {
            user,
            id: id.clone(),
            first_name,
            last_name,
            handle: handle.clone(),
        });
        self.open_account(&id, &name, &handle, FIRST_BALANCE)
    }

    fn open_account(&mut self, owner: &str, name: &str, handle: &str, cents: i64) -> String {
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

    fn add_offer(&mut self, from: &str, to: &str, cents: i64, secured: bool, due: Option<Date>) {
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

    fn book(
        &mut self,
        account: &str,
        with: Party,
        amount: String,
        date: &str,
        memo: Option<String>,
    ) {
        self.transactions_made += 1;
        let id = format!("t{}", self.transactions_made);
        let (Ok(date), Ok(account)) = (date.parse(), self.account_mut(account)) else {
            return;
        };
        account.transactions.insert(
            0,
            Transaction {
                id,
                amount,
                with,
                date,
                memo,
            },
        );
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

impl Person {
    fn party(&self) -> Party {
        Party {
            id: self.id.clone(),
            handle: self.handle.clone(),
            name: format!("{} {}", self.first_name, self.last_name),
        }
    }
}

impl Ledger {
    fn party(&self) -> Party {
        Party {
            id: self.id.clone(),
            handle: self.handle.clone(),
            name: self.name.clone(),
        }
    }

    /// As the API tells it, the balance in its wrapping.
    fn account(&self) -> Account {
        let balance = usd(self.cents);
        Account {
            account_id: self.id.clone(),
            account_name: Some(self.name.clone()),
            account_handle: Some(self.handle.clone()),
            default_denom: Some("USD".into()),
            is_owned_account: Some(self.tier == 2),
            balance_data: Some(json!({
                "success": true,
                "data": {"securedNetBalancesByDenom": [balance], "netCredexAssetsInDefaultDenom": balance},
                "message": "Account balances retrieved",
            })),
            ..Account::default()
        }
    }
}

fn usd(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02} USD",
        cents.unsigned_abs() / 100,
        cents.unsigned_abs() % 100
    )
}
