//! Whoever comes here never leaves.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Ask, Trap,
}

impl Stage for Step {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Trap]),
        row(Self::Trap, "trap", &[]),
    ];
}
assert_transitions!(Step);

fn main() {}
