//! The conversation: a user types an amount, confirms it with a button, and is told what became of
//! the payment.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{Conversation, Next, Outcome};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::{Answer, CachedUser, Error, Flow, Stage, Turn, assert_transitions, input};

/// The flow.
#[derive(Debug)]
pub struct Shop;

/// Its stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// An amount is awaited.
    Amount,
    /// Yes or no is awaited.
    Confirm,
}

impl Stage for At {
    const START: Self = Self::Amount;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Amount, "amount", &[Self::Confirm]),
        row(Self::Confirm, "confirm", &[Self::Amount]),
    ];
}
assert_transitions!(At);

/// The data of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// What is to be confirmed.
    pub amount: u32,
    /// How many turns the session has had. After a failover it differs for the same question.
    pub turns: u64,
    /// What is still to be done, in the design that keeps it in the session.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Undone>,
}

/// Something that is to be done after the commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Undone {
    /// To send a reply.
    Send {
        /// Its id.
        id: String,
        /// The reply.
        reply: Reply,
    },
    /// To pay.
    Pay(Payment),
}

/// What is to be paid. It names the question that the user has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The id of the question.
    pub question: String,
    /// How much.
    pub amount: u32,
    /// The turn of the session: after a failover another body may come under the same key.
    pub turns: u64,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What it says.
    pub says: Says,
    /// The revision that the turn was decided on, if the turn made a version: replies of one user
    /// have growing ones.
    pub order: Option<u64>,
}

/// What a reply says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// Pay this amount? With the buttons of this question.
    Confirm {
        /// The question.
        question: String,
        /// The amount.
        amount: u32,
    },
    /// The payment is under way.
    Paying {
        /// The question that was answered.
        question: String,
    },
    /// What became of the payment.
    Told {
        /// The question that was answered.
        question: String,
        /// What became of it.
        fate: Fate,
    },
    /// Another payment is under way.
    StillPending {
        /// The question that led to it.
        question: String,
    },
    /// What can be typed here.
    Hint,
    /// The question is still open.
    Reminder,
    /// The session has expired.
    Expired,
}

/// What a user is told about a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fate {
    /// It was paid.
    Paid,
    /// The bank has refused it.
    Refused,
    /// It was not paid, and never will be.
    NotMade,
    /// It may have been paid or not.
    GivenUp,
}

impl Flow for Shop {
    const NAME: &'static str = "shop";

    type Stage = At;
    type Choice = NoChoice;
    type Data = Account;
}

fn reply(turn: &Turn<Shop>, says: Says) -> Reply {
    let version = turn.user().version();
    Reply {
        says,
        order: Some(version.map_or(0, |version| version.revision)),
    }
}

/// Without a turn, or of a turn that makes no version.
fn unordered(says: Says) -> Reply {
    Reply { says, order: None }
}

fn ask(turn: &mut Turn<Shop>, amount: u32) -> Result<Next<Shop>, Error> {
    turn.data_mut().amount = amount;
    turn.transition_to(At::Confirm, None)?;
    let question = turn.ask().to_string();
    turn.remind_in(Duration::from_secs(1));
    let says = Says::Confirm { question, amount };
    Ok(Next::Reply(reply(turn, says)))
}

impl Conversation for Shop {
    type Input = String; // what was typed, or the id of a button
    type Reply = Reply;
    type Query = std::convert::Infallible;
    type Fact = std::convert::Infallible;
    type Call = Payment;
    type Receipt = String;

    const EXPIRY_NOTICE: bool = true;

    fn decide(turn: &mut Turn<Self>, text: &String, _: &[Self::Fact]) -> Result<Next<Self>, Error> {
        if input::word(text) == "help" {
            return Ok(Next::Aside(unordered(Says::Hint)));
        }
        turn.data_mut().turns += 1;
        if let Ok(amount) = text.parse() {
            return ask(turn, amount);
        }
        let asked = turn.question().filter(|_| turn.stage() == At::Confirm);
        match (asked, turn.answer(text)) {
            (Some(question), Answer::Open(word)) if input::word(word) == "yes" => {
                let question = question.to_string();
                let payment = Payment {
                    question: question.clone(),
                    amount: turn.data().amount,
                    turns: turn.data().turns,
                };
                turn.transition_to(At::Amount, None)?;
                let paying = reply(turn, Says::Paying { question });
                Ok(Next::ReplyAndCall(paying, payment))
            }
            (Some(_), Answer::Open(word)) if input::word(word) == "no" => {
                turn.close_question();
                turn.transition_to(At::Amount, None)?;
                Ok(Next::Reply(reply(turn, Says::Hint)))
            }
            // Typed before the open question was on the screen: asked again.
            (Some(_), Answer::Older(_)) if !text.contains('~') => {
                let amount = turn.data().amount;
                ask(turn, amount)
            }
            _ => Ok(Next::Reply(reply(turn, Says::Hint))),
        }
    }

    fn still_pending(call: &Payment) -> Reply {
        let question = call.question.clone();
        unordered(Says::StillPending { question })
    }

    fn told(call: &Payment, outcome: &Outcome<String>) -> Reply {
        unordered(told(call, outcome))
    }

    fn moved(
        turn: &mut Turn<Self>,
        call: &Payment,
        outcome: &Outcome<String>,
    ) -> Result<Option<Reply>, Error> {
        turn.data_mut().turns += 1;
        Ok(Some(reply(turn, told(call, outcome))))
    }

    fn remind(turn: &mut Turn<Self>) -> Result<Option<Reply>, Error> {
        Ok(Some(reply(turn, Says::Reminder)))
    }

    fn expired(_: &CachedUser<Self>) -> Option<Reply> {
        Some(unordered(Says::Expired))
    }
}

fn told(call: &Payment, outcome: &Outcome<String>) -> Says {
    let fate = match outcome {
        Outcome::Done(_) => Fate::Paid,
        Outcome::Refused(_) => Fate::Refused,
        Outcome::NotMade => Fate::NotMade,
        Outcome::GivenUp => Fate::GivenUp,
    };
    let question = call.question.clone();
    Says::Told { question, fate }
}

impl Says {
    /// The question that it is about.
    pub fn question(&self) -> Option<&str> {
        match self {
            Self::Confirm { question, .. }
            | Self::Paying { question }
            | Self::Told { question, .. }
            | Self::StillPending { question } => Some(question),
            Self::Hint | Self::Reminder | Self::Expired => None,
        }
    }
}
