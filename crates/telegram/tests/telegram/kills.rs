//! A worker is killed after it has confirmed an update, and before it sends the reply.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use harness::server::Server;
use vimbiso_state::bot::{Bot, Channel, Outgoing, Sent};
use vimbiso_state::{RedisStore, StateManager};
use vimbiso_telegram::{Telegram, WebhookSecret};

use crate::shop::{Shop, Till};
use crate::world::{LONG, SECRET, api, client, serve};

const LEASE: Duration = Duration::from_secs(5);

/// Ends with the test, also if that fails.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill(); // SIGKILL
        let _ = self.0.wait();
    }
}

/// Begins to send, and never does.
struct Stuck;

#[async_trait]
impl Channel<Shop> for Stuck {
    async fn send(&self, _: &Outgoing<Shop>) -> Sent {
        std::future::pending().await
    }
}

async fn bot(redis: &str, channel: impl Channel<Shop>) -> Bot<Shop> {
    let store = RedisStore::builder()
        .namespace("kills")
        .connect(redis)
        .await;
    let bot = Bot::builder(StateManager::new(store.unwrap()), Till::default());
    bot.channel(channel)
        .lease(LEASE)
        .poll(Duration::from_millis(100))
        .build()
        .unwrap()
}

/// Not a test of its own: the worker that is killed.
#[tokio::test]
#[ignore = "the first process of the test below, which starts it"]
async fn the_first_process() {
    let redis = std::env::var("KILLS_REDIS").expect("this is started by the test below");
    let api = client(&std::env::var("KILLS_API").unwrap());
    let telegram = Telegram::new(bot(&redis, Stuck).await, api.clone()).unwrap();
    let url = serve(&telegram).await;
    let secret = WebhookSecret::new(SECRET).unwrap();
    api.set_webhook(&url, &secret, 40).await.unwrap();
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_of_a_killed_worker_is_sent_by_another() {
    let redis = Server::start();
    let api = api().await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::the_first_process", "--ignored"])
        .env("KILLS_REDIS", redis.raw_url())
        .env("KILLS_API", api.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let first = Process(child);
    let update = api.write(42, "hi");
    assert!(api.all_confirmed(LONG).await, "the webhook answers 200");
    drop(first); // kill -9
    assert_eq!(api.sent().len(), 0);

    let client = client(&api.url());
    let second = bot(&redis.raw_url(), client.clone()).await;
    tokio::spawn(second.clone().work());
    let telegram = Telegram::new(second, client.clone()).unwrap();
    let url = serve(&telegram).await;
    let secret = WebhookSecret::new(SECRET).unwrap();
    client.set_webhook(&url, &secret, 40).await.unwrap();
    let sent = api.sent_at_least(1, 4 * LEASE).await;
    assert_eq!(sent[0].text, "What would you like?");
    // Telegram may not have read the 200: the same update once more changes nothing.
    api.next_update_id(update);
    api.write(42, "hi");
    assert!(api.all_confirmed(LONG).await);
    api.press(42, "Tea").unwrap();
    let sent = api.sent_at_least(2, LONG).await;
    let texts: Vec<_> = sent.iter().map(|sent| sent.text.as_str()).collect();
    assert_eq!(texts, ["What would you like?", "Teas: 1"]);
}
