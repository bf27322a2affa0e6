//! Who is notified of what happens on the account.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::conversation::announce::announce;
use crate::conversation::list::{numbered, shown};
use crate::conversation::next::Next;
use crate::conversation::prompt::ask_again;
use crate::findings::Findings;
use crate::reply::Reply;
use crate::state::Turn;

const LIST: (Stage, Option<Choice>) = (Stage::Notifications, Some(Choice::SelectOption));

/// Lists who can be notified.
pub(crate) fn list(turn: &mut Turn, found: Findings<'_>) -> Result<Next, Error> {
    let settings = match found.notifications(turn.data().account_id()) {
        Ok(settings) => settings,
        Err(question) => return Ok(Next::Ask(question)),
    };
    let candidates = shown(&settings.candidates);
    turn.transition_to(LIST.0, LIST.1)?;
    turn.data_mut().listed = candidates.iter().map(|party| party.id.clone()).collect();
    let mark = |id: &String| {
        if settings.current.as_ref() == Some(id) {
            " ✅"
        } else {
            ""
        }
    };
    let lines = candidates
        .iter()
        .map(|party| format!("{} (@{}){}", party.name, party.handle, mark(&party.id)));
    Ok(Reply::new(format!("🛎️ *Who is to be notified?*\n{}", numbered(lines))).into())
}

/// Reads the number or the id of one who was listed.
pub(crate) fn read(turn: &mut Turn, text: &str, found: Findings<'_>) -> Result<Next, Error> {
    if turn.option() != LIST.1 {
        return list(turn, found); // what was listed last is not a list of candidates
    }
    match turn.data().pick_listed(text) {
        Some(member) => {
            let call = ApiCall::Notify {
                account: turn.data().account_id().to_owned(),
                member: member.to_owned(),
            };
            announce(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}
