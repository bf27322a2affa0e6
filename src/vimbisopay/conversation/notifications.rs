//! Who is notified of what happens on the account.

use super::{
    Choice, Findings, Next, Reply, Stage, Turn, account_in_use, act, ask_again, first, numbered,
};
use crate::error::Error;
use crate::vimbisopay::ApiCall;

const LIST: (Stage, Option<Choice>) = (Stage::Notifications, Some(Choice::SelectOption));

/// Lists who can be notified.
pub(super) fn list(turn: &mut Turn, found: &Findings) -> Result<Reply, Error> {
    let settings = found.notifications(&account_in_use(turn))?;
    let candidates = first(&settings.candidates);
    turn.go(LIST.0, LIST.1)?;
    turn.state_mut().listed = candidates.iter().map(|party| party.id.clone()).collect();
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
    Ok(Reply::new(format!(
        "🛎️ *Who is to be notified?*\n{}",
        numbered(lines)
    )))
}

/// Reads the number or the id of one who was listed.
pub(super) fn read(turn: &mut Turn, text: &str, found: &Findings) -> Result<Next, Error> {
    if turn.option() != LIST.1 {
        return Ok(list(turn, found)?.into()); // what was listed last is not a list of candidates
    }
    match turn.state().pick_listed(text) {
        Some(member) => {
            let call = ApiCall::Notify {
                account: account_in_use(turn),
                member: member.to_owned(),
            };
            act::announce(turn, call, LIST)
        }
        None => Ok(ask_again(turn, "❌ That is not on the list.").into()),
    }
}
