//! The offers that wait for an answer, and the buttons that answer them.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{ButtonId, Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::data::{PendingOffer, Side};
use crate::conversation::announce::announce;
use crate::conversation::list::{numbered, shown};
use crate::conversation::next::Next;
use crate::conversation::prompt::ask_again;
use crate::findings::Findings;
use crate::reply::Reply;
use crate::state::Turn;

/// Presses a button of an earlier message, from anywhere.
pub(crate) fn press(
    turn: &mut Turn,
    button: ButtonId<'_>,
    found: Findings<'_>,
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
        ButtonId::ViewPending => return list(turn, Side::In, found),
    };
    let back = (turn.stage(), turn.option());
    announce(turn, call, back)
}

/// Lists the offers of one side.
pub(crate) fn list(turn: &mut Turn, side: Side, found: Findings<'_>) -> Result<Next, Error> {
    let offers = match found.offers(turn.data().account_id(), side) {
        Ok(offers) => shown(offers),
        Err(question) => return Ok(Next::Ask(question)),
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
        .map(|offer| format!("{} {}", offer.amount, counterparty(offer, side)));
    let reply = Reply::new(format!(
        "{title}\n{}\n\nReply with a number for the details.",
        numbered(lines)
    ));
    Ok(match side {
        Side::In => reply.button("Accept all", ButtonId::AcceptAll).into(),
        Side::Out => reply.into(),
    })
}

/// Reads the number or the id of an offer that was listed.
pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    let side = if turn.stage() == Stage::PendingOffersIn {
        Side::In
    } else {
        Side::Out
    };
    let Some(id) = turn.data().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on the list.").into());
    };
    let offers = match found.offers(turn.data().account_id(), side) {
        Ok(offers) => offers,
        Err(question) => return Ok(Next::Ask(question)),
    };
    match offers.iter().find(|offer| offer.id == id) {
        Some(offer) => Ok(detail(offer, side).into()),
        None => Ok(list(turn, side, found)?.after("❌ That offer is no longer open.")),
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
        counterparty(offer, side)
    ));
    match side {
        Side::In => reply
            .button("Accept", ButtonId::Accept(&offer.id))
            .button("Decline", ButtonId::Decline(&offer.id)),
        Side::Out => reply.button("Cancel offer", ButtonId::Cancel(&offer.id)),
    }
}

fn counterparty(offer: &PendingOffer, side: Side) -> String {
    let word = if side == Side::In { "from" } else { "to" };
    format!("{word} {} (@{})", offer.with.name, offer.with.handle)
}
