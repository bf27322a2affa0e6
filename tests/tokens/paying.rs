//! A conversation that pays, with a member who is paying.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::desk::{message, user};
use harness::tokens::expiring;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Delivered, Inbound, Next, Outcome, Outgoing, Report,
    Sent, Service,
};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::id::CallKey;
use vimbiso_state::session::{PendingCall, Record, Version};
use vimbiso_state::store::{
    CommitRequest, Delivery, NewCall, NewReply, Outbox, OutboxChanges, OutboxCommit, OutboxStore,
    Session,
};
use vimbiso_state::{
    CommitId, Error, Flow, MemoryStore, Stage, StateManager, StateStore, Turn, UserId,
    assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Where {
    Start,
    Paying,
}

impl Stage for Where {
    const START: Self = Self::Start;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Start, "start", &[Self::Paying]),
        row(Self::Paying, "paying", &[Self::Start]),
    ];
}
assert_transitions!(Where);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Purse {
    pub name: Option<String>,
    pub paid: u32,
}

/// Pays what the message says, in cents. Any other message names the user.
#[derive(Debug)]
pub struct Pay;

impl Flow for Pay {
    const NAME: &'static str = "pay";

    type Stage = Where;
    type Choice = NoChoice;
    type Data = Purse;
}

impl Conversation for Pay {
    type Input = String;
    type Reply = String;
    type Query = Infallible;
    type Fact = Infallible;
    type Call = u32;
    type Receipt = ();

    fn decide(turn: &mut Turn<Self>, text: &String, _: &[Infallible]) -> Result<Next<Self>, Error> {
        if let Ok(cents) = text.parse() {
            turn.transition_to(Where::Paying, None)?;
            return Ok(Next::Call(cents));
        }
        turn.data_mut().name = Some(text.clone());
        Ok(Next::Reply(format!("Hello {text}.")))
    }

    fn still_pending(cents: &u32) -> String {
        format!("{cents} is on its way.")
    }

    fn told(cents: &u32, _: &Outcome<()>) -> String {
        format!("Paid {cents}.")
    }

    fn moved(turn: &mut Turn<Self>, cents: &u32, _: &Outcome<()>) -> Result<Option<String>, Error> {
        turn.data_mut().paid += cents;
        turn.transition_to(Where::Start, None)?;
        Ok(None)
    }
}

/// Pays after five seconds.
#[derive(Clone, Default)]
pub struct Bank(Arc<Mutex<Vec<u32>>>);

#[async_trait]
impl Service<Pay> for Bank {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(
        &self,
        _: &UserId,
        _: CallKey,
        cents: &u32,
    ) -> Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>> {
        sleep(Duration::from_secs(5)).await;
        self.0.lock().unwrap().push(*cents);
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

/// Shows what arrives.
#[derive(Clone, Default)]
struct Phone(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Channel<Pay> for Phone {
    async fn send(&self, outgoing: &Outgoing<Pay>) -> Sent {
        self.0.lock().unwrap().push(outgoing.reply.clone());
        Sent::Sent
    }
}

pub struct Talk {
    pub store: MemoryStore,
    pub bot: Bot<Pay>,
    pub manager: StateManager<Pay>,
    bank: Bank,
    phone: Phone,
    pub reports: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    /// A member with a token who is paying: the bank has the call for a second.
    pub async fn paying() -> Self {
        let store = MemoryStore::new();
        let talk = Self::on(store.clone(), store);
        let token = expiring(3600, 1);
        talk.manager.set_jwt_token(&user(1), &token).await.unwrap();
        talk.say("hers", "Tariro").await;
        sleep(Duration::from_secs(1)).await;
        talk.say("yes", "500").await;
        sleep(Duration::from_secs(1)).await;
        talk
    }

    pub fn on(store: MemoryStore, hooked: impl StateStore + 'static) -> Self {
        let manager = StateManager::<Pay>::new(hooked);
        let bank = Bank::default();
        let phone = Phone::default();
        let reports = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&reports);
        let bot = Bot::builder(manager.clone(), bank.clone())
            .channel(phone.clone())
            .on_report(move |report: &Report| heard.lock().unwrap().push(report.to_string()))
            .build()
            .unwrap();
        Self {
            store,
            bot,
            manager,
            bank,
            phone,
            reports,
        }
    }

    pub async fn say(&self, id: &str, text: &str) {
        let inbound = Inbound::new(user(1), message(id), text.to_owned());
        assert_eq!(self.bot.handle(inbound).await.unwrap(), Delivered::First);
    }

    pub async fn log_in(&self) -> Result<(), Error> {
        self.manager
            .start_session(&user(1), &expiring(3600, 2))
            .await
    }

    pub async fn outbox(&self) -> Outbox {
        self.store.read(&user(1), deadline()).await.unwrap()
    }

    pub fn texts(&self) -> Vec<String> {
        self.phone.0.lock().unwrap().clone()
    }

    pub fn paid(&self) -> Vec<u32> {
        self.bank.0.lock().unwrap().clone()
    }
}

pub fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

/// Puts a call into the slot that no worker has taken, with a session that knows it.
pub async fn announce(store: &MemoryStore, body: &[u8]) {
    let key = "64778c1b58826c048e32c675174c5c3e".parse().unwrap();
    let changes = OutboxChanges {
        call: Some(NewCall { key, body }),
        ..Default::default()
    };
    commit(store, Some(key), changes).await;
}

/// Queues a reply that is to be sent.
pub async fn queue(store: &MemoryStore, body: &[u8], is_outcome: bool) {
    let changes = OutboxChanges {
        reply: Some(NewReply {
            body,
            to: None,
            is_outcome,
            is_replaceable: false,
            delivery: Delivery::Push,
        }),
        ..Default::default()
    };
    commit(store, None, changes).await;
}

async fn commit(store: &MemoryStore, key: Option<CallKey>, changes: OutboxChanges<'_>) {
    let manager = StateManager::<Pay>::new(store.clone());
    let names = |turn: &mut Turn<Pay>| {
        turn.data_mut().name = Some("Tariro".to_owned());
        Ok(())
    };
    let _ = manager.update_state(&user(1), "test", names).await.unwrap();
    let loaded = store.load(&user(1), None, deadline()).await.unwrap();
    let Session::Live(record) = loaded.session else {
        panic!("it was committed just now")
    };
    let pending_call = key.map(|key| PendingCall {
        key,
        inherited: false,
    });
    let request = CommitRequest {
        id: &CommitId::random(),
        precondition: &loaded.precondition,
        record: &Arc::new(Record {
            version: Version::after(Some(record.version)),
            pending_call,
            ..(*record).clone()
        }),
        reply: None,
        drop_token: false,
        ttl: Duration::from_secs(300),
        max_lifetime: Duration::from_secs(3600),
        deadline: deadline(),
    };
    let sent = store.commit_with(&user(1), request, changes).await.unwrap();
    assert!(matches!(sent, OutboxCommit::Answered { .. }), "{sent:?}");
}
