//! A small flow of the tests' own, and short words for what they do with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::manager::{Begin, OpenTurn};
use vimbiso_state::{
    Error, Flow, Handled, Member, MenuOptions, MessageId, StateManager, Step, Turn, UserId,
    assert_choices, assert_transitions,
};

/// A desk where parcels are weighed and sent: enough stages to go astray in.
#[derive(Debug)]
pub struct Desk;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    Menu,
    Weigh,
    Send,
}

impl vimbiso_state::Stage for Stage {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Menu, "menu", &[Self::Weigh]),
        row(Self::Weigh, "weigh", &[Self::Send, Self::Menu]),
        row(Self::Send, "send", &[Self::Menu]),
    ];
}
assert_transitions!(Stage);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Choice {
    Weigh,
    Send,
    Back,
    Asking,
}

impl vimbiso_state::Choice<Stage> for Choice {
    const TABLE: &'static [ChoiceRow<Self, Stage>] = &[
        choice(Self::Weigh, "weigh", Some(Stage::Weigh)),
        choice(Self::Send, "send", Some(Stage::Send)),
        choice(Self::Back, "back", Some(Stage::Menu)),
        choice(Self::Asking, "asking", None),
    ];
}
assert_choices!(Choice);

pub static SHORT: MenuOptions<Choice> =
    MenuOptions::new("short", &[(Choice::Weigh, "Weigh"), (Choice::Back, "Back")]);
pub static LONG: MenuOptions<Choice> = MenuOptions::new(
    "long",
    &[
        (Choice::Back, "Back"),
        (Choice::Weigh, "Weigh"),
        (Choice::Send, "Send"),
    ],
);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<String>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Flow for Desk {
    const NAME: &'static str = "desk";

    type Stage = Stage;
    type Choice = Choice;
    type Data = State;

    fn member(state: &State) -> Option<Member<'_>> {
        state.name.as_deref().map(|first_name| Member {
            first_name,
            last_name: "Moyo",
        })
    }
}

pub type Manager = StateManager<Desk>;

/// Another bot with the same stages and data, so that only its name tells its sessions apart.
#[derive(Debug)]
pub struct OtherDesk;

impl Flow for OtherDesk {
    const NAME: &'static str = "other_desk";

    type Stage = Stage;
    type Choice = Choice;
    type Data = State;
}

/// The user of this number.
pub fn user(n: usize) -> UserId {
    UserId::mobile(format!("26377123{n:04}")).unwrap()
}

pub fn message(id: impl AsRef<str>) -> MessageId {
    MessageId::new(id).unwrap()
}

/// The effect of a message that can be counted: its id in the list.
pub fn apply(id: &str) -> impl Fn(&mut Turn<Desk>) -> Result<Step<usize>, Error> + Send {
    let id = id.to_owned();
    move |turn| {
        turn.data_mut().applied.push(id.clone());
        let count = turn.data().applied.len();
        turn.remember_reply(&count)?;
        Ok(Step::Commit(count))
    }
}

/// Delivers a message whose effect can be counted.
pub async fn deliver(manager: &Manager, user: &UserId, id: &str) -> Handled<Desk, usize> {
    manager.handle(user, &message(id), apply(id)).await.unwrap()
}

/// Begins a turn for a message that has not taken effect yet.
pub async fn begin(manager: &Manager, user: &UserId, id: &str) -> OpenTurn<Desk> {
    match manager.begin(user, &message(id)).await.unwrap() {
        Begin::Turn(turn) => turn,
        Begin::Duplicate { .. } => panic!("{id} has taken effect before"),
    }
}

/// The messages that took effect, in order.
pub async fn applied(manager: &Manager, user: &UserId) -> Vec<String> {
    let found = manager.load(user).await.unwrap();
    found.data().applied.clone()
}

/// A decision that shows a menu and does nothing else.
pub fn shows(
    menu: &'static MenuOptions<Choice>,
) -> impl Fn(&mut Turn<Desk>) -> Result<Step<()>, Error> + Send {
    move |turn| {
        turn.show(menu);
        Ok(Step::Commit(()))
    }
}
