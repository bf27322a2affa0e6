//! A pizzeria that takes orders: two stages, one menu, sessions in memory.
//!
//! ```text
//! $ cargo run --example quick_start
//! > hi
//! What would you like?
//! 1. Margherita
//! 2. Marinara
//! > 2
//! Which address?
//! > 12 Main St
//! Order 1 goes to 12 Main St.
//! > 12 Main St
//! Order 1 goes to 12 Main St.
//! ```
//!
//! The last message is a second delivery, so there is no second order.

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Answer, Choice, Error, Flow, MemoryStore, MenuOptions, MessageId, Stage, StateManager, Step,
    UserId, assert_choices, assert_transitions,
};

/// Where a conversation can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Menu,
    Address,
}

impl Stage for At {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Menu, "menu", &[Self::Address]),
        row(Self::Address, "address", &[Self::Menu]),
    ];
}
assert_transitions!(At);

/// What a user can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pizza {
    Margherita,
    Marinara,
}

impl Choice<At> for Pizza {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Margherita, "margherita", Some(At::Address)),
        choice(Self::Marinara, "marinara", Some(At::Address)),
    ];
}
assert_choices!(Pizza);

static MENU: MenuOptions<Pizza> = MenuOptions::new(
    "pizzas",
    &[
        (Pizza::Margherita, "Margherita"),
        (Pizza::Marinara, "Marinara"),
    ],
);

/// What a conversation remembers.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Orders {
    count: u32,
}

struct Pizzeria;

impl Flow for Pizzeria {
    const NAME: &'static str = "pizzeria";

    type Stage = At;
    type Choice = Pizza;
    type Data = Orders;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let manager = StateManager::<Pizzeria>::new(MemoryStore::new());
    let user = UserId::mobile("+263 77 123-4567")?;
    for (id, text) in [
        ("m1", "hi"),
        ("m2", "2"),
        ("m3", "12 Main St"),
        ("m3", "12 Main St"),
    ] {
        let message = MessageId::new(id)?;
        let handled = manager
            .handle(&user, &message, |turn| {
                let reply = match (turn.stage(), turn.pick(text)) {
                    (At::Menu, Ok(Answer::Open(pizza))) => {
                        turn.select(pizza)?;
                        "Which address?".to_owned()
                    }
                    (At::Menu, _) => {
                        turn.show(&MENU);
                        format!("What would you like?\n{MENU}")
                    }
                    (At::Address, _) => {
                        turn.data_mut().count += 1;
                        turn.transition_to(At::Menu, None)?;
                        format!("Order {} goes to {text}.", turn.data().count)
                    }
                };
                turn.remember_reply(&reply)?;
                Ok(Step::Commit(reply))
            })
            .await?;
        println!("> {text}\n{}", handled.into_output()?.unwrap_or_default());
    }
    Ok(())
}
