//! The table of the stage is not checked.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::Stage;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Ask,
}

impl Stage for At {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[]),
    ];
}

fn main() {}
