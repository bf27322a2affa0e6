//! A call that changes something: how the session waits for its outcome.

use std::time::Duration;

use vimbiso_state::vimbisopay::{Choice, Stage};
use vimbiso_state::{Direction, Error, SessionStatus};

use crate::api::call::ApiCall;
use crate::conversation::next::Next;
use crate::data::Place;
use crate::flow::Turn;
use crate::reply::Reply;

/// When a user reads that the outcome takes longer.
const REMIND_AFTER: Duration = Duration::from_secs(10);

/// Moves to `submitting`, and makes the call after the commit. A refusal leads to `back`.
pub(crate) fn submit(
    turn: &mut Turn,
    call: ApiCall,
    back: (Stage, Option<Choice>),
) -> Result<Next, Error> {
    turn.transition_to(call.stage(), Choice::Submitting)?;
    turn.set_direction(Direction::In);
    turn.remind_in(REMIND_AFTER);
    let (stage, option) = back;
    turn.data_mut().back_to = Some(Place { stage, option });
    Ok(Next::Call(call))
}

/// Whether the session waits for the outcome of a call.
pub(crate) fn is_awaited(turn: &Turn) -> bool {
    *turn.status() == SessionStatus::Active
        && turn.option() == Some(Choice::Submitting)
        && turn.user().pending_call().is_some()
}

pub(crate) fn in_progress() -> Reply {
    Reply::new(
        "⏳ Your request is still in progress. We will tell you its result; \
         until then you cannot make another.",
    )
}
