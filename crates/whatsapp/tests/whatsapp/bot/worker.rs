//! A worker in a process of its own, and what several of them share.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use harness::server::Server;
use vimbiso_state::bot::Bot;
use vimbiso_state::{CommitId, RedisStore, StateManager};
use vimbiso_whatsapp::simulated::{SentMessage, SimulatedGraph};
use vimbiso_whatsapp::{Client, WhatsApp};

use super::ledger::Ledger;
use crate::server::{secret, serve};
use crate::world::shown;

/// The shortest that there is.
pub const LEASE: Duration = Duration::from_secs(5);
/// Long enough on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Not a test of its own: the process that the tests start, and kill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other tests start it"]
async fn process() {
    let setting = |name| std::env::var(name).expect("another test starts this one");
    let client = Client::builder("106540352242922", "token").graph_url(setting("WORKER_GRAPH"));
    let whatsapp = WhatsApp::new(client.timeout(Duration::from_secs(1)).build().unwrap());
    let store = RedisStore::builder().namespace("kiosk");
    let store = store.connect(&setting("WORKER_REDIS")).await.unwrap();
    let ledger = Ledger(setting("WORKER_LEDGER").into());
    let bot = Bot::builder(StateManager::new(store), ledger.clone())
        .channel(whatsapp.clone())
        .lease(LEASE)
        .send_timeout(Duration::from_secs(4))
        .poll(Duration::from_millis(100))
        .build()
        .unwrap();
    tokio::spawn(bot.clone().work());
    let parallel = setting("WORKER_PARALLEL").parse().unwrap();
    let address = serve(&bot, |webhook| {
        webhook.parallel(parallel).statuses_to(&whatsapp)
    })
    .await;
    let url = format!("http://{address}/webhook");
    let file = ledger.0.join(setting("WORKER_NAME"));
    std::fs::write(file.with_extension("part"), url).unwrap();
    std::fs::rename(file.with_extension("part"), file).unwrap();
    std::future::pending().await
}

/// A process, which ends with this handle.
pub struct Worker {
    child: Child,
    pub url: String,
}

impl Worker {
    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all workers share: a Redis, a Graph API, and a ledger.
pub struct Shared {
    pub redis: Server,
    pub graph: SimulatedGraph,
    pub ledger: Ledger,
}

impl Shared {
    pub async fn new(name: &str) -> Self {
        Self {
            redis: Server::start(),
            graph: SimulatedGraph::start().await.unwrap(),
            ledger: Ledger::new(name),
        }
    }

    /// Starts a worker that takes so many deliveries at the same time. It gets none yet.
    pub async fn start(&self, parallel: usize) -> Worker {
        let name = format!("worker-{}", CommitId::random());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "bot::worker::process", "--ignored"])
            .env("WORKER_REDIS", self.redis.raw_url())
            .env("WORKER_GRAPH", self.graph.url())
            .env("WORKER_LEDGER", &self.ledger.0)
            .env("WORKER_PARALLEL", parallel.to_string())
            .env("WORKER_NAME", &name)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let file = self.ledger.0.join(name);
        for _ in 0..LONG.as_millis() / 20 {
            if let Ok(url) = std::fs::read_to_string(&file) {
                return Worker { child, url };
            }
            assert!(child.try_wait().unwrap().is_none(), "the worker has failed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the worker did not start");
    }

    /// Starts two workers, which get the deliveries in turn.
    pub async fn start_two(&self, parallel: usize) -> [Worker; 2] {
        let workers = [self.start(parallel).await, self.start(parallel).await];
        for worker in &workers {
            self.send_to(worker);
        }
        workers
    }

    pub fn send_to(&self, worker: &Worker) {
        self.graph.webhook(&worker.url, secret());
    }

    /// What a user has read, in this order.
    pub fn texts(&self, user: &str) -> Vec<String> {
        shown(&self.graph, user)
    }

    /// Waits until this holds.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..LONG.as_millis() / 20 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let sent: Vec<_> = self.graph.sent().iter().map(SentMessage::text).collect();
        panic!("it never held; sent: {sent:?}");
    }
}
