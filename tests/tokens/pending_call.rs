//! A call that is pending when another person logs in, or when the user is deleted.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::desk::{message, user};
use harness::hooked::Call;
use harness::hooks::{At, Midway};
use harness::tokens::expiring;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use vimbiso_state::bot::{
    Bot, CallAnswer, Channel, Conversation, Delivered, Inbound, Next, Outcome, Outgoing, Report,
    Sent, Service,
};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::id::CallKey;
use vimbiso_state::manager::Begin;
use vimbiso_state::session::{PendingCall, Record, Version};
use vimbiso_state::store::{
    CommitRequest, Delivery, NewCall, NewReply, Outbox, OutboxChanges, OutboxCommit, OutboxStore,
    Session,
};
use vimbiso_state::{
    CommitId, Error, Flow, MemoryStore, SessionStatus, Stage, StateManager, StateStore, Step,
    StoreError, Turn, UserId, assert_transitions,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Where {
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
struct Purse {
    name: Option<String>,
    paid: u32,
}

/// Pays what the message says, in cents. Any other message names the user.
#[derive(Debug)]
struct Pay;

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
struct Bank(Arc<Mutex<Vec<u32>>>);

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

struct Talk {
    store: MemoryStore,
    bot: Bot<Pay>,
    manager: StateManager<Pay>,
    bank: Bank,
    phone: Phone,
    reports: Arc<Mutex<Vec<String>>>,
}

impl Talk {
    /// A member with a token who is paying: the bank has the call for a second.
    async fn paying() -> Self {
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

    fn on(store: MemoryStore, hooked: impl StateStore + 'static) -> Self {
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

    async fn say(&self, id: &str, text: &str) {
        let inbound = Inbound::new(user(1), message(id), text.to_owned());
        assert_eq!(self.bot.handle(inbound).await.unwrap(), Delivered::First);
    }

    async fn log_in(&self) -> Result<(), Error> {
        self.manager
            .start_session(&user(1), &expiring(3600, 2))
            .await
    }

    async fn outbox(&self) -> Outbox {
        self.store.read(&user(1), deadline()).await.unwrap()
    }

    fn texts(&self) -> Vec<String> {
        self.phone.0.lock().unwrap().clone()
    }

    fn paid(&self) -> Vec<u32> {
        self.bank.0.lock().unwrap().clone()
    }
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

#[tokio::test(start_paused = true)]
async fn new_login_keeps_the_pending_call() {
    let talk = Talk::paying().await;
    let pending = talk.outbox().await.call.unwrap();
    talk.log_in().await.unwrap();

    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert_eq!(found.data(), &Purse::default());
    assert_eq!(found.jwt_token(), Some(&expiring(3600, 2)));
    let kept = talk.outbox().await.call.unwrap();
    assert_eq!((kept.key, kept.body), (pending.key, pending.body));

    talk.say("again", "700").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.paid(), [500]);
    let texts = ["Hello Tariro.", "500 is on its way.", "Paid 500."];
    assert_eq!(talk.texts(), texts);
    assert_eq!(talk.outbox().await, Outbox::default());
    // The outcome moves the session of the one who paid, and no other.
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.pending_call(), found.data().paid), (None, 0));
    assert!(talk.reports.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn new_login_moves_nothing_by_the_old_call() {
    let talk = Talk::paying().await;
    talk.log_in().await.unwrap();
    talk.say("his", "Farai").await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.texts(), ["Hello Tariro.", "Hello Farai.", "Paid 500."]);
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.stage(), found.data().paid), (Where::Start, 0));
}

#[tokio::test(start_paused = true)]
async fn new_login_has_a_lifetime_of_its_own() {
    let store = MemoryStore::new();
    let manager = StateManager::<Pay>::builder(store.clone())
        .max_lifetime(Duration::from_secs(400))
        .build()
        .unwrap();
    announce(&store, b"{\"call\":500}").await;
    sleep(Duration::from_secs(250)).await;
    let token = expiring(3600, 2);
    manager.start_session(&user(1), &token).await.unwrap();
    let name = |turn: &mut Turn<Pay>| {
        turn.data_mut().name = Some("Farai".to_owned());
        Ok(())
    };
    manager.update_state(&user(1), "test", name).await.unwrap();
    sleep(Duration::from_secs(250)).await;
    let found = manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::Active);
}

#[tokio::test(start_paused = true)]
async fn expired_session_hands_its_call_on_too() {
    let store = MemoryStore::new();
    let talk = Talk::on(store.clone(), store);
    announce(&talk.store, b"{\"call\":500}").await;
    sleep(Duration::from_secs(301)).await;
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.status().name(), "expired");
    talk.log_in().await.unwrap();
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
    assert!(talk.outbox().await.call.is_some());
    assert!(found.jwt_token().is_some());
}

#[tokio::test(start_paused = true)]
async fn turn_of_the_old_login_conflicts() {
    let talk = Talk::paying().await;
    let Begin::Turn(mut late) = talk
        .manager
        .begin(&user(1), &message("late"))
        .await
        .unwrap()
    else {
        panic!("the message is new")
    };
    late.data_mut().name = Some("Tariro".to_owned());
    talk.log_in().await.unwrap();
    assert!(matches!(late.commit().await, Err(Error::Conflict)));
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.data().name, None);
}

#[tokio::test(start_paused = true)]
async fn new_login_reads_no_reply_of_the_old_one() {
    let talk = Talk::paying().await;
    let hers = |turn: &mut Turn<Pay>| {
        turn.remember_reply("your balance is 7")?;
        Ok(Step::Commit(()))
    };
    let id = message("balance");
    let _ = talk.manager.handle(&user(1), &id, hers).await.unwrap();
    queue(&talk.store, b"\"your balance is 7\"", false).await;
    queue(&talk.store, b"\"Paid 300.\"", true).await;
    talk.log_in().await.unwrap();
    let stored = talk.manager.stored_reply(&user(1), &id).await.unwrap();
    assert!(stored.is_none(), "{stored:?}");
    let outbox = talk.outbox().await;
    let bodies: Vec<_> = outbox.replies.iter().map(|reply| &*reply.body).collect();
    assert_eq!(bodies, [b"\"Paid 300.\""], "an outcome belongs to the user");
    assert!(outbox.call.is_some());
}

#[tokio::test(start_paused = true)]
async fn fetched_reply_of_the_old_login_is_gone() {
    let store = MemoryStore::new();
    let manager = StateManager::<Pay>::new(store.clone());
    let bot = Bot::builder(manager.clone(), Bank::default())
        .build()
        .unwrap();
    announce(&store, b"{\"call\":500}").await;
    let hers = || Inbound::new(user(1), message("hers"), "Tariro".to_owned());
    let answer = bot.answer(hers()).await.unwrap();
    assert_eq!(answer.replies, ["Hello Tariro."]);
    manager
        .start_session(&user(1), &expiring(3600, 2))
        .await
        .unwrap();
    let his = Inbound::new(user(1), message("his"), "Farai".to_owned());
    let answer = bot.answer(his).await.unwrap();
    assert_eq!(answer.replies, ["Hello Farai."]);
    // A second delivery takes effect in the new session, and returns nothing of the old one.
    let again = bot.answer(hers()).await.unwrap();
    assert!(!again.duplicate);
}

#[tokio::test(start_paused = true)]
async fn login_that_fails_midway_loses_no_call() {
    for at in [At::Before(Call::Remove), At::After(Call::Remove)] {
        let store = MemoryStore::new();
        announce(&store, b"{\"call\":500}").await;
        let hooked = Midway::new(store.clone());
        let talk = Talk::on(store, hooked.clone());
        hooked
            .hook
            .once(at, async { Err(StoreError::unavailable("it died")) });
        assert!(talk.log_in().await.is_err(), "{at:?}");
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
        talk.log_in().await.unwrap();
        assert!(talk.outbox().await.call.is_some(), "{at:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn call_announced_during_a_login_is_kept() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store.clone(), hooked.clone());
    talk.say("hers", "Tariro").await;
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, b"{\"call\":500}").await;
        Ok(())
    });
    talk.log_in().await.unwrap();
    assert!(talk.outbox().await.call.is_some());
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(*found.status(), SessionStatus::New);
}

#[tokio::test(start_paused = true)]
async fn failed_login_leaves_no_token_of_the_old_one() {
    let store = MemoryStore::new();
    announce(&store, b"{\"call\":500}").await;
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store, hooked.clone());
    let old = expiring(3600, 1);
    talk.manager.set_jwt_token(&user(1), &old).await.unwrap();
    hooked.hook.once(At::Before(Call::PutToken), async {
        Err(StoreError::unavailable("it died"))
    });
    assert!(talk.log_in().await.is_err());
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!((found.jwt_token(), &found.data().name), (None, &None));
}

#[tokio::test(start_paused = true)]
async fn outcome_during_the_login_is_told() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store, hooked.clone());
    talk.say("yes", "500").await;
    sleep(Duration::from_secs(4)).await;
    hooked.hook.once(At::Before(Call::Remove), async {
        sleep(Duration::from_millis(1500)).await;
        Ok(())
    });
    talk.log_in().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(talk.texts(), ["Paid 500."]);
    let found = talk.manager.load(&user(1)).await.unwrap();
    assert_eq!(found.data(), &Purse::default(), "of the new login");
}

#[tokio::test(start_paused = true)]
async fn delete_returns_the_call_that_it_removed() {
    let store = MemoryStore::new();
    let hooked = Midway::new(store.clone());
    let talk = Talk::on(store.clone(), hooked.clone());
    hooked.hook.once(At::Before(Call::Remove), async move {
        announce(&store, b"{\"call\":500}").await;
        Ok(())
    });
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), Some(500));
    assert_eq!(talk.outbox().await, Outbox::default());
}

#[tokio::test(start_paused = true)]
async fn deleted_user_leaves_the_pending_call_to_the_host() {
    let talk = Talk::paying().await;
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), Some(500));
    assert_eq!(talk.outbox().await, Outbox::default());
    assert_eq!(talk.bot.delete(&user(1)).await.unwrap(), None);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(talk.texts(), ["Hello Tariro."]);
    let reports = talk.reports.lock().unwrap().clone();
    let late = "an outcome came after its call was concluded or deleted";
    assert_eq!(reports, [late]);
    assert_eq!(talk.store.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn call_that_cannot_be_read_is_not_deleted() {
    let store = MemoryStore::new();
    let talk = Talk::on(store.clone(), store);
    announce(&talk.store, b"").await; // as a vault hands it on
    assert!(matches!(
        talk.bot.delete(&user(1)).await,
        Err(Error::Host(_))
    ));
    assert!(talk.outbox().await.call.is_some());
    let reports = talk.reports.lock().unwrap().clone();
    let unreadable = "an entry of the outbox cannot be read by this release";
    assert_eq!(reports, [unreadable]);
    talk.manager.delete(&user(1)).await.unwrap();
    assert_eq!(talk.outbox().await, Outbox::default());
}

/// Puts a call into the slot that no worker has taken, with a session that knows it.
async fn announce(store: &MemoryStore, body: &[u8]) {
    let key = "64778c1b58826c048e32c675174c5c3e".parse().unwrap();
    let changes = OutboxChanges {
        call: Some(NewCall { key, body }),
        ..Default::default()
    };
    commit(store, Some(key), changes).await;
}

/// Queues a reply that is to be sent.
async fn queue(store: &MemoryStore, body: &[u8], is_outcome: bool) {
    let changes = OutboxChanges {
        reply: Some(NewReply {
            body,
            to: None,
            is_outcome,
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
