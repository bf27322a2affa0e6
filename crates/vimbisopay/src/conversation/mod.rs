//! The conversation itself: pure, sync, without I/O. This file alone knows all steps; they know none of each other's.

mod accounts;
mod announce;
mod business;
pub(crate) mod conclude;
mod list;
mod members;
pub(crate) mod menu;
pub(crate) mod next;
mod notifications;
mod offer;
mod offers;
mod opening;
mod prompt;
mod register;
mod transactions;

use vimbiso_state::vimbisopay::{Choice, Incoming, Stage};
use vimbiso_state::{Direction, Error, Stage as _};

use crate::api::data::Side;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::findings::Findings;
use crate::state::Turn;

/// Decides what a message does to the session, within a turn.
///
/// A reply is remembered with the commit. A call is announced in the session, which stays in [`Choice::Submitting`] until
/// [`conclude`](conclude::conclude) records its result; a message that finds it there leads to the same call again, whatever
/// it says. If something must be looked up first, that is what follows, and the turn must not be committed.
///
/// # Examples
/// See [`Findings`].
///
/// # Errors
/// [`Error::InvalidTransition`] would be a fault of this function. Nothing is changed, provided that the error leaves the turn.
pub fn decide(
    turn: &mut Turn,
    incoming: &Incoming<'_>,
    found: Findings<'_>,
) -> Result<Next, Error> {
    turn.label("vimbisopay");
    let notice = match opening::notice(turn, found) {
        Ok(notice) => notice,
        Err(question) => return Ok(Next::Ask(question)),
    };
    let mut next = match &turn.data().pending {
        Some(pending) => Next::Call(pending.clone()),
        None => answer_or_read(turn, incoming, found)?,
    };
    match &mut next {
        Next::Reply(reply) => {
            *reply = std::mem::take(reply).after(notice.unwrap_or_default());
            turn.set_direction(Direction::Out);
            turn.remember_reply(reply)?;
        }
        Next::Call(pending) => {
            pending.notice = notice.or(pending.notice.take());
            turn.data_mut().pending = Some(pending.clone());
            turn.set_direction(Direction::In);
        }
        Next::Ask(_) => {}
    }
    Ok(next)
}

/// An answer to the question that is open comes first, then what is read alike in every stage, then the stage.
fn answer_or_read(
    turn: &mut Turn,
    incoming: &Incoming<'_>,
    found: Findings<'_>,
) -> Result<Next, Error> {
    if !opening::is_under_way(turn) {
        return begin(turn, incoming, found);
    }
    // An option alone asks nothing: an update of the host's may have taken it to another stage.
    match (turn.stage(), turn.option(), incoming.answer()) {
        (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex), Some(yes)) => {
            offer::answer(turn, yes)
        }
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization), Some(yes)) => {
            members::answer(turn, yes, found)
        }
        _ => read(turn, incoming, found),
    }
}

/// Begins at the menu, or at the registration of somebody who is not registered. What acts from anywhere then acts.
fn begin(turn: &mut Turn, incoming: &Incoming<'_>, found: Findings<'_>) -> Result<Next, Error> {
    let dashboard = match found.dashboard() {
        Ok(Some(dashboard)) => dashboard,
        Ok(None) => return Ok(register::begin(turn)?.into()),
        Err(question) => return Ok(Next::Ask(question)),
    };
    // A greeting must not move somebody to another account unawares.
    let account = turn
        .data()
        .account()
        .map(|account| account.account_id.clone());
    turn.reset();
    turn.data_mut().take_over(dashboard, account.as_deref());
    turn.transition_to(Stage::START, Choice::Menu)?;
    match incoming {
        Incoming::QuickOffer(_) | Incoming::Button(_) => read(turn, incoming, found),
        _ => Ok(ask(turn).into()),
    }
}

fn read(turn: &mut Turn, incoming: &Incoming<'_>, found: Findings<'_>) -> Result<Next, Error> {
    let is_member = turn.data().spec.profile.member.is_some();
    match incoming {
        Incoming::Greeting(_) => begin(turn, incoming, found),
        Incoming::QuickOffer(terms) if is_member => offer::propose(turn, terms.parse(), found),
        Incoming::Button(button) if is_member => offers::press(turn, *button, found),
        Incoming::QuickOffer(_) | Incoming::Button(_) => Ok(ask(turn).into()),
        Incoming::Choice(text) | Incoming::Text(text) => read_in_stage(turn, text, found),
    }
}

fn read_in_stage(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    match turn.stage() {
        Stage::Menu | Stage::MoreOptions => match menu::read(turn, text) {
            Ok(choice) => enter(turn, choice, found),
            Err(why) => Ok(ask_again(turn, why).into()),
        },
        Stage::Register => register::read(turn, text),
        Stage::SelectProfile => accounts::read(turn, text, found),
        Stage::CreateBusinessAccount => business::read(turn, text),
        Stage::OfferCredex => offer::read(turn, text, found),
        Stage::PendingOffersIn | Stage::PendingOffersOut => offers::read(turn, text, found),
        Stage::Transactions => transactions::read(turn, text, found),
        Stage::AuthorizeMember => members::read(turn, text, found),
        Stage::Notifications => notifications::read(turn, text, found),
        _ => Ok(ask(turn).into()), // no conversation rests there
    }
}

/// Makes a choice of a menu, and shows what it opens.
fn enter(turn: &mut Turn, choice: Choice, found: Findings<'_>) -> Result<Next, Error> {
    turn.select(choice)?;
    match turn.stage() {
        Stage::PendingOffersIn => offers::list(turn, Side::In, found),
        Stage::PendingOffersOut => offers::list(turn, Side::Out, found),
        Stage::Transactions => transactions::show(turn, 1, found),
        Stage::SwitchAccount => accounts::switch(turn, found),
        Stage::AuthorizeMember => members::list(turn, found),
        Stage::Notifications => notifications::list(turn, found),
        _ => Ok(ask(turn).into()),
    }
}
