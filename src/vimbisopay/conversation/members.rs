//! Who else may act for the account.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, account_in_use, act, ask_again, first, numbered,
};
use crate::error::Error;
use crate::vimbisopay::{ApiCall, Handle};

const LIST: (Stage, Option<Choice>) = (Stage::AuthorizeMember, Some(Choice::SelectOption));

/// Lists what can be done: add a member, or remove one of those there are.
pub(super) fn list(turn: &mut Turn, found: &Findings) -> Result<Reply, Error> {
    let members = first(found.authorized_members(&account_in_use(turn))?);
    turn.go(LIST.0, LIST.1)?;
    turn.state_mut().draft = None;
    turn.state_mut().listed = members.iter().map(|member| member.id.clone()).collect();
    let remove = members
        .iter()
        .map(|member| format!("Remove {} (@{})", member.name, member.handle));
    let lines = std::iter::once("Add a member".to_owned()).chain(remove);
    let name = turn
        .state()
        .current_account
        .as_ref()
        .map_or("your account", |account| account.name());
    Ok(Reply::new(format!(
        "👥 *Members of {name}*\n{}",
        numbered(lines)
    )))
}

pub(super) fn ask_for_handle() -> Reply {
    Reply::new("Send the handle of the member to add.")
}

pub(super) fn ask_to_confirm(turn: &Turn) -> Reply {
    match &turn.state().draft {
        Some(ApiCall::Authorize { member, .. }) => {
            let name = turn
                .state()
                .current_account
                .as_ref()
                .map_or("your account", |account| account.name());
            Reply::new(format!(
                "Let *{}* (@{}) act for *{name}*?\n1. Yes\n2. No",
                member.name, member.handle
            ))
            .button("Yes", "yes")
            .button("No", "no")
        }
        _ => Reply::new("Reply with *no* to go back."),
    }
}

pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    match turn.option() {
        Some(Choice::GetHandle) => read_handle(turn, text, found),
        Some(Choice::ConfirmAuthorization) => match text {
            "1" => answer(turn, true, found),
            "2" => answer(turn, false, found),
            _ => Ok(ask_again(turn, "Please answer *yes* or *no*.").into()),
        },
        Some(Choice::SelectOption) => read_option(turn, text),
        _ => Ok(list(turn, found)?.into()), // what was listed last is not a list of members
    }
}

fn read_option(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    let number = text.parse::<usize>().ok();
    if number == Some(1) {
        turn.go(Stage::AuthorizeMember, Choice::GetHandle)?;
        return Ok(ask_for_handle().into());
    }
    match number.and_then(|number| turn.state().listed.get(number.checked_sub(2)?)) {
        Some(member) => {
            let call = ApiCall::RemoveMember {
                account: account_in_use(turn),
                member: member.clone(),
            };
            act::announce(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}

fn read_handle(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    let member = match text.parse::<Handle>() {
        Ok(handle) => found.member(handle.as_str())?,
        Err(_) => None,
    };
    let Some(member) = member else {
        return Ok(list(turn, found)?
            .after("❌ No member has that handle.")
            .into());
    };
    turn.go(Stage::AuthorizeMember, Choice::ConfirmAuthorization)?;
    turn.state_mut().draft = Some(ApiCall::Authorize {
        account: account_in_use(turn),
        member: member.clone(),
    });
    Ok(ask_to_confirm(turn).into())
}

/// Only an explicit yes authorizes the member who was shown.
pub(super) fn answer(turn: &mut Turn, yes: bool, found: &Findings) -> Result<Next, Error> {
    match turn.state_mut().draft.take() {
        Some(authorize @ ApiCall::Authorize { .. }) if yes => act::announce(turn, authorize, LIST),
        _ => Ok(list(turn, found)?.after("Nobody was added.").into()),
    }
}
