//! A conversation of another business: a clinic that gives appointments. Everything it needs is on this page, to be copied.
//!
//! ```text
//! $ cargo run --example clinic
//! > hello
//! Welcome to the clinic.
//! 1. See a nurse
//! 2. See a doctor
//! > 3
//! Please reply with a number from the list.
//! 1. See a nurse
//! 2. See a doctor
//! > 2
//! Which day would suit you?
//! > Friday
//! A doctor on Friday. Is that right? (yes or no)
//! > perhaps
//! Please answer yes or no.
//! > yes
//! You are expected on Friday.
//! > yes                                  (delivered again)
//! You are expected on Friday.
//! > hello
//! Welcome to the clinic.
//! 1. See a nurse
//! 2. See a doctor
//! ```
//!
//! It books nothing. How an API is called once for a message, whatever crashes, is shown by `crates/vimbisopay/src/bot.rs`.

use serde::{Deserialize, Serialize};
use vimbiso_state::Step;
use vimbiso_state::flow::{Row, row};
use vimbiso_state::{
    Choice, Error, Flow, Member, MemoryStore, MenuOptions, MessageId, SessionStatus, Stage,
    StateManager, Turn, UserId, assert_transitions,
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

static VISITS: MenuOptions<Visit> = MenuOptions::new(
    "visits",
    &[
        (Visit::Nurse, "See a nurse"),
        (Visit::Doctor, "See a doctor"),
    ],
);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Appointment {
    day: Option<String>,
}

struct Clinic;

impl Flow for Clinic {
    type Stage = Step;
    type Choice = Visit;
    type Data = Appointment;

    /// The clinic asks nobody who they are.
    fn member(_: &Appointment) -> Option<Member<'_>> {
        None
    }
}

/// The whole conversation: what a message means where the session stands, and what is answered.
///
/// Sync and pure, for it may run again on a newer session. An error here would leave the user without an answer, so a reply that
/// does not fit is answered as well.
fn decide(turn: &mut Turn<Clinic>, text: &str) -> Result<String, Error> {
    let (stage, visit) = (turn.stage(), turn.option());
    let reply = match stage {
        Step::Welcome => match turn.pick(text) {
            Ok(visit) => {
                turn.select(visit)?;
                "Which day would suit you?".to_owned()
            }
            Err(_) => {
                let why = match turn.status() {
                    SessionStatus::Expired { .. } => "It has been a while, so let us start again.",
                    _ if turn.user().state().menu_shown().is_some() => {
                        "Please reply with a number from the list."
                    }
                    _ => "Welcome to the clinic.",
                };
                turn.show(&VISITS);
                format!("{why}\n{VISITS}")
            }
        },
        Step::Day => {
            turn.data_mut().day = Some(text.to_owned());
            turn.transition_to(Step::Confirm, visit)?;
            let who = visit.map_or("visit", Choice::name);
            format!("A {who} on {text}. Is that right? (yes or no)")
        }
        Step::Confirm => match text.to_lowercase().as_str() {
            "yes" => {
                let day = turn.data_mut().day.take().unwrap_or_default();
                // All is said: the menu that was open is closed, and the next message is welcomed.
                turn.reset();
                format!("You are expected on {day}.")
            }
            "no" => {
                turn.transition_to(Step::Day, visit)?;
                "Which day would suit you, then?".to_owned()
            }
            _ => "Please answer yes or no.".to_owned(),
        },
    };
    // A second delivery gets it back.
    turn.remember_reply(&reply)?;
    Ok(reply)
}

/// What to send for one delivery of a message. Where it is an error, nothing was sent and nothing has changed, or nobody knows:
/// answer the channel's webhook with a 5xx, and the message will be delivered again.
async fn answer(
    manager: &StateManager<Clinic>,
    user: &UserId,
    message: &MessageId,
    text: &str,
) -> Result<(Option<String>, bool), Error> {
    match manager
        .handle(user, message, |turn| decide(turn, text.trim()))
        .await
    {
        Ok(handled) => {
            let again = handled.is_duplicate();
            Ok((handled.into_output()?, again))
        }
        // What no state may hold, such as a token or a text of a hundred pages, is refused the next time too.
        Err(Error::State(_)) => Ok((
            Some("Sorry, please write that in another way.".to_owned()),
            false,
        )),
        Err(error) => Err(error),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let manager = StateManager::new(MemoryStore::new());
    let user = UserId::mobile("+263 77 123-4567")?;
    let messages = [
        ("1", "hello"),
        ("2", "3"),
        ("3", "2"),
        ("4", "Friday"),
        ("5", "perhaps"),
        ("6", "yes"),
        ("6", "yes"),
        ("7", "hello"),
    ];
    for (id, text) in messages {
        let (reply, again) = answer(&manager, &user, &MessageId::new(id)?, text).await?;
        println!(
            "> {text}{}",
            if again {
                "                                  (delivered again)"
            } else {
                ""
            }
        );
        println!("{}", reply.unwrap_or_default());
    }
    Ok(())
}
