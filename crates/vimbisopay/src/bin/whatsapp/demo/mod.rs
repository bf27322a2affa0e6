//! The chat page: a phone, a simulated Graph API, and workers that can be killed.

mod channel;
mod events;
mod pages;
mod phone;
mod state;
mod worker;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio::net::TcpListener;
use vimbiso_state::{StateStore, UserId};
use vimbiso_whatsapp::AppSecret;
use vimbiso_whatsapp::simulated::SimulatedGraph;
use vimbisopay::StateManager;
use vimbisopay::program::BoxError;
use vimbisopay::simulated::SimulatedApi;

use channel::Gate;
use events::Log;
use phone::Switches;
use worker::{Setup, Worker};

/// The user on the phone.
const USER: &str = "263771234567";
/// The phone number of the bot, as the webhooks name it.
const PHONE_NUMBER_ID: &str = "106540352242922";
const APP_SECRET: &str = "the-secret-of-a-simulated-app";

/// After this time, another worker does what a killed one has left: the shortest that a bot takes.
const LEASE: Duration = Duration::from_secs(5);

/// What the requests of the page share.
struct Demo {
    user: UserId,
    setup: Setup,
    manager: StateManager,
    graph: SimulatedGraph,
    log: Log,
    inner: Mutex<Inner>,
}

struct Inner {
    worker: Worker,
    switches: Switches,
    /// Whether the last message was held back.
    was_held: bool,
    /// When the session expires, if no other message comes.
    expires_at: Option<SystemTime>,
    /// When the lease of the killed worker ends.
    lease_ends: Option<SystemTime>,
}

impl Demo {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, text: impl Into<String>) {
        self.log.push(json!({"kind": "note", "text": text.into()}));
    }

    /// Ends the worker of this number as a crash does, between the commit and what follows from it,
    /// and starts another one; unless it was killed before, or is to live on.
    fn kill_worker(&self, number: u32) -> Result<(), BoxError> {
        let mut inner = self.lock();
        if inner.worker.number != number || !inner.switches.kill {
            return Ok(());
        }
        let next = Worker::start(number + 1, &self.setup)?;
        let killed = std::mem::replace(&mut inner.worker, next);
        inner.switches.kill = false;
        inner.lease_ends = Some(SystemTime::now() + LEASE);
        drop(inner);
        drop(killed);
        self.setup.api.lose_answers(false);
        self.setup.gate.open();
        self.note(format!(
            "💥 Worker {number} was killed after its commit, before you read anything. Worker {} \
             takes over when the lease ends, in {} s.",
            number + 1,
            LEASE.as_secs(),
        ));
        Ok(())
    }
}

/// Serves the page, the webhook and the health check until the program is to end.
pub(crate) async fn serve(
    listener: TcpListener,
    store: Arc<dyn StateStore>,
    manager: StateManager,
    api: Arc<SimulatedApi>,
    ttl: Duration,
) -> Result<(), BoxError> {
    let address = listener.local_addr()?;
    let graph = SimulatedGraph::start().await?;
    let app_secret = AppSecret::new(APP_SECRET)?;
    graph.webhook(format!("http://{address}/webhook"), app_secret.clone());
    let setup = Setup {
        store,
        ttl,
        api,
        graph_url: graph.url().to_owned(),
        app_secret,
        gate: Gate::default(),
    };
    let worker = Worker::start(1, &setup)?;
    let demo = Arc::new(Demo {
        user: UserId::new(USER)?,
        setup,
        manager: manager.clone(),
        graph,
        log: Log::new(),
        inner: Mutex::new(Inner {
            worker,
            switches: Switches::default(),
            was_held: false,
            expires_at: None,
            lease_ends: None,
        }),
    });
    tokio::spawn(phone::receive(Arc::clone(&demo)));
    let routes = pages::routes(demo).merge(crate::routes::health(manager));
    println!("There are no credentials: the Graph API is simulated.");
    println!("Webhook:   http://{address}/webhook");
    println!("Health:    http://{address}/healthz");
    println!("Chat page: http://{address}/");
    // Without a graceful end: a page that is open never closes its stream.
    tokio::select! {
        served = async { axum::serve(listener, routes).await } => Ok(served?),
        () = crate::ended() => Ok(()),
    }
}
