//! A conversation that answers each message, and a channel that sends when it is let.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use vimbiso_state::bot::{
    Bot, BotBuilder, CallAnswer, Channel, Conversation, Inbound, Next, Outcome, Outgoing, Sent,
    Service,
};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Error, Flow, MessageId, StateManager, Turn, UserId};

use crate::servers::connect;

pub struct Echo;

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Nothing {}

impl Flow for Echo {
    const NAME: &'static str = "echo";

    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Nothing;
}

impl Conversation for Echo {
    /// Whether a reminder is asked for.
    type Input = bool;
    type Reply = String;
    type Query = Infallible;
    type Fact = Infallible;
    type Call = ();
    type Receipt = ();

    fn decide(
        turn: &mut Turn<Self>,
        reminds: &bool,
        _: &[Infallible],
    ) -> Result<Next<Self>, Error> {
        if *reminds {
            turn.remind_in(Duration::from_secs(3600));
        }
        Ok(Next::Reply("What would you like?".to_owned()))
    }

    fn still_pending((): &()) -> String {
        unreachable!("it makes no call")
    }

    fn told((): &(), _: &Outcome<()>) -> String {
        unreachable!("it makes no call")
    }
}

struct NoApi;

type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl Service<Echo> for NoApi {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(&self, _: &UserId, _: CallKey, (): &()) -> Answered {
        Err("there is no API".into())
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, (): &()) -> Answered {
        Err("there is no API".into())
    }

    fn repeat_for(&self) -> Duration {
        Duration::ZERO
    }
}

/// Sends as many replies as it has permits, and tells when it begins with one.
#[derive(Clone)]
pub struct Gate {
    pub permits: Arc<Semaphore>,
    begun: UnboundedSender<(UserId, Instant)>,
}

impl Gate {
    pub fn new(permits: usize) -> (Self, UnboundedReceiver<(UserId, Instant)>) {
        let (begun, has_begun) = unbounded_channel();
        let permits = Arc::new(Semaphore::new(permits));
        (Self { permits, begun }, has_begun)
    }

    /// For any number of replies.
    pub fn open() -> (Self, UnboundedReceiver<(UserId, Instant)>) {
        Self::new(Semaphore::MAX_PERMITS)
    }
}

#[async_trait]
impl Channel<Echo> for Gate {
    async fn send(&self, outgoing: &Outgoing<Echo>) -> Sent {
        let _ = self.begun.send((outgoing.user.clone(), Instant::now()));
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        Sent::Sent
    }
}

pub async fn bot(
    urls: &[String],
    gate: Gate,
    settings: impl FnOnce(BotBuilder<Echo>) -> BotBuilder<Echo>,
) -> Bot<Echo> {
    let manager = StateManager::builder(connect(urls).await)
        .session_cache_bytes(64 << 20)
        .deadline(Duration::from_secs(30))
        .ttl(Duration::from_secs(3600));
    let builder = Bot::builder(manager.build().unwrap(), NoApi).channel(gate);
    settings(builder).build().unwrap()
}

pub fn user(n: usize) -> UserId {
    UserId::new(format!("2637{n:08}")).unwrap()
}

/// A message with an id of its own.
pub async fn say(bot: &Bot<Echo>, user: UserId, reminds: bool) {
    let message = MessageId::new(format!("{:032x}", rand::random::<u128>())).unwrap();
    let _ = bot
        .handle(Inbound::new(user, message, reminds))
        .await
        .unwrap();
}
