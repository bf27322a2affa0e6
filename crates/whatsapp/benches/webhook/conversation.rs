//! A conversation that repeats what it is told, with a state of some 650 bytes, and its webhook.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Next, Outcome, Outgoing, Sent, Service,
};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Error, Flow, RedisStore, StateManager, Turn, UserId};
use vimbiso_whatsapp::{AppSecret, Webhook};

pub struct Echo;

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Said {
    count: u64,
    texts: Vec<String>,
}

impl Flow for Echo {
    const NAME: &'static str = "echo";
    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Said;
}

impl Conversation for Echo {
    type Input = String;
    type Reply = String;
    type Query = Duration;
    type Fact = ();
    type Call = ();
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, facts: &[()]) -> Result<Next<Self>, Error> {
        // "wait 50" asks the service, which answers after 50 ms.
        if let Some(millis) = text.strip_prefix("wait ")
            && facts.is_empty()
        {
            let millis = millis.parse().map_err(Error::host)?;
            return Ok(Next::Ask(Duration::from_millis(millis)));
        }
        let said = turn.data_mut();
        said.count += 1;
        said.texts
            .resize(20, "a text of the state, 30 bytes.".to_owned());
        Ok(Next::Reply(text.clone()))
    }

    fn still_pending((): &()) -> String {
        String::new()
    }

    fn told((): &(), _: &Outcome<()>) -> String {
        String::new()
    }
}

struct Nothing;

type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl Service<Echo> for Nothing {
    async fn look_up(&self, _: &UserId, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    async fn perform(&self, _: &UserId, _: CallKey, (): &()) -> Answered {
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, (): &()) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::MAX
    }
}

/// How many replies were sent.
pub static SENT: AtomicU64 = AtomicU64::new(0);

/// WhatsApp without its network: each reply is accepted at once, and settled in Redis.
#[async_trait]
impl Channel<Echo> for Nothing {
    async fn send(&self, _: &Outgoing<Echo>) -> Sent {
        SENT.fetch_add(1, Ordering::Relaxed);
        Sent::Sent
    }
}

pub fn secret() -> AppSecret {
    AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99").unwrap()
}

/// Serves the webhook of a bot on this Redis.
pub async fn serve(
    redis: &str,
    settings: impl FnOnce(Webhook<Echo>) -> Webhook<Echo>,
) -> SocketAddr {
    let store = RedisStore::builder()
        .namespace("bench")
        .connect(redis)
        .await;
    let bot = Bot::new(StateManager::new(store.unwrap()), Nothing, Nothing);
    tokio::spawn(bot.clone().work());
    let webhook = Webhook::new(bot, secret(), "token", |message| {
        message.content.answer().map(str::to_owned)
    });
    let routes = settings(webhook).router().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}
