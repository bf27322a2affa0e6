//! The offers that wait for an answer, and the buttons that answer them.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, account_in_use, act, ask_again, first, numbered,
};
use crate::error::Error;
use crate::vimbisopay::{ApiCall, ButtonId, PendingOffer, Side};

/// Presses a button of an earlier message, from anywhere.
pub(super) fn press(
    turn: &mut Turn,
    button: ButtonId<'_>,
    found: &Findings,
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
            account: account_in_use(turn),
        },
        ButtonId::ViewPending => return Ok(list(turn, Side::In, found)?.into()),
    };
    let back = (turn.stage(), turn.option());
    act::announce(turn, call, back)
}

/// Lists the offers of one side.
pub(super) fn list(turn: &mut Turn, side: Side, found: &Findings) -> Result<Reply, Error> {
    let offers = found.offers(&account_in_use(turn), side)?;
    let (stage, title) = match side {
        Side::In => (Stage::PendingOffersIn, "📥 *Pending offers*"),
        Side::Out => (Stage::PendingOffersOut, "📤 *Your outgoing offers*"),
    };
    turn.go(stage, Choice::DisplayOffers)?;
    let offers = first(offers);
    turn.state_mut().listed = offers.iter().map(|offer| offer.id.clone()).collect();
    if offers.is_empty() {
        return Ok(Reply::new(format!(
            "{title}\nNone. Send *menu* to go back."
        )));
    }
    let lines = offers
        .iter()
        .map(|offer| format!("{} {}", offer.amount, counterparty(offer, side)));
    let reply = Reply::new(format!(
        "{title}\n{}\n\nReply with a number for the details.",
        numbered(lines)
    ));
    Ok(match side {
        Side::In => reply.button("Accept all", ButtonId::AcceptAll),
        Side::Out => reply,
    })
}

/// Reads the number or the id of an offer that was listed.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    let side = if turn.stage() == Stage::PendingOffersIn {
        Side::In
    } else {
        Side::Out
    };
    let Some(id) = turn.state().pick_listed(text) else {
        return Ok(ask_again(turn, "❌ That is not on the list.").into());
    };
    match found
        .offers(&account_in_use(turn), side)?
        .iter()
        .find(|offer| offer.id == id)
    {
        Some(offer) => Ok(detail(offer, side).into()),
        None => Ok(list(turn, side, found)?
            .after("❌ That offer is no longer open.")
            .into()),
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
