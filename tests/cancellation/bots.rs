//! Callers of a bot who leave, and workers that are dropped and begun again: each payment is made
//! once, and each reply is shown once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::hooks::Hesitant;
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};
use vimbiso_state::bot::{
    Bot, BotBuilder, CallAnswer, Channel, Conversation, Inbound, Next, Outcome, Outgoing, Sent,
    Service,
};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{
    Answer, Error, Flow, MemoryStore, MessageId, StateManager, StateStore, Turn, UserId,
};

use crate::{Leaves, STUCK, dropped_after};

/// Asks for a confirmation, and pays.
struct Pay;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Payment {}

impl Flow for Pay {
    const NAME: &'static str = "pay";

    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = Payment;
}

impl Conversation for Pay {
    type Input = &'static str;
    type Reply = String;
    type Query = Infallible;
    type Fact = Infallible;
    type Call = Payment;
    type Receipt = ();

    fn decide(
        turn: &mut Turn<Self>,
        text: &&'static str,
        _: &[Infallible],
    ) -> Result<Next<Self>, Error> {
        if turn.question().is_some() && turn.answer(text) == Answer::Open("yes") {
            return Ok(Next::Call(Payment {}));
        }
        turn.ask();
        Ok(Next::Reply("Pay?".to_owned()))
    }

    fn still_pending(_: &Payment) -> String {
        "On its way.".to_owned()
    }

    fn told(_: &Payment, outcome: &Outcome<()>) -> String {
        match outcome {
            Outcome::Done(()) => "Paid.".to_owned(),
            _ => "Not paid.".to_owned(),
        }
    }
}

/// What the bank paid for each user, and what each user was shown.
#[derive(Clone, Default)]
struct World(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// How many of the next calls fail before they take effect.
    failures: usize,
    keys: Vec<CallKey>,
    paid: BTreeMap<UserId, usize>,
    shown: BTreeMap<UserId, Vec<String>>,
}

type Answered = Result<CallAnswer<()>, Box<dyn std::error::Error + Send + Sync>>;

#[async_trait]
impl Service<Pay> for World {
    async fn look_up(&self, _: &UserId, query: Infallible) -> Infallible {
        query
    }

    async fn perform(&self, user: &UserId, key: CallKey, _: &Payment) -> Answered {
        tokio::task::yield_now().await;
        let mut seen = self.0.lock().unwrap();
        if seen.failures > 0 {
            seen.failures -= 1;
            return Err("unreachable".into());
        }
        if !seen.keys.contains(&key) {
            seen.keys.push(key);
            *seen.paid.entry(user.clone()).or_default() += 1;
        }
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &Payment) -> Answered {
        Err("not asked".into())
    }

    fn repeat_for(&self) -> Duration {
        Duration::MAX
    }
}

#[async_trait]
impl Channel<Pay> for World {
    async fn send(&self, outgoing: &Outgoing<Pay>) -> Sent {
        tokio::task::yield_now().await;
        let mut seen = self.0.lock().unwrap();
        let shown = seen.shown.entry(outgoing.user.clone()).or_default();
        shown.push(outgoing.reply.clone());
        Sent::Sent
    }
}

impl World {
    fn fail_next(&self) {
        self.0.lock().unwrap().failures += 1;
    }

    fn assert_paid_once(&self, user: &UserId) {
        let paid = self.0.lock().unwrap().paid.get(user).copied();
        assert_eq!(paid, Some(1), "payments");
    }

    fn assert_told_once(&self, user: &UserId) {
        let seen = self.0.lock().unwrap();
        assert_eq!(seen.shown[user], ["Pay?", "Paid."]);
    }
}

fn builder(store: impl StateStore + 'static, world: &World) -> BotBuilder<Pay> {
    let manager = StateManager::builder(Hesitant::new(store)).deadline(STUCK);
    Bot::builder(manager.build().unwrap(), world.clone())
}

fn user(n: usize) -> UserId {
    UserId::new(format!("user-{n}")).unwrap()
}

fn message(user: &UserId, text: &'static str) -> Inbound<&'static str> {
    Inbound::new(user.clone(), MessageId::new(text).unwrap(), text)
}

async fn until_idle(bot: &Bot<Pay>, user: &UserId) {
    let idle = bot.until_idle(user, Duration::from_secs(120)).await;
    assert!(idle.unwrap(), "something is left in the outbox");
}

#[tokio::test(start_paused = true)]
async fn dropped_handle_is_carried_out_all_the_same() {
    let world = World::default();
    let bot = builder(MemoryStore::new(), &world).channel(world.clone());
    let bot = bot.build().unwrap();
    let mut ready = 0;
    for number in 0.. {
        let user = user(number);
        let polls = number / 2;
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let _ = bot.handle(message(&user, "pay")).await.unwrap();
        until_idle(&bot, &user).await;
        let done = dropped_after(polls, leaves, bot.handle(message(&user, "yes"))).await;
        ready += usize::from(done.is_some());
        if polls == 0 {
            // It was not begun, so the channel delivers it again.
            let _ = bot.handle(message(&user, "yes")).await.unwrap();
        } else {
            sleep(Duration::from_secs(1)).await;
        }
        until_idle(&bot, &user).await;
        world.assert_paid_once(&user);
        world.assert_told_once(&user);
        // Delivered again, it changes nothing.
        let _ = bot.handle(message(&user, "yes")).await.unwrap();
        until_idle(&bot, &user).await;
        world.assert_told_once(&user);
        if ready == 2 {
            assert!(polls > 1, "it never waited");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_answer_is_got_by_the_next_delivery() {
    let world = World::default();
    let bot = builder(MemoryStore::new(), &world).build().unwrap();
    let mut ready = 0;
    for number in 0.. {
        let user = user(number);
        let polls = number / 2;
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let first = bot.answer(message(&user, "pay")).await.unwrap();
        assert_eq!(first.replies, ["Pay?"]);
        let done = dropped_after(polls, leaves, bot.answer(message(&user, "yes"))).await;
        ready += usize::from(done.is_some());
        let second = bot.answer(message(&user, "yes")).await.unwrap();
        assert_eq!(second.replies, ["Paid."]);
        assert_eq!(second.duplicate, polls > 0);
        world.assert_paid_once(&user);
        let next = bot.answer(message(&user, "thanks")).await.unwrap();
        assert_eq!(next.replies, ["Pay?"]);
        if ready == 2 {
            assert!(polls > 1, "it never waited");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_worker_leaves_nothing_undone() {
    for number in 0..60 {
        let world = World::default();
        let bot = builder(MemoryStore::new(), &world).channel(world.clone());
        let bot = bot.build().unwrap();
        let user = user(number);
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let _ = bot.handle(message(&user, "pay")).await.unwrap();
        until_idle(&bot, &user).await;
        world.fail_next();
        let _ = bot.handle(message(&user, "yes")).await.unwrap();
        // The call is to be made again, by any worker.
        sleep(Duration::from_secs(3)).await;
        let _ = dropped_after(number / 2, leaves, bot.clone().work()).await;
        let working = tokio::spawn(bot.clone().work());
        until_idle(&bot, &user).await;
        working.abort();
        world.assert_paid_once(&user);
        world.assert_told_once(&user);
    }
}

async fn callers_and_workers_leave(store: impl StateStore + Clone + 'static) {
    const USERS: usize = 300;
    let world = World::default();
    let build = || {
        let bot = builder(store.clone(), &world).channel(world.clone());
        bot.poll(Duration::from_millis(50)).build().unwrap()
    };
    // Two processes.
    let bots = [build(), build()];
    let workers = tokio::spawn({
        let bots = bots.clone();
        async move {
            loop {
                let work = bots[rand::random_range(0..2)].clone().work();
                let time = Duration::from_micros(rand::random_range(0..20_000));
                let _ = timeout(time, work).await;
            }
        }
    });
    for number in 0..USERS {
        let user = user(number);
        let text = message(&user, "pay");
        let _ = bots[number % 2].handle(text).await.unwrap();
        until_idle(&bots[0], &user).await;
        if number % 5 == 0 {
            world.fail_next();
        }
        // Several deliveries at once, whose callers leave at random.
        for _ in 0..3 {
            let bot = &bots[rand::random_range(0..2)];
            let time = Duration::from_micros(rand::random_range(0..1500));
            let _ = timeout(time, bot.handle(message(&user, "yes"))).await;
        }
        let _ = bots[0].handle(message(&user, "yes")).await.unwrap();
    }
    for number in 0..USERS {
        let user = user(number);
        until_idle(&bots[0], &user).await;
        world.assert_paid_once(&user);
        world.assert_told_once(&user);
    }
    workers.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_and_workers_leave_in_memory() {
    callers_and_workers_leave(MemoryStore::new()).await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_and_workers_leave_on_redis() {
    let redis = harness::redis::Redis::any().await;
    callers_and_workers_leave(crate::store_on(&redis).await).await;
}
