//! The conversation of the tests: a tea shop. A guest orders, pays, and may ask for the stock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{CallAnswer, Conversation, Next, Outcome, Service};
use vimbiso_state::flow::{ChoiceRow, OneStage, choice};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Answer, Choice, Error, Flow, MenuOptions, Turn, UserId, assert_choices};
use vimbiso_telegram::{Content, Message, Received};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pick {
    Tea,
    Pay,
}

impl Choice<OneStage> for Pick {
    const TABLE: &'static [ChoiceRow<Self, OneStage>] = &[
        choice(Self::Tea, "tea", None),
        choice(Self::Pay, "pay", None),
    ];
}
assert_choices!(Pick);

pub static MENU: MenuOptions<Pick> =
    MenuOptions::new("menu", &[(Pick::Tea, "Tea"), (Pick::Pay, "Pay")]);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    pub teas: u32,
}

/// What a guest says.
pub struct Said(String);

impl From<Received> for Said {
    fn from(received: Received) -> Self {
        match received.content {
            Content::Other => panic!("this content always panics"),
            _ => Self(received.into()),
        }
    }
}

pub struct Shop;

impl Flow for Shop {
    const NAME: &'static str = "shop";
    type Stage = OneStage;
    type Choice = Pick;
    type Data = Order;
}

impl Conversation for Shop {
    type Input = Said;
    type Reply = Message;
    type Query = ();
    type Fact = bool;
    type Call = u32;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, said: &Said, facts: &[bool]) -> Result<Next<Self>, Error> {
        let text = said.0.as_str();
        match (text, facts) {
            ("fail", _) => return Err(Error::host("this text always fails")),
            ("panic", _) => panic!("this text always panics"),
            ("long", _) => return Ok(Next::Reply(Message::new("word ".repeat(2_000)))),
            ("stock?", []) => return Ok(Next::Ask(())),
            ("stock?", [true, ..]) => return Ok(Next::Reply(Message::new("In stock."))),
            ("stock?", _) => return Err(Error::host("the stock is out of order")),
            _ => {}
        }
        let text = match turn.pick(text) {
            Ok(Answer::Open(Pick::Pay)) => return Ok(Next::Call(turn.data().teas)),
            Ok(Answer::Open(Pick::Tea)) => {
                turn.data_mut().teas += 1;
                format!("Teas: {}", turn.data().teas)
            }
            _ => "What would you like?".to_owned(),
        };
        let question = turn.show(&MENU);
        Ok(Next::Reply(Message::new(text).menu(&MENU, question)))
    }

    fn still_pending(_: &u32) -> Message {
        Message::new("Still paying.")
    }

    fn told(teas: &u32, outcome: &Outcome<()>) -> Message {
        match outcome {
            Outcome::Done(()) => Message::new(format!("Paid {teas}.")),
            other => Message::new(format!("Not paid: {other:?}")),
        }
    }
}

/// The till and the stock room.
#[derive(Debug, Clone, Default)]
pub struct Till {
    pub paid: Arc<Mutex<Vec<CallKey>>>,
    pub is_broken: Arc<AtomicBool>,
}

type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl Service<Shop> for Till {
    async fn look_up(&self, _: &UserId, (): ()) -> bool {
        !self.is_broken.load(Ordering::SeqCst)
    }

    async fn perform(&self, _: &UserId, key: CallKey, _: &u32) -> Answered {
        self.paid.lock().unwrap().push(key);
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &u32) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::MAX
    }
}
