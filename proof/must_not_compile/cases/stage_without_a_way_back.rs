//! A stage does not lead back to the start.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
    Trap,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Trap]),
        row(Self::Trap, "trap", &[]),
    ];
}
assert_transitions!(At);

fn main() {}
