//! The start does not lead to a stage.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
    Lost,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[]),
        row(Self::Lost, "lost", &[Self::Ask]),
    ];
}
assert_transitions!(At);

fn main() {}
