//! The bot on Redis: what is left there, and what a second process takes over.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::bank::{Bank, Next};
use harness::cluster::Cluster;
use harness::phone::{self, Phone};
use harness::server::Server;
use harness::transfer::Transfer;
use redis::aio::MultiplexedConnection;
use vimbiso_state::bot::{Bot, Delivered, Inbound};
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{MessageId, RedisStore, UserId};

const LEASE: Duration = Duration::from_secs(5);

struct World {
    bank: Bank,
    phone: Phone,
    user: UserId,
    reports: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new() -> Self {
        Self {
            bank: Bank::default(),
            phone: Phone::default(),
            user: UserId::new("263771234567").unwrap(),
            reports: Arc::default(),
        }
    }

    fn bot(&self, store: &RedisStore) -> Bot<Transfer> {
        phone::bot(store, &self.bank, &self.phone, &self.reports, |bot| {
            bot.lease(LEASE).poll(Duration::from_millis(50))
        })
    }

    async fn say(&self, bot: &Bot<Transfer>, id: &str, text: &str) -> Delivered {
        let message = MessageId::new(id).unwrap();
        let inbound = Inbound::new(self.user.clone(), message, text.to_owned());
        bot.handle(inbound).await.unwrap()
    }

    async fn idle(&self, bot: &Bot<Transfer>) {
        let idle = bot.until_idle(&self.user, 6 * LEASE).await.unwrap();
        assert!(idle, "{:?}", self.reports.lock().unwrap());
    }
}

async fn store(url: &str, layout: KeyLayout) -> RedisStore {
    let builder = RedisStore::builder().namespace("bot").layout(layout);
    builder.connect(url).await.unwrap()
}

async fn keys(raw: &mut MultiplexedConnection) -> Vec<String> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(raw).await.unwrap();
    keys.sort_unstable();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn outbox_and_index_are_gone_when_all_is_done() {
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        let server = Server::start();
        let world = World::new();
        let bot = world.bot(&store(&server.raw_url(), layout).await);
        world.bank.state().next = vec![Next::FailBefore];
        world.say(&bot, "m1", "5").await;
        world.idle(&bot).await;
        world.say(&bot, "m2", "1").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut raw = server.raw().await;
        let pending = keys(&mut raw).await;
        assert!(
            pending.contains(&"bot:263771234567_outbox".to_owned()),
            "{pending:?}"
        );

        tokio::spawn(bot.clone().work());
        world.idle(&bot).await;
        assert_eq!(world.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
        // The notice of the expiry is left, and is dropped with the user.
        bot.manager().delete(&world.user).await.unwrap();
        assert_eq!(keys(&mut raw).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_does_what_a_dead_one_left() {
    let server = Server::start();
    let url = server.raw_url();
    let world = World::new();
    let first = std::thread::spawn({
        let url = url.clone();
        let bank = world.bank.clone();
        let phone = world.phone.clone();
        let user = world.user.clone();
        move || {
            let world = World {
                bank,
                phone,
                user,
                reports: Arc::default(),
            };
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let bot = world.bot(&store(&url, KeyLayout::FiveKeys).await);
                world.say(&bot, "m1", "5").await;
                world.idle(&bot).await;
                world.bank.state().takes = Duration::from_secs(60);
                world.say(&bot, "m2", "1").await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            });
            runtime.shutdown_background(); // dies while it calls the bank
        }
    });
    tokio::task::spawn_blocking(move || first.join().unwrap())
        .await
        .unwrap();
    world.bank.state().takes = Duration::ZERO;
    let second = world.bot(&store(&url, KeyLayout::FiveKeys).await);
    tokio::spawn(second.clone().work());
    world.idle(&second).await;
    assert_eq!(world.bank.paid(), [5]);
    assert_eq!(world.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
    assert_eq!(world.say(&second, "m2", "1").await, Delivered::Duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_on_a_cluster_is_told_by_another_process() {
    let cluster = Cluster::start(3).await;
    let world = World::new();
    let urls = cluster.urls();
    let connect = || async {
        let builder = RedisStore::builder().namespace("bot");
        builder.connect_cluster(&urls).await.unwrap()
    };
    let first = world.bot(&connect().await);
    world.bank.state().next = vec![Next::FailAfter];
    world.say(&first, "m1", "5").await;
    world.idle(&first).await;
    world.say(&first, "m2", "1").await;
    let second = world.bot(&connect().await);
    tokio::spawn(second.clone().work());
    let idle = second
        .until_idle(&world.user, Duration::from_secs(120))
        .await
        .unwrap();
    assert!(idle, "{:?}", world.reports.lock().unwrap());
    assert_eq!(world.bank.paid(), [5]);
    assert_eq!(world.phone.texts(), ["Send 5?", "Paid 5, receipt 1."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn call_whose_outbox_was_evicted_is_reported() {
    let server = Server::start();
    let world = World::new();
    let bot = world.bot(&store(&server.raw_url(), KeyLayout::FiveKeys).await);
    world.bank.state().next = vec![Next::FailAfter];
    world.say(&bot, "m1", "5").await;
    world.idle(&bot).await;
    world.say(&bot, "m2", "1").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut raw = server.raw().await;
    let removed: i64 = redis::cmd("DEL")
        .arg("bot:263771234567_outbox")
        .query_async(&mut raw)
        .await
        .unwrap();
    assert_eq!(removed, 1);
    world.say(&bot, "m3", "hello").await;
    world.idle(&bot).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let user = bot.manager().load(&world.user).await.unwrap();
    assert_eq!(user.pending_call(), None);
    let reports = world.reports.lock().unwrap().clone();
    assert!(
        reports
            .iter()
            .any(|report| report.contains("has lost a call")),
        "{reports:?}"
    );
    assert_eq!(world.bank.paid(), [5]);
}
