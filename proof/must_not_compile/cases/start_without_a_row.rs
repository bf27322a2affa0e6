//! The start has no row.
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
        row(Self::Other, "other", &[]),
    ];
}
assert_transitions!(At);

fn main() {}
