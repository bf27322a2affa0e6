//! What each stage asks. Needs nothing from the API.

use std::fmt::Display;

use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::terms::Security;
use crate::conversation::list::number_up_to;
use crate::conversation::menu;
use crate::reply::Reply;
use crate::state::Turn;

/// What is listed after the accounts.
pub(crate) const AFTER_ACCOUNTS: [&str; 3] = [
    "💸 Offer Secured Credex",
    "🏢 Create Business Account",
    "🧭 Find an Agent",
];

/// Stays, says why, and asks once more what this stage asks.
pub(crate) fn ask_again(turn: &mut Turn, why: impl Display) -> Reply {
    ask(turn).after(why.to_string())
}

/// Asks what this stage asks.
pub(crate) fn ask(turn: &mut Turn) -> Reply {
    let listed = turn.data().listed.len();
    match (turn.stage(), turn.option()) {
        (Stage::Register, _) => menu::show_register(turn),
        (Stage::CreateBusinessAccount, _) => for_a_business(),
        (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex)) => to_confirm_the_offer(turn),
        (Stage::OfferCredex, _) => for_an_offer(turn),
        (Stage::AuthorizeMember, Some(Choice::GetHandle)) => {
            Reply::new("Send the handle of the member to add.")
        }
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization)) => to_confirm_the_member(turn),
        (Stage::AuthorizeMember, _) => number_up_to(listed + 1),
        (Stage::SelectProfile, _) => number_up_to(listed + AFTER_ACCOUNTS.len()),
        (Stage::Transactions, _) => for_a_transaction(turn),
        (Stage::PendingOffersIn | Stage::PendingOffersOut | Stage::Notifications, _) => {
            number_up_to(listed)
        }
        (Stage::MoreOptions, _) => menu::show_more(turn),
        _ => menu::show_main(turn),
    }
}

fn for_a_business() -> Reply {
    Reply::new(
        "🏢 Send the name of the business and a handle for it, such as *Ada's Bakery, adas_bakery*.",
    )
}

fn for_an_offer(turn: &Turn) -> Reply {
    Reply::new(format!(
        "💸 Send the offer in {}:\n\
         *12.50=>handle* secured\n\
         *12.50->handle* unsecured\n\
         *12.50->handle=2030-12-31* unsecured, with the day it is due",
        turn.data().denom()
    ))
}

fn to_confirm_the_offer(turn: &Turn) -> Reply {
    let state = turn.data();
    let Some(ApiCall::Offer { to, terms, .. }) = &state.draft else {
        return for_an_offer(turn);
    };
    let security = match &terms.security {
        Security::Secured => "secured".to_owned(),
        Security::Unsecured { due: None } => "unsecured".to_owned(),
        Security::Unsecured { due: Some(due) } => format!("unsecured, due {due}"),
    };
    Reply::new(format!(
        "Offer *{} {}* ({security}) from {} to *{}* (@{})?",
        terms.amount,
        state.denom(),
        state.account_name(),
        to.name,
        to.handle
    ))
    .button("Yes", "yes")
    .button("No", "no")
}

fn to_confirm_the_member(turn: &Turn) -> Reply {
    match &turn.data().draft {
        Some(ApiCall::Authorize { member, .. }) => Reply::new(format!(
            "Let *{}* (@{}) act for *{}*?\n1. Yes\n2. No",
            member.name,
            member.handle,
            turn.data().account_name()
        ))
        .button("Yes", "yes")
        .button("No", "no"),
        _ => Reply::new("Reply with *no* to go back."),
    }
}

fn for_a_transaction(turn: &Turn) -> Reply {
    let mut reply = Reply::new(
        "Reply with a number for the details, *Next* or *Prev* to turn the page, or *menu*.",
    );
    if turn.data().spec.page_number > 1 {
        reply = reply.button("Prev", "Prev");
    }
    if !turn.data().listed.is_empty() {
        reply = reply.button("Next", "Next");
    }
    reply
}
