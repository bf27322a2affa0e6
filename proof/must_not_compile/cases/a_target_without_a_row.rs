//! A stage leads to one that the table does not have.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Ask, Nowhere,
}

impl Stage for Step {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Nowhere]),
    ];
}
assert_transitions!(Step);

fn main() {}
