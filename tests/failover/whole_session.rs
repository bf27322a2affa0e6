//! Turns after which every part of a session follows from the number of messages that took effect,
//! so that a mixed session shows.

use harness::desk::{Choice, Desk, Stage};
use vimbiso_state::{CachedUser, Direction, Error, SessionStatus, Turn};

/// The stage, option and direction of a session after so many messages.
fn after(messages: usize) -> (Stage, Option<Choice>, Direction) {
    let stage = [Stage::Menu, Stage::Weigh, Stage::Send][messages % 3];
    if messages % 2 == 1 {
        (stage, Some(Choice::Asking), Direction::In)
    } else {
        (stage, None, Direction::Out)
    }
}

/// Checks that all parts of a session are of one version.
pub fn assert_whole(user: &CachedUser<Desk>) {
    let (state, messages) = (user.state(), user.data().applied.len());
    let opening = if messages == 0 {
        SessionStatus::New
    } else {
        SessionStatus::Active
    };
    assert_eq!(user.status(), &opening, "after {messages} messages");
    assert_eq!(
        (state.stage(), state.option(), state.direction()),
        after(messages),
        "after {messages} messages"
    );
    assert_eq!(
        user.version().map_or(0, |version| version.revision),
        messages as u64
    );
}

/// The decision: adds the message to the list, and sets all else as it follows from that. Its
/// output is the list as it was.
pub fn apply(turn: &mut Turn<Desk>, id: &str) -> Result<Vec<String>, Error> {
    assert_whole(turn.user());
    let on = turn.data().applied.clone();
    turn.data_mut().applied.push(id.to_owned());
    let (stage, option, direction) = after(on.len() + 1);
    turn.transition_to(stage, option)?;
    turn.set_direction(direction);
    Ok(on)
}
