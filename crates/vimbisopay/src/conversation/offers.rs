//! The lists of open offers, and the buttons that accept, decline or cancel them.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{ButtonId, Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::api::records::{PendingOffer, Side};
use crate::conversation::call::submit;
use crate::conversation::list::{entries, numbered, truncated};
use crate::conversation::next::{Next, preceded_by};
use crate::conversation::prompt::ask_again;
use crate::flow::Turn;
use crate::reply::Reply;

const NO_LONGER_OPEN: &str = "❌ That offer is no longer open.";

/// Handles a button of the open question, or the text of a button that somebody has typed or
/// another program has shown, from any stage.
pub(crate) fn press(
    turn: &mut Turn,
    button: ButtonId<'_>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    let call = match button {
        ButtonId::Accept(offer) => ApiCall::Accept {
            offer: offer.to_owned(),
        },
        ButtonId::Decline(offer) => ApiCall::Decline {
            offer: offer.to_owned(),
        },
        ButtonId::Cancel(offer) => ApiCall::Cancel {
            offer: offer.to_owned(),
        },
        // Only the offers that the user has seen, and none that has come in since.
        ButtonId::AcceptAll if shows_incoming(turn) => ApiCall::AcceptAll {
            account: turn.data().account_id().to_owned(),
            offers: turn.data().listed.clone(),
        },
        ButtonId::AcceptAll | ButtonId::ViewPending => return list(turn, Side::In, facts),
    };
    // A button acts from any stage, so a refusal returns to the stage it was pressed in.
    let back = (turn.stage(), turn.option());
    submit(turn, call, back)
}

/// Whether the offers that were listed last are incoming ones.
fn shows_incoming(turn: &Turn) -> bool {
    let at = (turn.stage(), turn.option());
    at == (Stage::PendingOffersIn, Some(Choice::DisplayOffers)) && !turn.data().listed.is_empty()
}

/// Handles a button of an earlier question: shows its offer again, or the list.
pub(crate) fn show_again(
    turn: &mut Turn,
    button: ButtonId<'_>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    let (side, id) = match button {
        ButtonId::Accept(id) | ButtonId::Decline(id) => (Side::In, id),
        ButtonId::Cancel(id) => (Side::Out, id),
        ButtonId::AcceptAll => {
            let why = "That button belongs to an earlier list. These offers are open now:";
            return Ok(preceded_by(list(turn, Side::In, facts)?, why));
        }
        ButtonId::ViewPending => return list(turn, Side::In, facts),
    };
    let offers = match facts.offers(turn.data().account_id(), side) {
        Ok(offers) => offers,
        Err(query) => return Ok(Next::Ask(query)),
    };
    let Some(offer) = offers.iter().find(|offer| offer.id == id) else {
        // It may belong to another account of the user.
        let why = format!("❌ {} has no such open offer.", turn.data().account_name());
        return Ok(preceded_by(list(turn, side, facts)?, &why));
    };
    // Only this offer is shown, so only this one is listed.
    show_list(turn, side, std::slice::from_ref(offer))?;
    let why = "That button belongs to an earlier question. Is this the offer you mean?";
    Ok(detail(turn, offer, side).preceded_by(why).into())
}

/// Lists the offers in one direction.
pub(crate) fn list(turn: &mut Turn, side: Side, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let offers = match facts.offers(turn.data().account_id(), side) {
        Ok(offers) => offers,
        Err(query) => return Ok(Next::Ask(query)),
    };
    let offers = show_list(turn, side, offers)?;
    let question = turn.ask();
    let title = match side {
        Side::In => "📥 *Pending offers*",
        Side::Out => "📤 *Your outgoing offers*",
    };
    if offers.is_empty() {
        return Ok(Reply::new(format!("{title}\nNone. Send *menu* to go back.")).into());
    }
    let lines: Vec<_> = offers
        .iter()
        .map(|offer| format!("{} {}", offer.amount, from_or_to(offer, side)))
        .collect();
    let reply = Reply::new(format!(
        "{title}\n{}\n\nReply with a number for the details.",
        numbered(&lines)
    ))
    .entries(entries(question, lines));
    Ok(match side {
        Side::In => reply
            .button("Accept all", question.button(ButtonId::AcceptAll))
            .into(),
        Side::Out => reply.into(),
    })
}

/// Moves to the stage that shows these offers, and stores the ids of those that it shows.
fn show_list<'a>(
    turn: &mut Turn,
    side: Side,
    offers: &'a [PendingOffer],
) -> Result<&'a [PendingOffer], Error> {
    let stage = match side {
        Side::In => Stage::PendingOffersIn,
        Side::Out => Stage::PendingOffersOut,
    };
    if turn.transition_to(stage, Choice::DisplayOffers).is_err() {
        // The outgoing offers follow the menu, and a button may be pressed in any stage.
        turn.transition_to(Stage::Menu, Choice::Menu)?;
        turn.transition_to(stage, Choice::DisplayOffers)?;
    }
    let offers = truncated(offers);
    turn.data_mut().listed = offers.iter().map(|offer| offer.id.clone()).collect();
    Ok(offers)
}

/// Reads the number or the id of a listed offer.
pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let side = if turn.stage() == Stage::PendingOffersIn {
        Side::In
    } else {
        Side::Out
    };
    let Some(id) = turn.data().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on the list.").into());
    };
    let offers = match facts.offers(turn.data().account_id(), side) {
        Ok(offers) => offers,
        Err(query) => return Ok(Next::Ask(query)),
    };
    match offers.iter().find(|offer| offer.id == id) {
        Some(offer) => Ok(detail(turn, offer, side).into()),
        None => Ok(preceded_by(list(turn, side, facts)?, NO_LONGER_OPEN)),
    }
}

fn detail(turn: &mut Turn, offer: &PendingOffer, side: Side) -> Reply {
    let question = turn.ask();
    let security = match (&offer.due, offer.secured) {
        (_, true) => "Secured".to_owned(),
        (None, false) => "Unsecured".to_owned(),
        (Some(due), false) => format!("Unsecured, due {due}"),
    };
    let reply = Reply::new(format!(
        "*{}* {}\n{security}",
        offer.amount,
        from_or_to(offer, side)
    ));
    match side {
        Side::In => reply
            .button("Accept", question.button(ButtonId::Accept(&offer.id)))
            .button("Decline", question.button(ButtonId::Decline(&offer.id))),
        Side::Out => reply.button("Cancel offer", question.button(ButtonId::Cancel(&offer.id))),
    }
}

fn from_or_to(offer: &PendingOffer, side: Side) -> String {
    let word = if side == Side::In { "from" } else { "to" };
    format!(
        "{word} {} (@{})",
        offer.counterparty.name, offer.counterparty.handle
    )
}
