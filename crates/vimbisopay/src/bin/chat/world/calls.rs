//! What changes the world, each call once.

use vimbiso_state::{CommitId, UserId};
use vimbisopay::{Amount, ApiCall, ApiError, OfferTerms, Party, Receipt, Security, Side};

use crate::world::{Ledger, Offer, World, usd};

impl World {
    /// Makes a call once; the second time under its key it only says again what became of it.
    pub(crate) fn perform(
        &mut self,
        user: &UserId,
        key: CommitId,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        let done = match self.done.get(&key) {
            Some(done) => done.clone(),
            None => self.make(user, call),
        };
        self.done.insert(key, done.clone());
        let message = done.map_err(ApiError::refused)?;
        let dashboard = self
            .dashboard(user)
            .ok_or_else(|| ApiError::refused("You are not a member."))?;
        Ok(Receipt { message, dashboard })
    }

    fn make(&mut self, user: &UserId, call: &ApiCall) -> Result<String, String> {
        let me = self
            .person_of(user)
            .map(|person| person.id.clone())
            .ok_or("You are not a member.".to_owned());
        match call {
            ApiCall::Register { .. } if me.is_ok() => Err("You are a member already.".into()),
            ApiCall::Register {
                first_name,
                last_name,
            } => {
                self.join(user, first_name, last_name);
                Ok(format!(
                    "Welcome, {first_name} {last_name}: you are a member now."
                ))
            }
            ApiCall::CreateBusinessAccount { name, handle }
                if self.find_account(handle.as_str()).is_none() =>
            {
                self.open_account(&me?, name, handle.as_str(), 0);
                Ok(format!("{name} is open."))
            }
            ApiCall::CreateBusinessAccount { handle, .. } => {
                Err(format!("The handle @{handle} is taken."))
            }
            ApiCall::Offer { account, to, terms } => self.offer(account, to, terms),
            ApiCall::Accept { offer } => {
                let offer = self.take_offer(offer, &me?, Side::In)?;
                Ok(format!("You accepted {}.", usd(self.settle(&offer))))
            }
            ApiCall::Decline { offer } => Ok(format!(
                "You declined {}.",
                usd(self.take_offer(offer, &me?, Side::In)?.cents)
            )),
            ApiCall::Cancel { offer } => Ok(format!(
                "You cancelled {}.",
                usd(self.take_offer(offer, &me?, Side::Out)?.cents)
            )),
            ApiCall::AcceptAll { account } => {
                let (accepted, others) = std::mem::take(&mut self.offers)
                    .into_iter()
                    .partition(|offer| offer.to == *account);
                self.offers = others;
                match accepted.iter().map(|offer| self.settle(offer)).sum() {
                    0 => Err("There is nothing to accept.".into()),
                    sum => Ok(format!("You accepted {} in all.", usd(sum))),
                }
            }
            ApiCall::Authorize { account, member } => {
                let account = self.account_mut(account)?;
                if account.owner == member.id || account.authorized.contains(&member.id) {
                    return Err(format!(
                        "{} may act for {} already.",
                        member.name, account.name
                    ));
                }
                account.authorized.push(member.id.clone());
                Ok(format!("{} may now act for {}.", member.name, account.name))
            }
            ApiCall::RemoveMember { account, member } => {
                let name = self.name_of(member)?;
                let account = self.account_mut(account)?;
                account.authorized.retain(|id| id != member);
                if account.notified == *member {
                    account.notified = account.owner.clone();
                }
                Ok(format!("{name} may no longer act for {}.", account.name))
            }
            ApiCall::Notify { account, member } => {
                let name = self.name_of(member)?;
                self.account_mut(account)?.notified = member.clone();
                Ok(format!("{name} is notified from now on."))
            }
        }
    }

    fn offer(&mut self, account: &str, to: &Party, terms: &OfferTerms) -> Result<String, String> {
        let cents = cents(&terms.amount).ok_or("That amount is too large.")?;
        let balance = self
            .account(account)
            .ok_or("There is no such account.")?
            .cents;
        let promised: i64 = self
            .offers
            .iter()
            .filter(|offer| offer.from == account && offer.secured)
            .map(|offer| offer.cents)
            .sum();
        let (secured, due) = match &terms.security {
            Security::Secured => (true, None),
            Security::Unsecured { due } => (false, *due),
        };
        if to.id == account {
            return Err("That is your own account.".into());
        }
        if secured && cents > balance - promised {
            return Err(format!(
                "Your balance allows {} at most.",
                usd(balance - promised)
            ));
        }
        self.add_offer(account, &to.id, cents, secured, due);
        Ok(format!("You offered {} to {}.", usd(cents), to.name))
    }

    /// Takes an offer that this person may answer, or take back, off the list.
    fn take_offer(&mut self, id: &str, person: &str, side: Side) -> Result<Offer, String> {
        let theirs = |offer: &Offer| {
            self.may_act(
                person,
                if side == Side::In {
                    &offer.to
                } else {
                    &offer.from
                },
            )
        };
        let at = self
            .offers
            .iter()
            .position(|offer| offer.id == id && theirs(offer));
        Ok(self.offers.remove(at.ok_or("That offer is not open.")?))
    }

    /// Moves the money, and says how much.
    fn settle(&mut self, offer: &Offer) -> i64 {
        for (account, other, cents) in [
            (&offer.from, &offer.to, -offer.cents),
            (&offer.to, &offer.from, offer.cents),
        ] {
            let Some(with) = self.account(other).map(Ledger::party) else {
                continue;
            };
            self.book(account, with, usd(cents), "2026-01-31", None);
            if let Ok(account) = self.account_mut(account) {
                account.cents += cents;
            }
        }
        offer.cents
    }

    fn may_act(&self, person: &str, account: &str) -> bool {
        self.account(account).is_some_and(|account| {
            account.owner == person || account.authorized.iter().any(|id| id == person)
        })
    }

    fn name_of(&self, person: &str) -> Result<String, String> {
        self.person(person)
            .map(|person| person.party().name)
            .ok_or_else(|| "There is no such member.".into())
    }
}

fn cents(amount: &Amount) -> Option<i64> {
    let (whole, part) = amount
        .as_str()
        .split_once('.')
        .unwrap_or((amount.as_str(), "0"));
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)
}
