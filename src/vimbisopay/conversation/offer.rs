//! An offer is made: its terms, then an explicit yes.

use serde::Deserialize;

use super::{Choice, Findings, Next, Reply, Stage, Turn, account_in_use, act, ask_again};
use crate::error::Error;
use crate::vimbisopay::{ApiCall, InvalidTerms, OfferTerms, Security};

const TERMS: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::OfferCredex));

pub(super) fn ask(turn: &Turn) -> Reply {
    let denom = turn
        .state()
        .current_account
        .as_ref()
        .map_or("USD", |account| account.denom());
    Reply::new(format!(
        "💸 Send the offer in {denom}:\n*12.50=>handle* secured\n*12.50->handle* unsecured\n*12.50->handle=2030-12-31* unsecured, with the day it is due"
    ))
}

/// The form, as a channel that has forms sends it. Secured unless it says otherwise or has a day.
#[derive(Deserialize)]
struct Form {
    amount: String,
    handle: String,
    secured: Option<bool>,
    due: Option<String>,
}

impl Form {
    fn terms(self) -> Result<OfferTerms, InvalidTerms> {
        let due = self.due.map(|due| due.parse()).transpose()?;
        let security = match self.secured {
            Some(true) | None if due.is_none() => Security::Secured,
            Some(true) => return Err(InvalidTerms::Date),
            _ => Security::Unsecured { due },
        };
        Ok(OfferTerms {
            amount: self.amount.parse()?,
            handle: self.handle.parse()?,
            security,
        })
    }
}

/// Reads what is neither an offer in one line nor a yes or no: a form, while the terms are asked for.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    if turn.option() == Some(Choice::ConfirmOfferCredex) {
        return Ok(ask_again(turn, "Please answer *yes* or *no*.").into());
    }
    match serde_json::from_str::<Form>(text) {
        Ok(form) => propose(turn, form.terms(), found),
        Err(_) => Ok(ask_again(turn, "❌ That is not an offer.").into()),
    }
}

/// Asks whether to make this offer, from anywhere.
pub(super) fn propose(
    turn: &mut Turn,
    terms: Result<OfferTerms, InvalidTerms>,
    found: &Findings,
) -> Result<Next, Error> {
    let terms = match terms {
        Ok(terms) => terms,
        Err(why) => return ask_for_other_terms(turn, &format!("❌ Not offered: {why}.")),
    };
    let Some(to) = found.account(terms.handle.as_str())? else {
        return ask_for_other_terms(
            turn,
            &format!(
                "❌ Not offered: no account has the handle @{}.",
                terms.handle
            ),
        );
    };
    turn.go(Stage::OfferCredex, Choice::ConfirmOfferCredex)?;
    turn.state_mut().draft = Some(ApiCall::Offer {
        account: account_in_use(turn),
        to: to.clone(),
        terms,
    });
    Ok(ask_to_confirm(turn).into())
}

pub(super) fn ask_to_confirm(turn: &Turn) -> Reply {
    let Some(ApiCall::Offer { to, terms, .. }) = &turn.state().draft else {
        return ask(turn);
    };
    let account = turn.state().current_account.as_ref();
    let denom = account.map_or("USD", |account| account.denom());
    let security = match &terms.security {
        Security::Secured => "secured".to_owned(),
        Security::Unsecured { due: None } => "unsecured".to_owned(),
        Security::Unsecured { due: Some(due) } => format!("unsecured, due {due}"),
    };
    let from = account.map_or("your account", |account| account.name());
    Reply::new(format!(
        "Offer *{} {denom}* ({security}) from {from} to *{}* (@{})?",
        terms.amount, to.name, to.handle
    ))
    .button("Yes", "yes")
    .button("No", "no")
}

/// Only an explicit yes makes the offer that was shown.
pub(super) fn answer(turn: &mut Turn, yes: bool) -> Result<Next, Error> {
    match turn.state_mut().draft.take() {
        Some(offer @ ApiCall::Offer { .. }) if yes => act::announce(turn, offer, TERMS),
        _ => ask_for_other_terms(turn, "Not offered."),
    }
}

fn ask_for_other_terms(turn: &mut Turn, why: &str) -> Result<Next, Error> {
    turn.state_mut().draft = None;
    turn.go(TERMS.0, TERMS.1)?;
    Ok(ask_again(turn, why).into())
}
