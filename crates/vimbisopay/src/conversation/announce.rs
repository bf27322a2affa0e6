//! A call that changes something is announced in the session before it is made.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::conversation::next::Next;
use crate::flow::Turn;
use crate::pending::Pending;

/// Moves to `submitting` and returns the call, with the id of the coming commit as its key. A
/// refusal leads to `back`.
pub(crate) fn announce(
    turn: &mut Turn,
    call: ApiCall,
    back: (Stage, Option<Choice>),
) -> Result<Next, Error> {
    turn.transition_to(call.stage(), Choice::Submitting)?;
    // A call answers its question: the same button, pressed again, confirms nothing more.
    turn.close_question();
    let (stage, option) = back;
    Ok(Next::Call(Pending {
        key: turn.commit_id(),
        call,
        stage,
        option,
        notice: None,
        extra: serde_json::Map::new(),
    }))
}
