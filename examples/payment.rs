//! A payment that is made once and told, wherever the process is killed.
//!
//! ```text
//! $ URL=redis://127.0.0.1:6379
//! $ printf '5\nyes\n' | cargo run --example payment -- $URL after-perform
//! Send 5 to Grace? yes or no?
//! killed after-perform
//! $ cargo run --example payment -- $URL < /dev/null
//! Paid 5 to Grace.
//! ```
//!
//! The other points are `before-perform`, `before-send` and `after-send`. The second run takes over
//! what the first one left, once the lease of 5 s is over. The bank's ledger is the folder LEDGER.

use std::error::Error as StdError;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Inbound, Next, Outcome, Outgoing, Sent, Service,
};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{
    Answer, CommitId, Error, Flow, MessageId, RedisStore, StateManager, Turn, UserId,
};

#[derive(Clone, Default, Serialize, Deserialize)]
struct Payment {
    amount: u32, // for Grace
}

struct Pay;

impl Flow for Pay {
    const NAME: &'static str = "payment";
    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Payment;
}

impl Conversation for Pay {
    type Input = String;
    type Reply = String;
    type Query = ();
    type Fact = ();
    type Call = Payment;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, _: &[()]) -> Result<Next<Self>, Error> {
        if turn.question().is_some() && turn.answer(text) == Answer::Open("yes") {
            return Ok(Next::Call(turn.data().clone()));
        }
        turn.reset();
        let Ok(amount) = text.parse() else {
            return Ok(Next::Reply("How much for Grace?".to_owned()));
        };
        turn.data_mut().amount = amount;
        turn.ask();
        Ok(Next::Reply(format!("Send {amount} to Grace? yes or no?")))
    }

    fn still_pending(payment: &Payment) -> String {
        format!("{} is still under way.", payment.amount)
    }

    fn told(payment: &Payment, outcome: &Outcome<()>) -> String {
        match outcome {
            Outcome::Done(()) => format!("Paid {} to Grace.", payment.amount),
            Outcome::Refused(_) | Outcome::NotMade => "Nothing was paid.".to_owned(),
            Outcome::GivenUp => "We do not know if it was paid. Please call us.".to_owned(),
        }
    }
}

/// The bank and the screen, and where the process is killed.
#[derive(Clone)]
struct World {
    ledger: String,
    kill: Option<String>,
}

impl World {
    fn point(&self, point: &str) {
        if self.kill.as_deref() == Some(point) {
            println!("killed {point}");
            std::process::abort();
        }
    }
}

type Answered = Result<CallAnswer<()>, Box<dyn StdError + Send + Sync>>;

#[async_trait]
impl Service<Pay> for World {
    async fn look_up(&self, _: &UserId, (): ()) {}

    async fn perform(&self, _: &UserId, key: CallKey, _: &Payment) -> Answered {
        self.point("before-perform");
        let file = format!("{}/{key}", self.ledger); // the same file at a second attempt
        std::fs::write(file, "paid")?;
        self.point("after-perform");
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &Payment) -> Answered {
        Ok(CallAnswer::not_found()) // not asked: this bank knows a key for ever
    }

    fn repeat_for(&self) -> Duration {
        Duration::MAX
    }
}

#[async_trait]
impl Channel<Pay> for World {
    async fn send(&self, outgoing: &Outgoing<Pay>) -> Sent {
        let kill = |point| outgoing.is_outcome.then(|| self.point(point));
        kill("before-send");
        println!("{}", outgoing.reply);
        kill("after-send");
        Sent::Sent
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("usage: payment <url> [point]")?;
    let kill = arguments.next();
    let ledger = std::env::var("LEDGER").unwrap_or("ledger".to_owned());
    std::fs::create_dir_all(&ledger)?;
    let world = World { ledger, kill };
    let store = RedisStore::builder().namespace("example-payment");
    let manager = StateManager::new(store.connect(&url).await?);
    let bot = Bot::builder(manager, world.clone());
    let bot = bot.channel(world).lease(Duration::from_secs(5)).build()?;
    tokio::spawn(bot.clone().work());
    let user = UserId::mobile("+263 77 123-4567")?;
    bot.until_idle(&user, Duration::from_secs(30)).await?;
    for line in std::io::stdin().lines() {
        let message = MessageId::new(CommitId::random().to_string())?; // a channel has its own
        let inbound = Inbound::new(user.clone(), message, line?);
        bot.handle(inbound).await?;
        bot.until_idle(&user, Duration::from_secs(30)).await?;
    }
    Ok(())
}
