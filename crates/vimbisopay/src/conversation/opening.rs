//! How a conversation is found, and what the user is told of that.

use vimbiso_state::SessionStatus;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::Outcome;
use crate::findings::{Findings, LookUp};
use crate::state::Turn;

/// What the user is to be told first: nothing in a conversation that goes on. Or what has to be asked before.
pub(crate) fn notice(turn: &Turn, found: Findings<'_>) -> Result<Option<String>, LookUp> {
    let notice = match *turn.status() {
        SessionStatus::New => "👋 Welcome to VimbisoPay.".to_owned(),
        SessionStatus::Active => return Ok(None),
        SessionStatus::Expired {
            option: Some(Choice::Submitting),
            entered_by,
            ..
        } => became(found.outcome(entered_by)?),
        SessionStatus::Expired { .. } => "Your session expired.".to_owned(),
        SessionStatus::Recovered { .. } => {
            "Something was wrong with our conversation, so we start over.".to_owned()
        }
    };
    Ok(Some(notice))
}

fn became(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { message } => format!(
            "Your session expired. Your last request went through: {}",
            brief(message)
        ),
        Outcome::Refused { reason } => format!(
            "Your session expired. Your last request was refused: {}",
            brief(reason)
        ),
        Outcome::NotFound => "Your session expired. There is no trace of your last request: \
                              please check before you repeat it."
            .to_owned(),
    }
}

/// The beginning of what the API says: the session may have to keep it, and the reply says more.
fn brief(text: &str) -> String {
    text.chars().take(500).collect()
}

/// Whether the stage can be asked what a message means.
pub(crate) fn is_under_way(turn: &Turn) -> bool {
    let state = turn.data();
    let knows_who = state.spec.profile.member.is_some() && state.account().is_some();
    let waits = turn.stage().rests() && turn.option() != Some(Choice::Submitting);
    *turn.status() == SessionStatus::Active
        && waits
        && (knows_who || turn.stage() == Stage::Register)
}
