//! The stage in which the user chooses who is notified of events on the account.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::api::facts::ApiFacts;
use crate::conversation::call::submit;
use crate::conversation::list::{entries, numbered, truncated};
use crate::conversation::next::Next;
use crate::conversation::prompt::ask_again;
use crate::flow::Turn;
use crate::reply::Reply;

const LIST: (Stage, Option<Choice>) = (Stage::Notifications, Some(Choice::SelectOption));

/// Lists the members who can be notified.
pub(crate) fn list(turn: &mut Turn, facts: ApiFacts<'_>) -> Result<Next, Error> {
    let settings = match facts.notifications(turn.data().account_id()) {
        Ok(settings) => settings,
        Err(query) => return Ok(Next::Ask(query)),
    };
    let candidates = truncated(&settings.candidates);
    turn.transition_to(LIST.0, LIST.1)?;
    let question = turn.ask();
    turn.data_mut().listed = candidates.iter().map(|party| party.id.clone()).collect();
    let mark = |id: &String| {
        if settings.current.as_ref() == Some(id) {
            " ✅"
        } else {
            ""
        }
    };
    let lines: Vec<_> = candidates
        .iter()
        .map(|party| format!("{} (@{}){}", party.name, party.handle, mark(&party.id)))
        .collect();
    let text = format!("🛎️ *Who is to be notified?*\n{}", numbered(&lines));
    Ok(Reply::new(text).entries(entries(question, lines)).into())
}

/// Reads the number or the id of a listed member.
pub(crate) fn read(turn: &mut Turn, text: &str, facts: ApiFacts<'_>) -> Result<Next, Error> {
    if turn.option() != LIST.1 {
        // The host has moved the session here, so the ids listed last are not those of members.
        return list(turn, facts);
    }
    match turn.data().pick_listed(text) {
        Some(member) => {
            let call = ApiCall::Notify {
                account: turn.data().account_id().to_owned(),
                member: member.to_owned(),
            };
            submit(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}
