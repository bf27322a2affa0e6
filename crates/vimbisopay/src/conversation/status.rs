//! What the status of a session means for the next message.

use vimbiso_state::SessionStatus;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::Outcome;
use crate::api::facts::ApiFacts;
use crate::api::query::ApiQuery;
use crate::flow::Turn;

/// The text that the next reply opens with: `None` in an active session. The error is a query that
/// has to be made first.
pub(crate) fn notice(turn: &Turn, facts: ApiFacts<'_>) -> Result<Option<String>, ApiQuery> {
    let notice = match *turn.status() {
        SessionStatus::New => "👋 Welcome to VimbisoPay.".to_owned(),
        SessionStatus::Active => return Ok(None),
        SessionStatus::Expired {
            option: Some(Choice::Submitting),
            entered_by,
            ..
        } => outcome_of_last_call(facts.outcome(entered_by)?),
        SessionStatus::Expired { .. } => "Your session expired.".to_owned(),
        SessionStatus::Recovered { .. } => {
            "Something was wrong with our conversation, so we start over.".to_owned()
        }
    };
    Ok(Some(notice))
}

fn outcome_of_last_call(outcome: &Outcome) -> String {
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

/// The beginning of a text of the API. The notice is stored if the message announces a call.
fn brief(text: &str) -> String {
    text.chars().take(500).collect()
}

/// Whether the message can be read in the stage of the session. Otherwise the conversation starts
/// again at the menu.
pub(crate) fn is_under_way(turn: &Turn) -> bool {
    let data = turn.data();
    let has_member = data.spec.profile.member.is_some() && data.account().is_some();
    // `submitting` without a pending call is left by a host that has changed the session.
    let waits = turn.stage().waits_for_user() && turn.option() != Some(Choice::Submitting);
    *turn.status() == SessionStatus::Active
        && waits
        && (has_member || turn.stage() == Stage::Register)
}
