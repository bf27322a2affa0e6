//! A stage's name must be a wire name.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{Stage, assert_transitions};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask me", &[]),
    ];
}
assert_transitions!(At);

fn main() {}
