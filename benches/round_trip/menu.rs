//! The conversation that is measured: one stage, and data of a given size.

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{Choice, Flow, Stage, assert_choices, assert_transitions};

pub struct Menu;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Only {
    Menu,
}

impl Stage for Only {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[row(Self::Menu, "handle_action_menu", &[])];
}
assert_transitions!(Only);

impl Choice<Only> for Only {
    const TABLE: &'static [ChoiceRow<Self, Only>] =
        &[choice(Self::Menu, "handle_action_menu", None)];
}
assert_choices!(Only);

/// A member's profile and account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Data {
    page_number: u32,
    member: [String; 3],
    account: Vec<(String, String)>,
}

impl Data {
    /// Data that is this long as JSON.
    pub fn of(bytes: usize) -> Self {
        let text = |n: usize| "x".repeat(n);
        let mut data = Self {
            page_number: 1,
            member: [text(36), text(8), text(9)],
            account: Vec::new(),
        };
        data.account = (0..8).map(|_| (text(16), text(30))).collect();
        let missing = bytes - data.json().len();
        data.account[0].1.push_str(&text(missing));
        assert_eq!(data.json().len(), bytes);
        data
    }

    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

impl Flow for Menu {
    const NAME: &'static str = "menu";

    type Stage = Only;
    type Choice = Only;
    type Data = Data;
}
