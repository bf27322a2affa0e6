//! A menu offers a choice that leads to a stage which the table does not allow there.
use std::collections::BTreeMap;

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

struct Cafe;

impl Flow for Cafe {
    const NAME: &'static str = "cafe";
    type Stage = At;
    type Choice = Pick;
    type Data = BTreeMap<String, String>;
}

static DRINKS: MenuOptions<Pick> =
    MenuOptions::new("drinks", &[(Pick::Tea, "Tea"), (Pick::Pay, "Pay")]);
assert_menu!(Cafe, DRINKS, [At::Counter, At::Paying]); // staying in a stage is allowed
assert_menu!(Cafe, DRINKS, [At::Counter, At::Waiting]);

static TEAS: MenuOptions<Pick> = MenuOptions::new(
    "teas",
    &[(Pick::Tea, "Green"), (Pick::Pay, "Pay"), (Pick::Tea, "Black")],
);
assert_menu!(Cafe, TEAS, [At::Counter]);

fn main() {}
