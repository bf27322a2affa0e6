//! A stage has two rows.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
    Other,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[Self::Other]),
        row(Self::Other, "other", &[Self::Ask]),
        row(Self::Other, "again", &[Self::Ask]),
    ];
}
assert_transitions!(At);

fn main() {}
