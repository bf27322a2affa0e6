//! This library: a whole message, from its delivery to the reply that the channel has accepted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Inbound, Next, Outcome, Outgoing, Sent, Service,
};
use vimbiso_state::id::CallKey;
use vimbiso_state::vimbisopay::{Choice, Data, Stage};
use vimbiso_state::{Error, Flow, MessageId, RedisStore, StateManager, Turn, UserId};

use super::{Peer, USERS};

/// The same turn as that of [`Ours`](super::ours::Ours), with a reply.
struct Menu;

impl Flow for Menu {
    const NAME: &'static str = "menu";

    type Stage = Stage;
    type Choice = Choice;
    type Data = Data;
}

/// The data of a new session, and the number of the turn.
type Input = (Arc<Data>, u64);

impl Conversation for Menu {
    type Input = Input;
    type Reply = String;
    type Query = Infallible;
    type Fact = Infallible;
    type Call = ();
    type Receipt = ();

    fn decide(
        turn: &mut Turn<Self>,
        (data, n): &Input,
        _: &[Infallible],
    ) -> Result<Next<Self>, Error> {
        if turn.data().current_account.is_none() {
            *turn.data_mut() = Data::clone(data);
        }
        turn.data_mut().page_number = 1 + (n % 9) as u32;
        match turn.stage() {
            Stage::Menu => turn.select(Choice::Transactions)?,
            _ => turn.transition_to(Stage::Menu, Choice::Menu)?,
        }
        Ok(Next::Reply("What would you like to do?".to_owned()))
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
impl Service<Menu> for NoApi {
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

/// Accepts every reply at once, and tells whose it was.
struct Screen(Arc<Vec<Notify>>);

#[async_trait]
impl Channel<Menu> for Screen {
    async fn send(&self, outgoing: &Outgoing<Menu>) -> Sent {
        let number = outgoing.user.expose().get(4..);
        let user: usize = number.and_then(|n| n.parse().ok()).expect("our user");
        self.0[user].notify_one();
        Sent::Sent
    }
}

pub struct OurBot {
    bot: Bot<Menu>,
    shown: Arc<Vec<Notify>>,
    data: Arc<Data>,
}

impl OurBot {
    pub fn new(store: RedisStore, data: Data) -> Self {
        let shown: Arc<Vec<_>> = Arc::new((0..USERS).map(|_| Notify::new()).collect());
        let manager = StateManager::builder(store).session_cache_bytes(2 * USERS * 4096);
        let manager = manager.build().expect("settings within their limits");
        let bot = Bot::builder(manager, NoApi).channel(Screen(Arc::clone(&shown)));
        let bot = bot.build().expect("settings within their limits");
        // Sends what is committed while all workers are busy.
        tokio::spawn(bot.clone().work());
        Self {
            bot,
            shown,
            data: Arc::new(data),
        }
    }
}

#[async_trait]
impl Peer for OurBot {
    async fn turn(&self, user: usize, n: u64) {
        let id = UserId::mobile(format!("2637{user:08}")).expect("a number");
        let message = MessageId::new(format!("wamid.{n:032}")).expect("an id");
        let inbound = Inbound::new(id, message, (Arc::clone(&self.data), n));
        self.bot.handle(inbound).await.expect("committed");
        self.shown[user].notified().await;
    }
}
