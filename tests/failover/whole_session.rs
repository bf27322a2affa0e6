//! Turns after which every part of a session follows from the number of messages that took effect,
//! so that a mixture of two versions is found.

use harness::desk::{Choice, Desk, Stage};
use vimbiso_state::{CachedUser, Direction, Error, SessionStatus, Turn};

/// Where a session is after this many messages.
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
    let messages = user.data().applied.len();
    let status = if messages == 0 {
        SessionStatus::New
    } else {
        SessionStatus::Active
    };
    assert_eq!(user.status(), &status, "after {messages} messages");
    let state = user.state();
    assert_eq!(
        (state.stage(), state.option(), state.direction()),
        after(messages),
        "after {messages} messages"
    );
    let revision = user.version().map_or(0, |version| version.revision);
    assert_eq!(revision, messages as u64);
}

/// The decision: appends the message to the list, and sets all else as it follows from that.
/// Returns the list as it was.
pub fn apply(turn: &mut Turn<Desk>, id: &str) -> Result<Vec<String>, Error> {
    assert_whole(turn.user());
    let before = turn.data().applied.clone();
    turn.data_mut().applied.push(id.to_owned());
    let (stage, option, direction) = after(before.len() + 1);
    turn.transition_to(stage, option)?;
    turn.set_direction(direction);
    Ok(before)
}
