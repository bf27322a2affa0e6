//! The stage in which the user manages who else may act for the account.

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Error, input};

use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::api::terms::Handle;
use crate::conversation::call::submit;
use crate::conversation::list::{entries, numbered, truncated};
use crate::conversation::next::{Next, preceded_by};
use crate::conversation::prompt::{ask, ask_again};
use crate::flow::Turn;
use crate::reply::Reply;

const LIST: (Stage, Option<Choice>) = (Stage::AuthorizeMember, Some(Choice::SelectOption));

/// Lists what the user can do: add a member, or remove one of the members.
pub(crate) fn list(turn: &mut Turn, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let members = match facts.authorized_members(turn.data().account_id()) {
        Ok(members) => truncated(members),
        Err(query) => return Ok(Next::Ask(query)),
    };
    turn.transition_to(LIST.0, LIST.1)?;
    let question = turn.ask();
    turn.data_mut().draft = None;
    turn.data_mut().listed = members.iter().map(|member| member.id.clone()).collect();
    let remove = members
        .iter()
        .map(|member| format!("Remove {} (@{})", member.name, member.handle));
    let lines: Vec<_> = std::iter::once("Add a member".to_owned())
        .chain(remove)
        .collect();
    let text = format!(
        "👥 *Members of {}*\n{}",
        turn.data().account_name(),
        numbered(&lines)
    );
    Ok(Reply::new(text).entries(entries(question, lines)).into())
}

pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    match turn.option() {
        Some(Choice::GetHandle) => read_handle(turn, text, facts),
        Some(Choice::ConfirmAuthorization) => match input::number(text) {
            Some(1) => answer(turn, true, facts),
            Some(2) => answer(turn, false, facts),
            _ => Ok(ask_again(turn, "Please answer *yes* or *no*.").into()),
        },
        Some(Choice::SelectOption) => read_option(turn, text),
        // The host has moved the session here, so the ids listed last are not those of members.
        _ => list(turn, facts),
    }
}

fn read_option(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    let number = input::number(text).and_then(|number| usize::try_from(number).ok());
    // 1 adds a member, so the first member has the number 2.
    if number == Some(1) {
        turn.transition_to(Stage::AuthorizeMember, Choice::GetHandle)?;
        return Ok(ask(turn).into());
    }
    match number.and_then(|number| turn.data().listed.get(number.checked_sub(2)?)) {
        Some(member) => {
            let call = ApiCall::RemoveMember {
                account: turn.data().account_id().to_owned(),
                member: member.clone(),
            };
            submit(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}

fn read_handle(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let member = match text.parse::<Handle>() {
        Ok(handle) => match facts.member(handle.as_str()) {
            Ok(member) => member,
            Err(query) => return Ok(Next::Ask(query)),
        },
        Err(_) => None,
    };
    let Some(member) = member else {
        let why = "❌ No member has that handle.";
        return Ok(preceded_by(list(turn, facts)?, why));
    };
    turn.transition_to(Stage::AuthorizeMember, Choice::ConfirmAuthorization)?;
    turn.data_mut().draft = Some(ApiCall::Authorize {
        account: turn.data().account_id().to_owned(),
        member: member.clone(),
    });
    Ok(ask(turn).into())
}

/// Makes the authorization after an explicit yes, and drops it after a no.
pub(crate) fn answer(turn: &mut Turn, yes: bool, facts: ApiFacts<'_>) -> Result<Next, Error> {
    match turn.data_mut().draft.take() {
        Some(authorize @ ApiCall::Authorize { .. }) if yes => submit(turn, authorize, LIST),
        _ => Ok(preceded_by(list(turn, facts)?, "No one was added.")),
    }
}
