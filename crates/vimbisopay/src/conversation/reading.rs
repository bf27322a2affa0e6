//! How a message is read: this file leads from one stage to another.

use vimbiso_state::vimbisopay::{Choice, Incoming, Stage};
use vimbiso_state::{Answer, Choice as _, Error, Stage as _};

use crate::api::facts::ApiFacts;
use crate::api::records::Side;
use crate::conversation::call::{in_progress, is_awaited};
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::conversation::{
    accounts, business, members, menu, notifications, offer, offers, register, status, transactions,
};
use crate::flow::Turn;

/// Reads an answer to an open question first, then what means the same in every stage, then what
/// depends on the stage.
pub(crate) fn read(
    turn: &mut Turn,
    answer: Answer<Incoming<'_>>,
    facts: ApiFacts<'_>,
) -> Result<Next, Error> {
    if let Answer::Older(_) = answer
        && is_awaited(turn)
    {
        // Such as a second tap on the button that has led to the call.
        return Ok(Next::Aside(in_progress()));
    }
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
