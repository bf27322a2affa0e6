//! A conversation of another business: a clinic that gives appointments. Everything it needs is on this page.
//!
//! ```text
//! $ cargo run --example clinic
//! > hello
//! Welcome to the clinic.
//! 1. See a nurse
//! 2. See a doctor
//! > 3
//! not on the menu: reply with a number from 1 to 2, or with the name of a choice
//! > 2
//! Which day would suit you?
//! > Friday
//! A doctor on Friday. Is that right? (yes or no)
//! > yes
//! You are expected on Friday.
//! > yes                                  (delivered again)
//! You are expected on Friday.
//! ```

use serde::{Deserialize, Serialize};
use vimbiso_state::{
    Choice, Error, Flow, Member, MemoryStore, MenuOptions, MessageId, Row, Stage, StateManager, Turn, UserId, assert_transitions,
    row,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Welcome,
    Day,
    Confirm,
}

impl Stage for Step {
    const START: Self = Self::Welcome;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Welcome, "welcome", &[Self::Day]),
        row(Self::Day, "day", &[Self::Confirm, Self::Welcome]),
        row(Self::Confirm, "confirm", &[Self::Day, Self::Welcome]),
    ];
}
assert_transitions!(Step);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Nurse,
    Doctor,
}

impl Choice<Step> for Visit {
    const ALL: &'static [Self] = &[Self::Nurse, Self::Doctor];

    fn name(self) -> &'static str {
        match self {
            Self::Nurse => "nurse",
            Self::Doctor => "doctor",
        }
    }

    fn leads_to(self) -> Option<Step> {
        Some(Step::Day)
    }
}

static VISITS: MenuOptions<Visit> = MenuOptions::new("visits", &[(Visit::Nurse, "See a nurse"), (Visit::Doctor, "See a doctor")]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Appointment {
    day: Option<String>,
}

struct Clinic;

impl Flow for Clinic {
    type Stage = Step;
    type Choice = Visit;
    type State = Appointment;

    /// The clinic asks nobody who they are.
    fn member(_: &Appointment) -> Option<Member<'_>> {
        None
    }
}

/// The whole conversation: what a message means where the session stands, and what is answered.
fn decide(turn: &mut Turn<Clinic>, text: &str) -> Result<String, Error> {
    let reply = match (turn.stage(), turn.option()) {
        (Step::Welcome, _) => match turn.pick(text) {
            Ok(visit) => {
                turn.choose(visit)?;
                "Which day would suit you?".to_owned()
            }
            Err(why) if turn.user().state().menu_shown().is_some() => why.to_string(),
            Err(_) => {
                turn.show(&VISITS);
                format!("Welcome to the clinic.\n{VISITS}")
            }
        },
        (Step::Day, visit) => {
            turn.state_mut().day = Some(text.to_owned());
            turn.go(Step::Confirm, visit)?;
            let who = visit.map_or("visit", Choice::name);
            format!("A {who} on {text}. Is that right? (yes or no)")
        }
        (Step::Confirm, visit) => match text {
            "yes" => {
                turn.go(Step::Welcome, None)?;
                format!("You are expected on {}.", turn.state().day.as_deref().unwrap_or("a day to be named"))
            }
            _ => {
                turn.go(Step::Day, visit)?;
                "Which day would suit you, then?".to_owned()
            }
        },
    };
    turn.remember_reply(&reply)?;
    Ok(reply)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let manager = StateManager::<Clinic>::new(MemoryStore::new());
    let user = UserId::mobile("+263 77 123-4567")?;
    for (id, text) in [("1", "hello"), ("2", "3"), ("3", "2"), ("4", "Friday"), ("5", "yes"), ("5", "yes")] {
        let handled = manager.turn(&user, &MessageId::new(id)?, |turn| decide(turn, text)).await?;
        println!("> {text}{}", if handled.is_duplicate() { "                                  (delivered again)" } else { "" });
        println!("{}", handled.into_output()?.unwrap_or_default());
    }
    Ok(())
}
