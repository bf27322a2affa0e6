//! A conversation in which every part of a session follows from how many messages took effect, so that a mixed one shows.

use serde::{Deserialize, Serialize};
use vimbiso_state::{
    CachedUser, Choice, Direction, Error, Flow, Member, Opening, Row, Stage, StateManager, Turn,
    assert_transitions, row,
};

#[derive(Debug)]
pub struct Parcel;

pub type Manager = StateManager<Parcel>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Take,
    Weigh,
    Send,
}

impl Stage for Step {
    const START: Self = Self::Take;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Take, "take", &[Self::Weigh]),
        row(Self::Weigh, "weigh", &[Self::Send]),
        row(Self::Send, "send", &[Self::Take]),
    ];
}
assert_transitions!(Step);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Odd {
    Odd,
}

impl Choice<Step> for Odd {
    const ALL: &'static [Self] = &[Self::Odd];

    fn name(self) -> &'static str {
        "odd"
    }

    fn leads_to(self) -> Option<Step> {
        None
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub applied: Vec<String>,
}

impl Flow for Parcel {
    type Stage = Step;
    type Choice = Odd;
    type State = State;

    fn member(_: &State) -> Option<Member<'_>> {
        None
    }
}

/// Where a session stands after so many messages.
fn after(messages: usize) -> (Step, Option<Odd>, Direction) {
    let step = [Step::Take, Step::Weigh, Step::Send][messages % 3];
    if messages % 2 == 1 {
        (step, Some(Odd::Odd), Direction::In)
    } else {
        (step, None, Direction::Out)
    }
}

/// Checks that all parts of a session are of one version.
pub fn assert_whole(user: &CachedUser<Parcel>) {
    let (state, messages) = (user.state(), user.state().state().applied.len());
    let opening = if messages == 0 {
        Opening::New
    } else {
        Opening::Resumed
    };
    assert_eq!(user.opening(), &opening, "after {messages} messages");
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

/// The decision: the message at the end of the list, and all else as it follows from that. Its output is the list as it was.
pub fn apply(turn: &mut Turn<Parcel>, id: &str) -> Result<Vec<String>, Error> {
    assert_whole(turn.user());
    let on = turn.state().applied.clone();
    turn.state_mut().applied.push(id.to_owned());
    let (step, option, direction) = after(on.len() + 1);
    turn.go(step, option)?;
    turn.set_direction(direction);
    Ok(on)
}
