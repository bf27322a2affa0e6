//! The stage in which the user makes an offer: first its terms, then an explicit yes.

use serde::Deserialize;
use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::api::terms::{InvalidTerms, OfferTerms, Security, due_date};
use crate::conversation::call::submit;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;

const TERMS: (Stage, Option<Choice>) = (Stage::OfferCredex, Some(Choice::OfferCredex));

/// The JSON that a channel with forms sends. The offer is secured unless `secured` is false or it
/// has a due date.
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

/// Reads a form. An offer in one line, a yes and a no are read before the stage.
pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    if turn.option() == Some(Choice::ConfirmOfferCredex) {
        return Ok(ask_again(turn, "Please answer *yes* or *no*.").into());
    }
    match serde_json::from_str::<Form>(text) {
        Ok(form) => propose(turn, form.terms(), facts),
        Err(_) => Ok(ask_again(turn, "❌ That is not an offer.").into()),
    }
}

/// Asks the user to confirm the offer, from any stage.
pub(crate) fn propose(
    turn: &mut Turn,
    terms: Result<OfferTerms, InvalidTerms>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    let terms = match terms {
        Ok(terms) => terms,
        Err(why) => return ask_for_other_terms(turn, &format!("❌ Not offered: {why}.")),
    };
    let to = match facts.account(terms.handle.as_str()) {
        Ok(Some(to)) => to.clone(),
        Ok(None) => {
            let why = format!(
                "❌ Not offered: no account has the handle @{}.",
                terms.handle
            );
            return ask_for_other_terms(turn, &why);
        }
        Err(query) => return Ok(Next::Ask(query)),
    };
    turn.transition_to(Stage::OfferCredex, Choice::ConfirmOfferCredex)?;
    let account = turn.data().account_id().to_owned();
    turn.data_mut().draft = Some(ApiCall::Offer { account, to, terms });
    Ok(ask(turn).into())
}

/// Makes the offer after an explicit yes, and drops it after a no.
pub(crate) fn answer(turn: &mut Turn, yes: bool) -> Result<Next, Error> {
    match turn.data_mut().draft.take() {
        Some(offer @ ApiCall::Offer { .. }) if yes => submit(turn, offer, TERMS),
        _ => ask_for_other_terms(turn, "Not offered."),
    }
}

fn ask_for_other_terms(turn: &mut Turn, why: &str) -> Result<Next, Error> {
    turn.data_mut().draft = None;
    turn.transition_to(TERMS.0, TERMS.1)?;
    Ok(ask_again(turn, why).into())
}
