//! Callers of a bot who leave, and workers that are dropped and begun again: each payment is made
//! once, and each reply is shown once.

use std::time::Duration;

use harness::bank::{Bank, Next};
use harness::hooks::Hesitant;
use harness::phone::Phone;
use harness::transfer::{Reply, Transfer};
use tokio::time::{sleep, timeout};
use vimbiso_state::bot::{Bot, BotBuilder, Inbound};
use vimbiso_state::{MemoryStore, MessageId, StateManager, StateStore, UserId};

use crate::{Leaves, STUCK, dropped_after};

/// What all bots of a test share beside the store.
#[derive(Clone, Default)]
struct World {
    bank: Bank,
    phone: Phone,
}

impl World {
    fn fail_next(&self) {
        self.bank.state().next.push(Next::FailBefore);
    }

    fn assert_paid_once(&self, user: &UserId) {
        assert_eq!(self.bank.payments_of(user), 1, "payments");
    }

    fn assert_told_once(&self, user: &UserId) {
        let texts = self.phone.texts_of(user);
        let [question, paid] = texts.as_slice() else {
            panic!("{texts:?}")
        };
        assert_eq!(question, "Send 5?");
        assert!(is_paid(paid), "{texts:?}");
    }
}

fn is_paid(text: &str) -> bool {
    text.starts_with("Paid 5, receipt ")
}

fn builder(store: impl StateStore + 'static, world: &World) -> BotBuilder<Transfer> {
    let manager = StateManager::builder(Hesitant::new(store)).deadline(STUCK);
    Bot::builder(manager.build().unwrap(), world.bank.clone())
}

fn user(n: usize) -> UserId {
    UserId::new(format!("user-{n}")).unwrap()
}

fn message(user: &UserId, text: &str) -> Inbound<String> {
    let id = MessageId::new(text).unwrap();
    Inbound::new(user.clone(), id, text.to_owned())
}

async fn until_idle(bot: &Bot<Transfer>, user: &UserId) {
    let idle = bot.until_idle(user, Duration::from_secs(120)).await;
    assert!(idle.unwrap(), "something is left in the outbox");
}

#[tokio::test(start_paused = true)]
async fn dropped_handle_is_carried_out_all_the_same() {
    let world = World::default();
    let bot = builder(MemoryStore::new(), &world).channel(world.phone.clone());
    let bot = bot.build().unwrap();
    let mut ready = 0;
    for number in 0.. {
        let user = user(number);
        let polls = number / 2;
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let _ = bot.handle(message(&user, "5")).await.unwrap();
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
        let first = bot.answer(message(&user, "5")).await.unwrap();
        assert_eq!(first.replies[0].text, "Send 5?");
        let done = dropped_after(polls, leaves, bot.answer(message(&user, "yes"))).await;
        ready += usize::from(done.is_some());
        let second = bot.answer(message(&user, "yes")).await.unwrap();
        let [told] = second.replies.as_slice() else {
            panic!("{second:?}")
        };
        assert!(is_paid(&told.text), "{told:?}");
        assert_eq!(second.duplicate, polls > 0);
        world.assert_paid_once(&user);
        let next = bot.answer(message(&user, "thanks")).await.unwrap();
        assert_eq!(next.replies, [Reply::from("You said thanks.")]);
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
        let bot = builder(MemoryStore::new(), &world).channel(world.phone.clone());
        let bot = bot.build().unwrap();
        let user = user(number);
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let _ = bot.handle(message(&user, "5")).await.unwrap();
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
        let bot = builder(store.clone(), &world).channel(world.phone.clone());
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
        let text = message(&user, "5");
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
