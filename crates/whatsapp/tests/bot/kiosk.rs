//! The conversation of the workers: a kiosk that sells papers, and writes each sale into a ledger,
//! a folder that all workers share.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{CallAnswer, Conversation, Next, Outcome, Service};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Answer, Error, Flow, Turn, UserId};
use vimbiso_whatsapp::Message;

pub struct Kiosk;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Talk {
    said: u32,
}

impl Flow for Kiosk {
    const NAME: &'static str = "kiosk";
    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Talk;
}

impl Conversation for Kiosk {
    type Input = String;
    type Reply = Message;
    type Query = String;
    type Fact = bool;
    type Call = u32;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, facts: &[bool]) -> Result<Next<Self>, Error> {
        if turn.question().is_some() && turn.answer(text) == Answer::Open("buy") {
            return Ok(Next::Call(1));
        }
        // The ledger can be slow or broken.
        match (text.as_str(), facts) {
            ("slow" | "stock", []) => return Ok(Next::Ask(text.clone())),
            ("stock", [false, ..]) => return Err(Error::host("the ledger is broken")),
            _ => {}
        }
        turn.data_mut().said += 1;
        let said = turn.data().said;
        let question = turn.ask();
        let message = Message::new(format!("Message {said}. A paper?"));
        Ok(Next::Reply(
            message
                .option(question.button("buy"), "Buy")
                .option(question.button("leave"), "Leave"),
        ))
    }

    fn still_pending(_: &u32) -> Message {
        Message::new("One at a time.")
    }

    fn told(_: &u32, outcome: &Outcome<()>) -> Message {
        Message::new(match outcome {
            Outcome::Done(()) => "Bought.".to_owned(),
            other => format!("Not bought: {other:?}"),
        })
    }
}

/// A folder with a file for each sale, named by the user and the key.
#[derive(Debug, Clone)]
pub struct Ledger(pub PathBuf);

impl Ledger {
    /// An empty one, for a test of this name.
    pub fn new(name: &str) -> Self {
        let folder = format!("kiosk-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// How many sales a user has.
    pub fn sales(&self, user: &str) -> usize {
        let files = std::fs::read_dir(&self.0).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with(&format!("sale-{user}-")))
            .count()
    }

    pub fn set_broken(&self, is_broken: bool) {
        let file = self.0.join("broken");
        match is_broken {
            true => std::fs::write(file, "").unwrap(),
            false => std::fs::remove_file(file).unwrap(),
        }
    }

    pub fn remove(&self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl Service<Kiosk> for Ledger {
    async fn look_up(&self, _: &UserId, query: String) -> bool {
        if query == "slow" {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        !self.0.join("broken").exists()
    }

    async fn perform(&self, user: &UserId, key: CallKey, _: &u32) -> Answered {
        // The same file at a second attempt.
        let file = self.0.join(format!("sale-{}-{key}", user.expose()));
        std::fs::write(file, "")?;
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &u32) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }
}
