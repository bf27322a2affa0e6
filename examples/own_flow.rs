//! A clinic that gives appointments: a menu, a free answer, and a question that takes yes or no.
//!
//! ```text
//! $ cargo run --example own_flow
//! > hello
//! Welcome to the clinic.
//! 1. See a nurse
//! 2. See a doctor
//! > 3
//! Please reply with a number from the list.
//! 1. See a nurse
//! 2. See a doctor
//! > 2
//! Which day?
//! > Friday
//! The doctor on Friday: is that right? (yes or no)
//! > perhaps
//! Please answer yes or no.
//! > yes
//! You are expected on Friday.
//! > yes (delivered again)
//! You are expected on Friday.
//! ```

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{
    Choice, Error, Flow, Member, MemoryStore, MenuOptions, MessageId, SessionStatus, Stage,
    StateManager, Step, Turn, UserId, assert_transitions,
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
    const ALL: &'static [Self] = &[Self::Nurse, Self::Doctor];

    fn name(self) -> &'static str {
        match self {
            Self::Nurse => "nurse",
            Self::Doctor => "doctor",
        }
    }

    fn leads_to(self) -> Option<At> {
        Some(At::Day)
    }
}

static VISITS: MenuOptions<Visit> = MenuOptions::new(
    "visits",
    &[
        (Visit::Nurse, "See a nurse"),
        (Visit::Doctor, "See a doctor"),
    ],
);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Appointment {
    day: Option<String>,
}

struct Clinic;

impl Flow for Clinic {
    type Stage = At;
    type Choice = Visit;
    type Data = Appointment;

    fn member(_: &Appointment) -> Option<Member<'_>> {
        None // the clinic does not ask for names
    }
}

/// The whole conversation. An answer that does not fit is answered too.
fn decide(turn: &mut Turn<Clinic>, text: &str) -> Result<String, Error> {
    Ok(match turn.stage() {
        At::Welcome => welcome(turn, text)?,
        At::Day => {
            turn.data_mut().day = Some(text.to_owned());
            turn.transition_to(At::Confirm, turn.option())?;
            let who = turn.option().map_or("visit", Visit::name);
            format!("The {who} on {text}: is that right? (yes or no)")
        }
        At::Confirm => match text.to_lowercase().as_str() {
            "yes" => {
                let day = turn.data_mut().day.take().unwrap_or_default();
                turn.reset(); // closes the menu; the next message is welcomed
                format!("You are expected on {day}.")
            }
            "no" => {
                turn.transition_to(At::Day, turn.option())?;
                "Which day, then?".to_owned()
            }
            _ => "Please answer yes or no.".to_owned(),
        },
    })
}

fn welcome(turn: &mut Turn<Clinic>, text: &str) -> Result<String, Error> {
    if let Ok(visit) = turn.pick(text) {
        turn.select(visit)?;
        return Ok("Which day?".to_owned());
    }
    let menu_is_open = turn.user().state().menu_shown().is_some();
    let why = match turn.status() {
        SessionStatus::Expired { .. } => "Your session has expired. Let us start again.",
        SessionStatus::Active if menu_is_open => "Please reply with a number from the list.",
        _ => "Welcome to the clinic.",
    };
    turn.show(&VISITS);
    Ok(format!("{why}\n{VISITS}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let manager = StateManager::new(MemoryStore::new());
    let user = UserId::mobile("+263 77 123-4567")?;
    let texts = ["hello", "3", "2", "Friday", "perhaps", "yes", "yes"];
    for (number, text) in texts.into_iter().enumerate() {
        let message = MessageId::new(format!("m{}", number.min(5)))?; // m5 is delivered twice
        let handled = manager
            .handle(&user, &message, |turn| {
                let reply = decide(turn, text)?;
                turn.remember_reply(&reply)?;
                Ok(Step::Commit(reply))
            })
            .await?;
        let again = if handled.is_duplicate() {
            " (delivered again)"
        } else {
            ""
        };
        println!(
            "> {text}{again}\n{}",
            handled.into_output()?.unwrap_or_default()
        );
    }
    Ok(())
}
