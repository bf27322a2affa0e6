//! The calls that change something, each once for its key.

use vimbiso_state::UserId;
use vimbiso_state::id::CallKey;

use crate::api::call::ApiCall;
use crate::api::records::{Party, Side};
use crate::api::terms::{OfferTerms, Security};
use crate::api::{ApiError, Receipt};
use crate::simulated::world::World;
use crate::simulated::world::ledger::Ledger;
use crate::simulated::world::money::{cents, usd};
use crate::simulated::world::offer::Offer;
use crate::simulated::world::person::full_name;

impl World {
    /// Makes a call. A second call with the same key changes nothing and has the same result.
    pub(crate) fn perform(
        &mut self,
        user: &UserId,
        key: CallKey,
        call: &ApiCall,
    ) -> Result<Receipt, ApiError> {
        let result = match self.results.get(&key) {
            Some(result) => result.clone(),
            None => self.make(user, call),
        };
        self.results.insert(key, result.clone());
        self.receipt(user, result).map_err(ApiError::refused)
    }

    /// What the user is told of a call's result.
    pub(crate) fn receipt(
        &self,
        user: &UserId,
        result: Result<String, String>,
    ) -> Result<Receipt, String> {
        let dashboard = self.dashboard(user).ok_or("You are not a member.");
        Ok(Receipt {
            message: result?,
            dashboard: dashboard?,
        })
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
                let name = full_name(first_name, last_name);
                Ok(format!("Welcome, {name}: you are a member now."))
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
            ApiCall::AcceptAll { account, offers } => {
                let (accepted, others) = std::mem::take(&mut self.offers)
                    .into_iter()
                    .partition(|offer| offer.to == *account && offers.contains(&offer.id));
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
        // A secured offer binds its amount until it is answered or cancelled.
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

    /// Removes an offer and returns it, if this person may act for its account on that side.
    fn take_offer(&mut self, id: &str, person: &str, side: Side) -> Result<Offer, String> {
        let may_act = |offer: &Offer| {
            self.account(offer.account(side))
                .is_some_and(|account| account.is_run_by(person))
        };
        let at = self
            .offers
            .iter()
            .position(|offer| offer.id == id && may_act(offer));
        Ok(self.offers.remove(at.ok_or("That offer is not open.")?))
    }

    /// Moves the money of an accepted offer, and returns the amount in cents.
    fn settle(&mut self, offer: &Offer) -> i64 {
        for (account, other, cents) in [
            (&offer.from, &offer.to, -offer.cents),
            (&offer.to, &offer.from, offer.cents),
        ] {
            let Some(counterparty) = self.account(other).map(Ledger::party) else {
                continue;
            };
            self.book(account, counterparty, usd(cents), "2026-01-31", None);
            if let Ok(account) = self.account_mut(account) {
                account.cents += cents;
            }
        }
        offer.cents
    }

    fn name_of(&self, person: &str) -> Result<String, String> {
        self.person(person)
            .map(|person| person.party().name)
            .ok_or_else(|| "There is no such member.".into())
    }
}
