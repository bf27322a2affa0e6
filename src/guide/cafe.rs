// The conversation of the examples: a café that takes orders.

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Choice, Flow, Member, MenuOptions, Stage, assert_choices, assert_menu, assert_transitions,
};

/// Where the conversation can be: a guest orders at the counter, pays, and waits for the drinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    Counter,
    Paying,
    Waiting,
}

impl Stage for At {
    const START: Self = Self::Counter;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Counter, "counter", &[Self::Paying]),
        row(Self::Paying, "paying", &[Self::Counter, Self::Waiting]),
        row(Self::Waiting, "waiting", &[Self::Counter]),
    ];
}
assert_transitions!(At);

/// What a guest can choose. A drink is ordered at the counter; `Pay` leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pick {
    Coffee,
    Tea,
    Pay,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Coffee, "coffee", None),
        choice(Self::Tea, "tea", None),
        choice(Self::Pay, "pay", Some(At::Paying)),
    ];
}
assert_choices!(Pick);

pub static DRINKS: MenuOptions<Pick> = MenuOptions::new(
    "drinks",
    &[(Pick::Coffee, "Coffee"), (Pick::Tea, "Tea"), (Pick::Pay, "Pay")],
);
assert_menu!(Cafe, DRINKS, [At::Counter]);

/// What the conversation remembers of a guest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    pub guest: Option<String>,
    #[serde(default)]
    pub drinks: Vec<String>,
}

pub struct Cafe;

impl Flow for Cafe {
    const NAME: &'static str = "cafe";

    type Stage = At;
    type Choice = Pick;
    type Data = Order;

    fn member(order: &Order) -> Option<Member<'_>> {
        let first_name = order.guest.as_deref()?;
        Some(Member { first_name, last_name: "" })
    }
}
