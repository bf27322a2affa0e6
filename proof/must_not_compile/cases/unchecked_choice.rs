//! The table of the choice is not checked.
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{Choice, Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[row(Self::Ask, "ask", &[])];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pick {
    Tea,
    Coffee,
}

impl Choice<At> for Pick {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Tea, "tea", None),
        choice(Self::Coffee, "coffee", None),
    ];
}

fn main() {}
