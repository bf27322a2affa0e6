//! A conversation that takes notes and sends money, its service and its channel.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Next, Outcome, Outgoing, Sent, Service,
};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::id::CallKey;
use vimbiso_state::{
    Answer, Choice, Error, Flow, MenuOptions, Stage, StateManager, StateStore, Turn, UserId,
    assert_choices, assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    Start,
    Amount,
    Confirm,
}
impl Stage for At {
    const START: Self = Self::Start;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Start, "start", &[Self::Amount]),
        row(Self::Amount, "amount", &[Self::Confirm]),
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
pub struct Till;
impl Flow for Till {
    const NAME: &'static str = "till";

    type Stage = At;
    type Choice = Confirm;
    type Data = Notes;
}

impl Conversation for Till {
    type Input = String;
    type Reply = String;
    type Query = Duration;
    type Fact = ();
    type Call = u32;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, facts: &[()]) -> Result<Next<Self>, Error> {
        match text.as_str() {
            "fail" => return Err(Error::host("as the test asks")),
            "alert" => {
                return Err(Error::Setting {
                    what: "test",
                    allowed: "nothing",
                });
            }
            "impossible" => turn.transition_to(At::Confirm, None)?,
            "panic" => panic!("as the test asks"),
            slow if slow.starts_with("slow") && facts.is_empty() => {
                return Ok(Next::Ask(Duration::from_millis(400)));
            }
            _ => {}
        }
        let answer = turn.pick(text);
        if turn.stage() == At::Confirm {
            return Ok(match answer {
                Ok(Answer::Open(choice)) => {
                    turn.select(choice)?;
                    match choice {
                        Confirm::Yes => Next::Call(turn.data().cents),
                        Confirm::No => Next::Reply("Nothing was sent.".to_owned()),
                    }
                }
                _ => ask(turn),
            });
        }
        if let Ok(cents) = text.parse() {
            turn.data_mut().cents = cents;
            turn.transition_to(At::Amount, None)?;
            turn.transition_to(At::Confirm, None)?;
            return Ok(ask(turn));
        }
        turn.data_mut().said.push(text.clone());
        Ok(Next::Reply(format!(
            "Noted: {}",
            turn.data().said.join(", ")
        )))
    }

    fn still_pending(_: &u32) -> String {
        "Wait.".to_owned()
    }

    fn told(cents: &u32, outcome: &Outcome<()>) -> String {
        format!("{cents}: {outcome:?}")
    }

    fn moved(_: &mut Turn<Self>, _: &u32, _: &Outcome<()>) -> Result<Option<String>, Error> {
        Ok(None)
    }
}

fn ask(turn: &mut Turn<Till>) -> Next<Till> {
    let question = turn.show(&YES_NO);
    let cents = turn.data().cents;
    Next::Reply(format!("Send {cents}? yes~{question}"))
}

/// What happened outside: the payments, and what each user's phone shows.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    paid: Vec<u32>,
    shown: Vec<(String, String)>,
    is_bank_closed: bool,
    is_channel_down: bool,
}

impl World {
    pub fn paid(&self) -> Vec<u32> {
        self.0.lock().unwrap().paid.clone()
    }

    pub fn shown(&self, user: &str) -> Vec<String> {
        let inside = self.0.lock().unwrap();
        let of_user = inside.shown.iter().filter(|(to, _)| to == user);
        of_user.map(|(_, text)| text.clone()).collect()
    }

    pub fn close_bank(&self, is_closed: bool) {
        self.0.lock().unwrap().is_bank_closed = is_closed;
    }

    pub fn break_channel(&self, is_down: bool) {
        self.0.lock().unwrap().is_channel_down = is_down;
    }

    pub fn bot(&self, store: impl StateStore + 'static) -> Bot<Till> {
        let bot = Bot::builder(StateManager::new(store), self.clone());
        let bot = bot.channel(self.clone()).poll(Duration::from_millis(20));
        let bot = bot.build().unwrap();
        tokio::spawn(bot.clone().work());
        bot
    }
}

#[async_trait]
impl Service<Till> for World {
    async fn look_up(&self, _: &UserId, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    async fn perform(
        &self,
        _: &UserId,
        _: CallKey,
        cents: &u32,
    ) -> Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>> {
        let mut inside = self.0.lock().unwrap();
        if inside.is_bank_closed {
            return Err("closed".into());
        }
        inside.paid.push(*cents);
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        _: CallKey,
        _: &u32,
    ) -> Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(3600)
    }
}

#[async_trait]
impl Channel<Till> for World {
    async fn send(&self, outgoing: &Outgoing<Till>) -> Sent {
        let to = outgoing.user.expose().to_owned();
        let text = outgoing.reply.clone();
        let mut inside = self.0.lock().unwrap();
        if inside.is_channel_down {
            return Sent::Failed { retry_after: None };
        }
        inside.shown.push((to, text));
        Sent::Sent
    }
}
