//! The conversation: pure functions of the session, the message and the API's answers.
//!
//! This file leads from one stage to another. The files of the stages do not import each other,
//! with one exception: a user who is no longer registered is sent to the registration.

mod accounts;
mod announce;
mod business;
mod list;
mod members;
pub(crate) mod menu;
pub(crate) mod next;
mod notifications;
mod offer;
mod offers;
mod prompt;
mod register;
pub(crate) mod result;
mod status;
mod transactions;

use vimbiso_state::vimbisopay::{Choice, Incoming, Stage};
use vimbiso_state::{Answer, Choice as _, Direction, Error, Stage as _};

use crate::api::facts::ApiFacts;
use crate::api::records::Side;
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;

/// Decides what a message does to the session, within a turn.
///
/// `text` is what the user has typed, or the id of the button that was pressed. A button of an
/// earlier question confirms nothing: the user is asked again.
///
/// It makes no call itself: [`Next`] says what its caller does. A reply is stored with the commit.
/// A call is stored in the session, which stays in [`Choice::Submitting`] until
/// [`record_result`](result::record_result) records its result; any message that arrives before
/// that returns the same call again.
///
/// # Errors
/// [`Error::ReplyTooLarge`] if the reply cannot be stored. An [`Error::InvalidTransition`] would be
/// a bug in this function. A turn that ends with an error changes nothing.
///
/// # Examples
/// See [`ApiFacts`].
pub fn decide(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    turn.label("vimbisopay");
    let notice = match status::notice(turn, facts) {
        Ok(notice) => notice,
        Err(query) => return Ok(Next::Ask(query)),
    };
    // A pending call comes before any message: its result decides what is possible.
    let mut next = match &turn.data().pending {
        Some(pending) => Next::Call(pending.clone()),
        None => {
            let answer = turn.answer(text).map(Incoming::parse);
            read(turn, answer, facts)?
        }
    };
    match &mut next {
        Next::Reply(reply) => {
            *reply = std::mem::take(reply).preceded_by(notice.unwrap_or_default());
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

/// Reads an answer to an open question first, then what means the same in every stage, then what
/// depends on the stage.
fn read(turn: &mut Turn, answer: Answer<Incoming<'_>>, facts: ApiFacts<'_>) -> Result<Next, Error> {
    if !status::is_under_way(turn) {
        return begin(turn, answer, facts);
    }
    let incoming = match answer {
        Answer::Open(incoming) => incoming,
        Answer::Older(incoming) => return read_older(turn, incoming, facts),
    };
    // The stage is checked too: the host may have moved the session, and the option stays then.
    match (turn.stage(), turn.option(), incoming.answer()) {
        (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex), Some(yes)) => {
            offer::answer(turn, yes)
        }
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization), Some(yes)) => {
            members::answer(turn, yes, facts)
        }
        _ => read_anywhere(turn, incoming, facts),
    }
}

/// Reads a button of an earlier question. It may lead to another stage or show an offer again, and
/// it never confirms, pays, authorizes or accepts.
fn read_older(turn: &mut Turn, incoming: Incoming<'_>, facts: ApiFacts<'_>) -> Result<Next, Error> {
    match incoming {
        Incoming::Button(button) if is_member(turn) => offers::show_again(turn, button, facts),
        Incoming::Choice(name)
            if name == Choice::MoreOptions.name() && turn.stage() == Stage::Menu =>
        {
            enter(turn, Choice::MoreOptions, facts)
        }
        _ => Ok(ask_again(turn, "That button belongs to an earlier question.").into()),
    }
}

/// Starts at the menu, or at the registration if the user is not registered. An offer in one line
/// or a button then acts as usual.
fn begin(
    turn: &mut Turn,
    answer: Answer<Incoming<'_>>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    let dashboard = match facts.dashboard() {
        Ok(Some(dashboard)) => dashboard,
        Ok(None) => return Ok(register::begin(turn)?.into()),
        Err(query) => return Ok(Next::Ask(query)),
    };
    // A greeting must not switch the account, so the account in use survives the reset.
    let account = turn
        .data()
        .account()
        .map(|account| account.account_id.clone());
    turn.reset();
    turn.data_mut()
        .set_member_and_account(dashboard, account.as_deref());
    turn.transition_to(Stage::START, Choice::Menu)?;
    match answer {
        Answer::Open(incoming @ (Incoming::QuickOffer(_) | Incoming::Button(_))) => {
            read_anywhere(turn, incoming, facts)
        }
        Answer::Older(Incoming::Button(button)) => offers::show_again(turn, button, facts),
        _ => Ok(ask(turn).into()),
    }
}

fn read_anywhere(
    turn: &mut Turn,
    incoming: Incoming<'_>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    match incoming {
        Incoming::Greeting(_) => begin(turn, Answer::Open(incoming), facts),
        Incoming::QuickOffer(terms) if is_member(turn) => {
            offer::propose(turn, terms.parse(), facts)
        }
        Incoming::Button(button) if is_member(turn) => offers::press(turn, button, facts),
        Incoming::QuickOffer(_) | Incoming::Button(_) => Ok(ask(turn).into()),
        Incoming::Choice(text) | Incoming::Text(text) => read_in_stage(turn, text, facts),
    }
}

fn is_member(turn: &Turn) -> bool {
    turn.data().spec.profile.member.is_some()
}

fn read_in_stage(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    match turn.stage() {
        Stage::Menu | Stage::MoreOptions => match menu::read(turn, text) {
            Ok(choice) => enter(turn, choice, facts),
            Err(why) => Ok(ask_again(turn, why).into()),
        },
        Stage::Register => register::read(turn, text),
        Stage::SelectProfile => accounts::read(turn, text, facts),
        Stage::CreateBusinessAccount => business::read(turn, text),
        Stage::OfferCredex => offer::read(turn, text, facts),
        Stage::PendingOffersIn | Stage::PendingOffersOut => offers::read(turn, text, facts),
        Stage::Transactions => transactions::read(turn, text, facts),
        Stage::AuthorizeMember => members::read(turn, text, facts),
        Stage::Notifications => notifications::read(turn, text, facts),
        // No session waits for a message in the other stages.
        _ => Ok(ask(turn).into()),
    }
}

/// Selects a choice of a menu, and shows the stage that it opens.
fn enter(turn: &mut Turn, choice: Choice, facts: ApiFacts<'_>) -> Result<Next, Error> {
    turn.select(choice)?;
    match turn.stage() {
        Stage::PendingOffersIn => offers::list(turn, Side::In, facts),
        Stage::PendingOffersOut => offers::list(turn, Side::Out, facts),
        Stage::Transactions => transactions::show(turn, 1, facts),
        Stage::SwitchAccount => accounts::switch(turn, facts),
        Stage::AuthorizeMember => members::list(turn, facts),
        Stage::Notifications => notifications::list(turn, facts),
        _ => Ok(ask(turn).into()),
    }
}
