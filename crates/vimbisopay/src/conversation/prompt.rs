//! The question of each stage. It needs no answer of the API.

use std::fmt::Display;

use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::terms::Security;
use crate::conversation::list::number_up_to;
use crate::conversation::menu;
use crate::flow::Turn;
use crate::reply::Reply;

/// The entries after the accounts in the list of accounts.
pub(crate) const AFTER_ACCOUNTS: [&str; 3] = [
    "💸 Offer Secured Credex",
    menu::ADD_BUSINESS_ACCOUNT,
    "🧭 Find an Agent",
];

/// Repeats the question of this stage, with a reason before it.
pub(crate) fn ask_again(turn: &mut Turn, why: impl Display) -> Reply {
    ask(turn).preceded_by(why.to_string())
}

/// Asks the question of this stage.
pub(crate) fn ask(turn: &mut Turn) -> Reply {
    let listed = turn.data().listed.len();
    match (turn.stage(), turn.option()) {
        (Stage::Register, _) => menu::show_register(turn),
        (Stage::CreateBusinessAccount, _) => business_account(turn),
        (Stage::OfferCredex, Some(Choice::ConfirmOfferCredex)) => offer_confirmation(turn),
        (Stage::OfferCredex, _) => offer_terms(turn),
        (Stage::AuthorizeMember, Some(Choice::GetHandle)) => {
            turn.ask();
            Reply::new("Send the handle of the member to add.")
        }
        (Stage::AuthorizeMember, Some(Choice::ConfirmAuthorization)) => member_confirmation(turn),
        // A list stays the open question, with the buttons below it.
        (Stage::AuthorizeMember, _) => number_up_to(listed + 1),
        (Stage::SelectProfile, _) => number_up_to(listed + AFTER_ACCOUNTS.len()),
        (Stage::Transactions, _) => transaction_page(turn),
        (Stage::PendingOffersIn | Stage::PendingOffersOut | Stage::Notifications, _) => {
            number_up_to(listed)
        }
        (Stage::MoreOptions, _) => menu::show_more(turn),
        _ => menu::show_main(turn),
    }
}

// Every question has an id, also one without buttons: the buttons of earlier ones are then older.

fn business_account(turn: &mut Turn) -> Reply {
    turn.ask();
    Reply::new(
        "🏢 Send the name of the business and a handle for it, such as *Ada's Bakery, adas_bakery*.",
    )
}

fn offer_terms(turn: &mut Turn) -> Reply {
    turn.ask();
    Reply::new(format!(
        "💸 Send the offer in {}:\n\
         *12.50=>handle* secured\n\
         *12.50->handle* unsecured\n\
         *12.50->handle=2030-12-31* unsecured, with the day it is due",
        turn.data().denom()
    ))
}

fn offer_confirmation(turn: &mut Turn) -> Reply {
    let question = turn.ask();
    let data = turn.data();
    let Some(ApiCall::Offer { to, terms, .. }) = &data.draft else {
        return offer_terms(turn);
    };
    let security = match &terms.security {
        Security::Secured => "secured".to_owned(),
        Security::Unsecured { due: None } => "unsecured".to_owned(),
        Security::Unsecured { due: Some(due) } => format!("unsecured, due {due}"),
    };
    Reply::new(format!(
        "Offer *{} {}* ({security}) from {} to *{}* (@{})?",
        terms.amount,
        data.denom(),
        data.account_name(),
        to.name,
        to.handle
    ))
    .button("Yes", question.button("yes"))
    .button("No", question.button("no"))
}

fn member_confirmation(turn: &mut Turn) -> Reply {
    let question = turn.ask();
    match &turn.data().draft {
        Some(ApiCall::Authorize { member, .. }) => Reply::new(format!(
            "Let *{}* (@{}) act for *{}*?\n1. Yes\n2. No",
            member.name,
            member.handle,
            turn.data().account_name()
        ))
        .button("Yes", question.button("yes"))
        .button("No", question.button("no")),
        _ => Reply::new("Reply with *no* to go back."),
    }
}

fn transaction_page(turn: &mut Turn) -> Reply {
    let question = turn.ask();
    let mut reply = Reply::new(
        "Reply with a number for the details, *Next* or *Prev* to turn the page, or *menu*.",
    );
    if turn.data().spec.page_number > 1 {
        reply = reply.button("Prev", question.button("Prev"));
    }
    if !turn.data().listed.is_empty() {
        reply = reply.button("Next", question.button("Next"));
    }
    reply
}
