//! The conversation has no beginning.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Ask, Other,
}

impl Stage for Step {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Other, "other", &[]),
    ];
}
assert_transitions!(Step);

fn main() {}
