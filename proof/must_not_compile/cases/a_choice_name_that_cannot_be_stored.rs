//! The name of a choice is not a wire name.
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{Choice, Stage, assert_choices, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Counter,
}

impl Stage for At {
    const START: Self = Self::Counter;
    const TABLE: &'static [Row<Self>] = &[row(Self::Counter, "counter", &[])];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    Coffee,
    Tea,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Coffee, "coffee", None),
        choice(Self::Tea, "a cup of tea", None),
    ];
}
assert_choices!(Pick);

fn main() {}
