//! A stage leads to a stage without a row.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
    Nowhere,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Nowhere]),
    ];
}
assert_transitions!(At);

fn main() {}
