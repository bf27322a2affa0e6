//! Which of the two would hold?
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Ask, Other,
}

impl Stage for Step {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Other]),
        row(Self::Other, "other", &[Self::Ask]),
        row(Self::Other, "again", &[Self::Ask]),
    ];
}
assert_transitions!(Step);

fn main() {}
