//! A conversation that sends money: it asks for the amount, asks if that is right, and pays.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use vimbiso_state::bot::{Conversation, Next, Outcome};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::{
    Answer, CachedUser, Choice, Error, Flow, MenuOptions, Stage, Turn, assert_choices,
    assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    Start,
    Confirm,
    Paying,
}

impl Stage for At {
    const START: Self = Self::Start;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Start, "start", &[Self::Confirm]),
        row(Self::Confirm, "confirm", &[Self::Start, Self::Paying]),
        row(Self::Paying, "paying", &[Self::Start]),
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
        choice(Self::Yes, "yes", Some(At::Paying)),
        choice(Self::No, "no", Some(At::Start)),
    ];
}
assert_choices!(Confirm);

pub static YES_NO: MenuOptions<Confirm> =
    MenuOptions::new("confirm", &[(Confirm::Yes, "Yes"), (Confirm::No, "No")]);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    pub cents: u32,
    #[serde(default)]
    pub paid: u32,
    /// What a test adds to a call.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub note: Value,
    /// Written in another way than it is read.
    #[serde(default, serialize_with = "one_more")]
    pub rounds: u32,
}

fn one_more<S: Serializer>(rounds: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(if *rounds == 0 { 0 } else { rounds + 1 })
}

/// What the user reads, with the button that says yes, if there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub text: String,
    pub yes: Option<String>,
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            yes: None,
        }
    }
}

#[derive(Debug)]
pub struct Transfer;

impl Flow for Transfer {
    const NAME: &'static str = "transfer";
    const ALLOWED_FIELD_NAMES: &'static [&'static str] = &["pin"];

    type Stage = At;
    type Choice = Confirm;
    type Data = Amount;
}

impl Conversation for Transfer {
    type Input = String;
    type Reply = Reply;
    type Query = u32;
    type Fact = bool;
    type Call = Amount;
    type Receipt = u32;

    const EXPIRY_NOTICE: bool = true;

    fn decide(turn: &mut Turn<Self>, text: &String, facts: &[bool]) -> Result<Next<Self>, Error> {
        match text.as_str() {
            "panic" => panic!("as the test asks"),
            "fail" => return Err(Error::host("as the test asks")),
            "invalid" => {
                turn.transition_to(At::Paying, None)?;
            }
            "aside" => return Ok(Next::Aside("An aside.".into())),
            "remind" => turn.remind_in(std::time::Duration::from_secs(60)),
            "remind badly" | "remind in panic" => {
                turn.remind_in(std::time::Duration::from_secs(60));
                turn.data_mut().cents = if text.contains("panic") { 667 } else { 666 };
            }
            "expired?" => {
                let status = turn.status().name();
                return Ok(Next::Reply(status.into()));
            }
            _ => {}
        }
        // `call {"cents":5}` is paid without a question.
        if let Some(call) = text.strip_prefix("call ") {
            let call = serde_json::from_str(call).map_err(Error::host)?;
            return Ok(Next::Call(call));
        }
        match turn.pick(text) {
            Ok(Answer::Open(Confirm::Yes)) => {
                turn.select(Confirm::Yes)?;
                let amount = turn.data().clone();
                return Ok(match amount.cents {
                    700 => Next::ReplyAndCall("Sending 700.".into(), amount),
                    _ => Next::Call(amount),
                });
            }
            Ok(Answer::Older(_)) if turn.stage() == At::Confirm => {
                return Ok(Next::Reply(ask(turn)));
            }
            Ok(Answer::Older(_)) => return Ok(Next::Reply("That was an earlier question.".into())),
            Ok(Answer::Open(Confirm::No)) => {
                turn.select(Confirm::No)?;
                return Ok(Next::Reply("Nothing was sent.".into()));
            }
            Err(_) => {}
        }
        let Ok(cents) = text.parse() else {
            return Ok(Next::Reply(format!("You said {text}.").as_str().into()));
        };
        match facts {
            [] => return Ok(Next::Ask(cents)),
            [false, ..] => return Ok(Next::Aside("That is too much.".into())),
            [true, ..] => {}
        }
        turn.reset();
        turn.data_mut().cents = cents;
        turn.transition_to(At::Confirm, None)?;
        Ok(Next::Reply(ask(turn)))
    }

    fn still_pending(amount: &Amount) -> Reply {
        format!("{} is on its way.", amount.cents).as_str().into()
    }

    fn told(amount: &Amount, outcome: &Outcome<u32>) -> Reply {
        let cents = amount.cents;
        let text = match outcome {
            Outcome::Done(receipt) => format!("Paid {cents}, receipt {receipt}."),
            Outcome::Refused(reason) => format!("Not paid {cents}: {reason}"),
            Outcome::NotMade => format!("Not paid {cents}."),
            Outcome::GivenUp => format!("Perhaps paid {cents}."),
        };
        text.as_str().into()
    }

    fn moved(
        turn: &mut Turn<Self>,
        amount: &Amount,
        outcome: &Outcome<u32>,
    ) -> Result<Option<Reply>, Error> {
        if amount.cents == 666 {
            return Err(Error::host("as the test asks"));
        }
        assert_ne!(amount.cents, 667, "as the test asks");
        if amount.cents == 668 {
            let too_large = "x".repeat(20_000);
            return Ok(Some(too_large.as_str().into()));
        }
        turn.transition_to(At::Start, None)?;
        if let Outcome::Done(_) = outcome {
            turn.data_mut().paid += amount.cents;
        }
        Ok(None)
    }

    fn is_replaceable(reply: &Reply) -> bool {
        reply.text.starts_with("You said menu")
    }

    fn failed(_: &String, error: &Error) -> Option<Reply> {
        matches!(error, Error::InvalidTransition(_)).then(|| "That cannot be done.".into())
    }

    fn remind(turn: &mut Turn<Self>) -> Result<Option<Reply>, Error> {
        assert_ne!(turn.data().cents, 667, "as the test asks");
        if turn.data().cents == 666 {
            return Err(Error::host("as the test asks"));
        }
        Ok(Some("Are you still there?".into()))
    }

    fn expired(_: &CachedUser<Self>) -> Option<Reply> {
        Some("Your session has expired.".into())
    }
}

fn ask(turn: &mut Turn<Transfer>) -> Reply {
    let question = turn.show(&YES_NO);
    Reply {
        text: format!("Send {}?", turn.data().cents),
        yes: Some(question.button("yes")),
    }
}
