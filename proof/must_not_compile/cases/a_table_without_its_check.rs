//! The table is not checked.
use vimbiso_state::flow::{Row, row};
use vimbiso_state::Stage;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Ask,
}

impl Stage for Step {
    const START: Self = Self::Ask;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Ask, "ask", &[]),
    ];
}


fn main() {}
