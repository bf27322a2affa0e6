//! A menu offers a choice that leads to a stage which the table does not allow there.
use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Choice, Flow, MenuOptions, Stage, assert_choices, assert_menu, assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Counter,
    Paying,
    Waiting,
}

impl Stage for At {
    const START: Self = Self::Counter;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Counter, "counter", &[Self::Paying]),
        row(Self::Paying, "paying", &[Self::Waiting]),
        row(Self::Waiting, "waiting", &[Self::Counter]),
    ];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    Tea,
    Pay,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Tea, "tea", None),
        choice(Self::Pay, "pay", Some(At::Paying)),
    ];
}
assert_choices!(Pick);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Order {}

struct Cafe;

impl Flow for Cafe {
    const NAME: &'static str = "cafe";
    type Stage = At;
    type Choice = Pick;
    type Data = Order;
}

static MENU: MenuOptions<Pick> = MenuOptions::new("menu", &[(Pick::Tea, "Tea"), (Pick::Pay, "Pay")]);
assert_menu!(Cafe, MENU, [At::Counter, At::Paying]); // staying at Paying is allowed
assert_menu!(Cafe, MENU, [At::Counter, At::Waiting]);

static TWICE: MenuOptions<Pick> = MenuOptions::new(
    "twice",
    &[(Pick::Tea, "Tea"), (Pick::Pay, "Pay"), (Pick::Tea, "Pay later")],
);
assert_menu!(Cafe, TWICE, [At::Counter]);

fn main() {}
