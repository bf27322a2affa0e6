//! An offer is made: its terms, then an explicit yes.

use serde::Deserialize;
use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::terms::{InvalidTerms, OfferTerms, Security, due_date};
use crate::conversation::announce::announce;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::findings::Findings;
use crate::state::Turn;

const TERMS: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::OfferCredex));

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
        let due = self.due.as_deref().map(due_date).transpose()?;
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
pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    if turn.option() == Some(Choice::ConfirmOfferCredex) {
        return Ok(ask_again(turn, "Please answer *yes* or *no*.").into());
    }
    match serde_json::from_str::<Form>(text) {
        Ok(form) => propose(turn, form.terms(), found),
        Err(_) => Ok(ask_again(turn, "❌ That is not an offer.").into()),
    }
}

/// Asks whether to make this offer, from anywhere.
pub(crate) fn propose(
    turn: &mut Turn,
    terms: Result<OfferTerms, InvalidTerms>,
    found: Findings<'_>,
) -> Result<Next, Error> {
    let terms = match terms {
        Ok(terms) => terms,
        Err(why) => return ask_for_other_terms(turn, &format!("❌ Not offered: {why}.")),
    };
    let to = match found.account(terms.handle.as_str()) {
        Ok(Some(to)) => to.clone(),
        Ok(None) => {
            let why = format!(
                "❌ Not offered: no account has the handle @{}.",
                terms.handle
            );
            return ask_for_other_terms(turn, &why);
        }
        Err(question) => return Ok(Next::Ask(question)),
    };
    turn.transition_to(Stage::OfferCredex, Choice::ConfirmOfferCredex)?;
    let account = turn.data().account_id().to_owned();
    turn.data_mut().draft = Some(ApiCall::Offer { account, to, terms });
    Ok(ask(turn).into())
}

/// Only an explicit yes makes the offer that was shown.
pub(crate) fn answer(turn: &mut Turn, yes: bool) -> Result<Next, Error> {
    match turn.data_mut().draft.take() {
        Some(offer @ ApiCall::Offer { .. }) if yes => announce(turn, offer, TERMS),
        _ => ask_for_other_terms(turn, "Not offered."),
    }
}

fn ask_for_other_terms(turn: &mut Turn, why: &str) -> Result<Next, Error> {
    turn.data_mut().draft = None;
    turn.transition_to(TERMS.0, TERMS.1)?;
    Ok(ask_again(turn, why).into())
}
