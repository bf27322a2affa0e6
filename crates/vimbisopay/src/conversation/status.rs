//! What the status of a session means for the next message.

use vimbiso_state::SessionStatus;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::conversation::call::{in_progress, is_awaited};
use crate::flow::Turn;

/// The text that the next reply opens with.
pub(crate) fn notice(turn: &Turn) -> Option<String> {
    match *turn.status() {
        SessionStatus::New => Some("👋 Welcome to VimbisoPay.".to_owned()),
        SessionStatus::Active => is_awaited(turn).then(|| in_progress().text),
        SessionStatus::Expired { .. } if turn.user().pending_call().is_some() => {
            Some(format!("Your session expired.\n\n{}", in_progress().text))
        }
        SessionStatus::Expired { .. } => Some("Your session expired.".to_owned()),
        SessionStatus::Recovered { .. } => {
            Some("Something was wrong with our conversation, so we start over.".to_owned())
        }
    }
}

/// Whether the message can be read in the stage of the session. Otherwise the conversation starts
/// again at the menu.
pub(crate) fn is_under_way(turn: &Turn) -> bool {
    let data = turn.data();
    let has_member = data.spec.profile.member.is_some() && data.account().is_some();
    // In `submitting` there is no question that a message could answer.
    let waits = turn.stage().waits_for_user() && turn.option() != Some(Choice::Submitting);
    *turn.status() == SessionStatus::Active
        && waits
        && (has_member || turn.stage() == Stage::Register)
}
