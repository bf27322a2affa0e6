//! A worker: a bot in a runtime of its own, so that it can be killed as a process can.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::runtime::{Builder, Handle, Runtime};
use tower::ServiceExt as _;
use vimbiso_state::StateStore;
use vimbiso_whatsapp::{AppSecret, Client, WhatsApp};
use vimbisopay::program::BoxError;
use vimbisopay::simulated::SimulatedApi;
use vimbisopay::{ApiService, Bot, StateManager};

use super::channel::{Gate, GatedChannel};
use super::{LEASE, PHONE_NUMBER_ID};

const VERIFY_TOKEN: &str = "a simulated verify token";

/// What all workers share: as processes they would share the store and the two APIs.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) store: Arc<dyn StateStore>,
    pub(super) ttl: Duration,
    pub(super) api: Arc<SimulatedApi>,
    pub(super) graph_url: String,
    pub(super) app_secret: AppSecret,
    pub(super) gate: Gate,
}

pub(super) struct Worker {
    pub(super) number: u32,
    pub(super) bot: Bot,
    routes: WorkerRoutes,
    /// `None` while it is dropped.
    runtime: Option<Runtime>,
}

/// Ends all that it does, wherever that is.
impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The webhook of a worker, which runs in the worker's runtime.
#[derive(Clone)]
pub(super) struct WorkerRoutes {
    router: Router,
    handle: Handle,
}

impl Worker {
    pub(super) fn start(number: u32, setup: &Setup) -> Result<Self, BoxError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(format!("worker {number}"))
            .enable_all()
            .build()?;
        // Its own session cache, as another process has.
        let manager = StateManager::builder(Arc::clone(&setup.store))
            .ttl(setup.ttl)
            .build()?;
        let client = Client::builder(PHONE_NUMBER_ID, "a simulated access token")
            .graph_url(&setup.graph_url)
            .build()?;
        let whatsapp = WhatsApp::new(client);
        let channel = GatedChannel {
            whatsapp: whatsapp.clone(),
            gate: setup.gate.clone(),
        };
        let bot = Bot::builder(manager, ApiService::new(setup.api.clone()))
            .channel(channel)
            .lease(LEASE)
            // Longer than the slow calls of the page.
            .call_timeout(LEASE * 9 / 10)
            .poll(Duration::from_millis(200))
            .build()?;
        let router = crate::routes::webhook(
            &bot,
            &whatsapp,
            setup.app_secret.clone(),
            VERIFY_TOKEN,
            PHONE_NUMBER_ID,
        )?;
        runtime.spawn(bot.clone().work());
        Ok(Self {
            number,
            bot,
            routes: WorkerRoutes {
                router,
                handle: runtime.handle().clone(),
            },
            runtime: Some(runtime),
        })
    }

    pub(super) fn routes(&self) -> WorkerRoutes {
        self.routes.clone()
    }
}

impl WorkerRoutes {
    /// Hands a request to the worker. 503 if it dies meanwhile.
    pub(super) async fn request(self, request: Request<Body>) -> Response {
        let answer = self.handle.spawn(self.router.oneshot(request));
        match answer.await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}
