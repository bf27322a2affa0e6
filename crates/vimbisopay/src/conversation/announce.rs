//! What changes something at the API is announced before it is asked.

use vimbiso_state::Error;
use vimbiso_state::vimbisopay::{Choice, Stage};

use crate::api::call::ApiCall;
use crate::conversation::next::Next;
use crate::state::{Pending, Turn};

/// Moves to `submitting`, with the call in the session under the id of the commit to come. A refusal leads to `back`.
pub(crate) fn announce(
    turn: &mut Turn,
    call: ApiCall,
    back: (Stage, Option<Choice>),
) -> Result<Next, Error> {
    turn.transition_to(call.stage(), Choice::Submitting)?;
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
