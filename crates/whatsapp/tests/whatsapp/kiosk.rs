//! The conversation of the tests: a kiosk that remembers and repeats what it is told. A number is
//! a price, which a guest pays after a *Yes*.

use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{CallAnswer, Conversation, Next, Outcome};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Answer, Choice, Error, Flow, MenuOptions, Stage, Turn, assert_choices, assert_transitions,
};
use vimbiso_whatsapp::{Message, Template};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    Start,
    Price,
    Confirm,
}

impl Stage for At {
    const START: Self = Self::Start;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Start, "start", &[Self::Price]),
        row(Self::Price, "price", &[Self::Confirm]),
        row(Self::Confirm, "confirm", &[Self::Start]),
    ];
}
assert_transitions!(At);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Confirm {
    Yes,
    No,
}

impl Choice<At> for Confirm {
    const TABLE: &'static [ChoiceRow<Self, At>] = &[
        choice(Self::Yes, "yes", Some(At::Start)),
        choice(Self::No, "no", Some(At::Start)),
    ];
}
assert_choices!(Confirm);

static YES_NO: MenuOptions<Confirm> =
    MenuOptions::new("confirm", &[(Confirm::Yes, "Yes"), (Confirm::No, "No")]);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    pub said: Vec<String>,
    pub cents: u32,
}

#[derive(Debug)]
pub struct Kiosk;

impl Flow for Kiosk {
    const NAME: &'static str = "kiosk";

    type Stage = At;
    type Choice = Confirm;
    type Data = Notes;
}

impl Conversation for Kiosk {
    type Input = String;
    type Reply = Message;
    /// What the guest has said.
    type Query = String;
    /// Whether there is an answer.
    type Fact = bool;
    type Call = u32;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, facts: &[bool]) -> Result<Next<Self>, Error> {
        match (text.as_str(), facts) {
            ("fail", _) | ("stock", [false, ..]) => return Err(Error::host("as the test asks")),
            ("alert", _) => {
                return Err(Error::Setting {
                    what: "test",
                    allowed: "nothing",
                });
            }
            ("impossible", _) => turn.transition_to(At::Confirm, None)?,
            ("panic", _) => panic!("as the test asks"),
            (ask, []) if ask == "stock" || ask.starts_with("slow") => {
                return Ok(Next::Ask(text.clone()));
            }
            _ => {}
        }
        if turn.stage() == At::Confirm {
            let Ok(Answer::Open(choice)) = turn.pick(text) else {
                return Ok(ask(turn));
            };
            turn.select(choice)?;
            return Ok(match choice {
                Confirm::Yes => Next::Call(turn.data().cents),
                Confirm::No => Next::Reply(Message::new("Nothing was paid.")),
            });
        }
        if let Ok(cents) = text.parse() {
            turn.data_mut().cents = cents;
            turn.transition_to(At::Price, None)?;
            turn.transition_to(At::Confirm, None)?;
            return Ok(ask(turn));
        }
        turn.data_mut().said.push(text.clone());
        Ok(Next::Reply(Message::new(text)))
    }

    fn still_pending(_: &u32) -> Message {
        Message::new("One at a time.")
    }

    fn told(cents: &u32, outcome: &Outcome<()>) -> Message {
        match outcome {
            Outcome::Done(()) => Message::new(format!("Paid {cents} cents."))
                .template(Template::new("paid", "en").parameter(format!("{cents} cents"))),
            other => Message::new(format!("Not paid: {other:?}")),
        }
    }
}

fn ask(turn: &mut Turn<Kiosk>) -> Next<Kiosk> {
    let question = turn.show(&YES_NO);
    let text = format!("Pay {} cents?", turn.data().cents);
    Next::Reply(Message::new(text).menu(&YES_NO, question))
}

/// What a service answers.
pub type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;
