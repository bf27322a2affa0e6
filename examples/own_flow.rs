//! A clinic that gives appointments: a menu, a free answer, and a question that takes yes or no.
//!
//! ```text
//! $ cargo run --example own_flow
//! > hello
//! Welcome to the clinic.
//! 1. Nurse
//! 2. Doctor
//! > 2
//! Which day?
//! > Friday
//! The doctor on Friday: is that right? (yes or no)
//! > yes
//! You are expected on Friday.
//! ```

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Answer, Choice, Error, Flow, MemoryStore, MenuOptions, MessageId, SessionStatus, Stage,
    StateManager, Step, Turn, UserId, assert_choices, assert_transitions, input,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Welcome,
    Day,
    Confirm,
}
impl Stage for At {
    const START: Self = Self::Welcome;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Welcome, "welcome", &[Self::Day]),
        row(Self::Day, "day", &[Self::Confirm, Self::Welcome]),
        row(Self::Confirm, "confirm", &[Self::Day, Self::Welcome]),
    ];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    Nurse,
    Doctor,
}
impl Choice<At> for Visit {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Nurse, "nurse", Some(At::Day)),
        choice(Self::Doctor, "doctor", Some(At::Day)),
    ];
}
assert_choices!(Visit);
static VISITS: MenuOptions<Visit> = MenuOptions::new(
    "visits",
    &[(Visit::Nurse, "Nurse"), (Visit::Doctor, "Doctor")],
);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Appointment {
    day: String,
}
struct Clinic;
impl Flow for Clinic {
    const NAME: &'static str = "clinic";
    type Stage = At;
    type Choice = Visit;
    type Data = Appointment;
}

fn decide(turn: &mut Turn<Clinic>, text: &str) -> Result<Step<String>, Error> {
    let visit = turn.option();
    let reply = match turn.stage() {
        At::Welcome => welcome(turn, text)?,
        At::Day => {
            turn.data_mut().day = text.to_owned();
            turn.transition_to(At::Confirm, visit)?;
            turn.ask(); // a button of an earlier question then confirms nothing
            let who = visit.map_or("visit", Visit::name);
            format!("The {who} on {text}: is that right? (yes or no)")
        }
        At::Confirm if turn.answer(text).map(input::word) == Answer::Open("yes".into()) => {
            let reply = format!("You are expected on {}.", turn.data().day);
            turn.reset(); // back to the start, without data and without an open question
            reply
        }
        At::Confirm => {
            turn.transition_to(At::Day, visit)?;
            "Which day?".to_owned()
        }
    };
    turn.remember_reply(&reply)?; // a second delivery gets the same reply
    Ok(Step::Commit(reply))
}

fn welcome(turn: &mut Turn<Clinic>, text: &str) -> Result<String, Error> {
    let why = match (turn.pick(text), turn.status()) {
        (Ok(Answer::Open(visit)), _) => {
            turn.select(visit)?;
            return Ok("Which day?".to_owned());
        }
        (_, SessionStatus::Expired { .. }) => "Your session has expired. Let us start again.",
        (Err(no_menu), _) if no_menu.options == 0 => "Welcome to the clinic.",
        _ => "Please reply with a number from the list.",
    };
    turn.show(&VISITS);
    Ok(format!("{why}\n{VISITS}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let manager = StateManager::new(MemoryStore::new());
    let user = UserId::mobile("+263 77 123-4567")?;
    for text in ["hello", "2", "Friday", "yes"] {
        let message = MessageId::new(text)?; // in a bot, the id that the channel gives
        let decide = |turn: &mut Turn<Clinic>| decide(turn, text);
        let handled = manager.handle(&user, &message, decide).await?;
        println!("> {text}\n{}", handled.into_output()?.unwrap_or_default());
    }
    Ok(())
}
