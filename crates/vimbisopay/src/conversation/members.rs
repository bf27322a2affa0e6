//! Who else may act for the account.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::terms::Handle;
use crate::conversation::announce::announce;
use crate::conversation::list::{numbered, shown};
use crate::conversation::next::Next;
use crate::conversation::prompt::{ask, ask_again};
use crate::findings::Findings;
use crate::reply::Reply;
use crate::state::Turn;

const LIST: (Stage, Option<Choice>) = (Stage::AuthorizeMember, Some(Choice::SelectOption));

/// Lists what can be done: add a member, or remove one of those there are.
pub(crate) fn list(turn: &mut Turn, found: Findings<'_>) -> Result<Next, Error> {
    let members = match found.authorized_members(turn.data().account_id()) {
        Ok(members) => shown(members),
        Err(question) => return Ok(Next::Ask(question)),
    };
    turn.transition_to(LIST.0, LIST.1)?;
    turn.data_mut().draft = None;
    turn.data_mut().listed = members.iter().map(|member| member.id.clone()).collect();
    let remove = members
        .iter()
        .map(|member| format!("Remove {} (@{})", member.name, member.handle));
    let lines = std::iter::once("Add a member".to_owned()).chain(remove);
    Ok(Reply::new(format!(
        "👥 *Members of {}*\n{}",
        turn.data().account_name(),
        numbered(lines)
    ))
    .into())
}

pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    match turn.option() {
        Some(Choice::GetHandle) => read_handle(turn, text, found),
        Some(Choice::ConfirmAuthorization) => match text {
            "1" => answer(turn, true, found),
            "2" => answer(turn, false, found),
            _ => Ok(ask_again(turn, "Please answer *yes* or *no*.").into()),
        },
        Some(Choice::SelectOption) => read_option(turn, text),
        _ => list(turn, found), // what was listed last is not a list of members
    }
}

fn read_option(turn: &mut Turn, text: &str) -> Result<Next, Error> {
    let number = text.parse::<usize>().ok();
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
            announce(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}

fn read_handle(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    let member = match text.parse::<Handle>() {
        Ok(handle) => match found.member(handle.as_str()) {
            Ok(member) => member,
            Err(question) => return Ok(Next::Ask(question)),
        },
        Err(_) => None,
    };
    let Some(member) = member else {
        return Ok(list(turn, found)?.after("❌ No member has that handle."));
    };
    turn.transition_to(Stage::AuthorizeMember, Choice::ConfirmAuthorization)?;
    turn.data_mut().draft = Some(ApiCall::Authorize {
        account: turn.data().account_id().to_owned(),
        member: member.clone(),
    });
    Ok(ask(turn).into())
}

/// Only an explicit yes authorizes the member who was shown.
pub(crate) fn answer(turn: &mut Turn, yes: bool, found: Findings<'_>) -> Result<Next, Error> {
    match turn.data_mut().draft.take() {
        Some(authorize @ ApiCall::Authorize { .. }) if yes => announce(turn, authorize, LIST),
        _ => Ok(list(turn, found)?.after("Nobody was added.")),
    }
}
