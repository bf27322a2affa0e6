//! The lists of open offers, and the buttons that accept, decline or cancel them.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{ButtonId, Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::api::records::{PendingOffer, Side};
use crate::conversation::announce::announce;
use crate::conversation::list::{numbered, truncated};
use crate::conversation::next::Next;
use crate::conversation::prompt::ask_again;
use crate::flow::Turn;
use crate::reply::Reply;

/// Handles a button of an earlier message, from any stage.
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
        ButtonId::AcceptAll => ApiCall::AcceptAll {
            account: turn.data().account_id().to_owned(),
        },
        ButtonId::ViewPending => return list(turn, Side::In, facts),
    };
    // A button acts from any stage, so a refusal returns to the stage it was pressed in.
    let back = (turn.stage(), turn.option());
    announce(turn, call, back)
}

/// Lists the offers in one direction.
pub(crate) fn list(turn: &mut Turn, side: Side, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let offers = match facts.offers(turn.data().account_id(), side) {
        Ok(offers) => truncated(offers),
        Err(query) => return Ok(Next::Ask(query)),
    };
    let (stage, title) = match side {
        Side::In => (Stage::PendingOffersIn, "📥 *Pending offers*"),
        Side::Out => (Stage::PendingOffersOut, "📤 *Your outgoing offers*"),
    };
    turn.transition_to(stage, Choice::DisplayOffers)?;
    turn.data_mut().listed = offers.iter().map(|offer| offer.id.clone()).collect();
    if offers.is_empty() {
        return Ok(Reply::new(format!("{title}\nNone. Send *menu* to go back.")).into());
    }
    let lines = offers
        .iter()
        .map(|offer| format!("{} {}", offer.amount, from_or_to(offer, side)));
    let reply = Reply::new(format!(
        "{title}\n{}\n\nReply with a number for the details.",
        numbered(lines)
    ));
    Ok(match side {
        Side::In => reply.button("Accept all", ButtonId::AcceptAll).into(),
        Side::Out => reply.into(),
    })
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
        Some(offer) => Ok(detail(offer, side).into()),
        None => Ok(list(turn, side, facts)?.preceded_by("❌ That offer is no longer open.")),
    }
}

fn detail(offer: &PendingOffer, side: Side) -> Reply {
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
            .button("Accept", ButtonId::Accept(&offer.id))
            .button("Decline", ButtonId::Decline(&offer.id)),
        Side::Out => reply.button("Cancel offer", ButtonId::Cancel(&offer.id)),
    }
}

fn from_or_to(offer: &PendingOffer, side: Side) -> String {
    let word = if side == Side::In { "from" } else { "to" };
    format!(
        "{word} {} (@{})",
        offer.counterparty.name, offer.counterparty.handle
    )
}
