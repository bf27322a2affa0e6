//! The conversation itself: pure, sync, without I/O.

mod accounts;
mod act;
mod business;
mod members;
mod menu;
mod notifications;
mod offer;
mod offers;
mod opening;
mod register;
mod transactions;

use std::fmt::Display;

pub use act::conclude;

use super::{Choice, Findings, Incoming, Pending, Reply, Stage, Turn};
use crate::error::Error;
use crate::id::Direction;

/// What follows from a message, once its turn is committed.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Tell the user this.
    Reply(Reply),
    /// Make this call under its key, and record what comes back with [`conclude`].
    Call(Pending),
}

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// Decides what a message does to the session, within a turn.
///
/// A reply is remembered with the commit. A call is announced in the session, which stands in
/// [`Choice::Submitting`] until [`conclude`] records its result; a message that finds it there leads to the same call again,
/// whatever it says.
///
/// # Examples
/// See [`Findings`].
///
/// # Errors
/// [`Missing`](super::Missing), as [`Error::Host`], where something must be looked up first. [`Error::Refused`] would be a
/// fault of this function. Nothing is changed in either case, provided that the error leaves the turn.
pub fn decide(turn: &mut Turn, incoming: &Incoming<'_>, found: &Findings) -> Result<Next, Error> {
    turn.update_from("vimbisopay");
    let notice = opening::notice(turn, found)?;
    let mut next = match &turn.state().pending {
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
            turn.state_mut().pending = Some(pending.clone());
            turn.set_direction(Direction::In);
        }
    }
    Ok(next)
}

/// An answer to the question that is open comes first, then what is read alike in every stage, then the stage.
fn answer_or_read(
    turn: &mut Turn,
    incoming: &Incoming<'_>,
    found: &Findings,
) -> Result<Next, Error> {
    if !opening::is_under_way(turn) {
        return opening::begin(turn, incoming, found);
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

fn read(turn: &mut Turn, incoming: &Incoming<'_>, found: &Findings) -> Result<Next, Error> {
    let is_member = turn.state().profile.member.is_some();
    match incoming {
        Incoming::Greeting(_) => opening::begin(turn, incoming, found),
        Incoming::QuickOffer(terms) if is_member => offer::propose(turn, terms.clone(), found),
        Incoming::Button(button) if is_member => offers::press(turn, *button, found),
        Incoming::QuickOffer(_) | Incoming::Button(_) => Ok(ask_again(turn, "").into()),
        Incoming::Choice(text) | Incoming::Text(text) => read_in_stage(turn, text, found),
    }
}

fn read_in_stage(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    match turn.stage() {
        Stage::Menu | Stage::MoreOptions => menu::read(turn, text, found),
        Stage::Register => register::read(turn, text),
        Stage::SelectProfile => accounts::read(turn, text, found),
        Stage::CreateBusinessAccount => business::read(turn, text),
        Stage::OfferCredex => offer::read(turn, text, found),
        Stage::PendingOffersIn | Stage::PendingOffersOut => offers::read(turn, text, found),
        Stage::Transactions => transactions::read(turn, text, found),
        Stage::AuthorizeMember => members::read(turn, text, found),
        Stage::Notifications => notifications::read(turn, text, found),
        _ => Ok(ask_again(turn, "").into()), // no conversation rests there
    }
}

/// Stays, says why, and asks once more what this stage asks. Needs nothing from the API.
fn ask_again(turn: &mut Turn, why: impl Display) -> Reply {
    let again = match (turn.stage(), turn.option()) {
        (Stage::Register, _) => register::ask(turn),
        (Stage::CreateBusinessAccount, _) => business::ask(),
        (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex)) => offer::ask_to_confirm(turn),
        (Stage::OfferCredex, _) => offer::ask(turn),
        (Stage::AuthorizeMember, Some(Choice::GetHandle)) => members::ask_for_handle(),
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization)) => {
            members::ask_to_confirm(turn)
        }
        (Stage::AuthorizeMember, _) => number_up_to(turn.state().listed.len() + 1),
        (Stage::SelectProfile, _) => {
            number_up_to(turn.state().listed.len() + accounts::EXTRAS.len())
        }
        (Stage::Transactions, _) => transactions::ask(turn),
        (Stage::PendingOffersIn | Stage::PendingOffersOut | Stage::Notifications, _) => {
            number_up_to(turn.state().listed.len())
        }
        (Stage::MoreOptions, _) => menu::show_more(turn),
        _ => menu::show(turn),
    };
    again.after(why.to_string())
}

fn number_up_to(last: usize) -> Reply {
    Reply::new(match last {
        0 => "Send *menu* to go back.".to_owned(),
        1 => "Reply with *1*, or send *menu* to go back.".to_owned(),
        _ => format!("Reply with a number from *1* to *{last}*, or send *menu* to go back."),
    })
}

/// The id of the account in use. There is one in every conversation that is under way.
fn account_in_use(turn: &Turn) -> String {
    turn.state()
        .current_account
        .as_ref()
        .map(|account| account.account_id.clone())
        .unwrap_or_default()
}

/// The most that a list shows: numbers that a thumb can type, and a reply that is remembered whole.
fn first<T>(list: &[T]) -> &[T] {
    list.get(..20).unwrap_or(list)
}

fn numbered(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<_> = lines
        .into_iter()
        .zip(1..)
        .map(|(line, number)| format!("{number}. {line}"))
        .collect();
    lines.join("\n")
}
