//! How a conversation begins, and begins again.

use super::{Findings, Incoming, Next, Stage, Turn, menu, read, register};
use crate::error::Error;
use crate::flow::Stage as _;
use crate::vimbisopay::{Choice, Opening, Outcome};

/// What the user is to be told first: nothing in a conversation that goes on.
pub(super) fn notice(turn: &Turn, found: &Findings) -> Result<Option<String>, Error> {
    Ok(match *turn.opening() {
        Opening::New => Some("👋 Welcome to VimbisoPay.".to_owned()),
        Opening::Resumed => None,
        Opening::Expired { option: Some(Choice::Submitting), commit_id, .. } => Some(match found.outcome(commit_id)? {
            Outcome::Done { message } => format!("Your session expired. Your last request went through: {}", brief(message)),
            Outcome::Refused { reason } => format!("Your session expired. Your last request was refused: {}", brief(reason)),
            Outcome::NotFound => {
                "Your session expired. There is no trace of your last request: please check before you repeat it.".into()
            }
        }),
        Opening::Expired { .. } => Some("Your session expired.".to_owned()),
        Opening::Recovered { .. } => Some("Something was wrong with our conversation, so we start over.".to_owned()),
    })
}

/// The beginning of what the API says: the session may have to keep it, and the reply says more.
fn brief(text: &str) -> String {
    text.chars().take(500).collect()
}

/// Whether the stage can be asked what a message means.
pub(super) fn is_under_way(turn: &Turn) -> bool {
    let knows_who = turn.state().profile.member.is_some() && turn.state().current_account.is_some();
    let waits = turn.stage().rests() && turn.option() != Some(Choice::Submitting);
    *turn.opening() == Opening::Resumed && waits && (knows_who || turn.stage() == Stage::Register)
}

/// Begins at the menu, or at the registration of somebody who is not registered. What acts from anywhere then acts.
pub(super) fn begin(
    turn: &mut Turn,
    incoming: &Incoming<'_>,
    found: &Findings,
) -> Result<Next, Error> {
    let Some(dashboard) = found.dashboard()? else {
        return Ok(register::begin(turn)?.into());
    };
    // A greeting must not move somebody to another account unawares.
    let account = turn
        .state()
        .current_account
        .as_ref()
        .map(|account| account.account_id.clone());
    turn.reset();
    dashboard.write_to(turn.state_mut(), account.as_deref());
    turn.go(Stage::START, Choice::Menu)?;
    match incoming {
        Incoming::QuickOffer(_) | Incoming::Button(_) => read(turn, incoming, found),
        _ => Ok(menu::show(turn).into()),
    }
}
