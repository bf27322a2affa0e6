//! A conversation with the kiosk on WhatsApp, and what the operator sees of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use vimbiso_state::bot::{Bot, Inbound, Report};
use vimbiso_state::{MemoryStore, MessageId, UserId};
use vimbiso_whatsapp::WhatsApp;
use vimbiso_whatsapp::channel::Alert;
use vimbiso_whatsapp::simulated::{SentMessage, SimulatedGraph};
use vimbiso_whatsapp::webhook::{Event, parse};

use crate::kiosk::Kiosk;
use crate::server::{secret, serve};
use crate::world::{USER, World};

pub struct Talk {
    pub graph: SimulatedGraph,
    pub whatsapp: WhatsApp,
    pub bot: Bot<Kiosk>,
    pub user: UserId,
    alerts: Arc<Mutex<Vec<Alert>>>,
    rejected: Arc<Mutex<Vec<String>>>,
}

/// A text of three parts.
pub fn long() -> String {
    format!("{}end", "news ".repeat(2_000))
}

impl Talk {
    pub async fn new() -> Self {
        let world = World::new().await;
        let alerts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&alerts);
        let whatsapp = world
            .whatsapp()
            .on_alert(move |alert| seen.lock().unwrap().push(alert.clone()));
        let rejected = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&rejected);
        let bot = world
            .builder(MemoryStore::new(), &whatsapp)
            .on_report(move |report| {
                if let Report::Rejected { reason, .. } = report {
                    seen.lock().unwrap().push(reason.clone());
                }
            })
            .build()
            .unwrap();
        tokio::spawn(bot.clone().work());
        Self {
            graph: world.graph,
            whatsapp,
            bot,
            user: UserId::new(USER).unwrap(),
            alerts,
            rejected,
        }
    }

    /// Lets the webhooks of the Graph API come to the bot, and the statuses to the channel.
    pub async fn with_statuses(self) -> Self {
        let address = serve(&self.bot, |webhook| webhook.statuses_to(&self.whatsapp)).await;
        let url = format!("http://{address}/webhook");
        self.graph.webhook(url, secret());
        self
    }

    /// Brings a status past the webhook.
    pub fn status(&self, callback_data: &str, state: &str, code: Option<i64>) {
        let errors = code.map(|code| serde_json::json!({ "code": code }));
        let status = serde_json::json!({
            "status": state, "biz_opaque_callback_data": callback_data,
            "errors": Vec::from_iter(errors),
        });
        let body = serde_json::json!({ "entry": [{ "changes": [{ "value": {
            "statuses": [status],
        }}]}]});
        for event in parse(body.to_string().as_bytes()).unwrap() {
            if let Event::Status(status) = event {
                self.whatsapp.status(&status);
            }
        }
    }

    /// Says this, and waits until all that follows is done.
    pub async fn say(&self, text: &str) {
        self.begin(text).await;
        self.idle().await;
    }

    pub async fn begin(&self, text: &str) {
        let id = format!("wamid.{}", vimbiso_state::CommitId::random());
        let message = MessageId::new(id).unwrap();
        let inbound = Inbound::new(self.user.clone(), message, text.to_owned());
        self.bot.handle(inbound).await.unwrap();
    }

    pub async fn idle(&self) {
        let idle = self.bot.until_idle(&self.user, Duration::from_secs(20));
        assert!(idle.await.unwrap());
    }

    pub fn texts(&self) -> Vec<String> {
        self.graph.sent().iter().map(SentMessage::text).collect()
    }

    pub fn alerts(&self) -> Vec<Alert> {
        self.alerts.lock().unwrap().clone()
    }

    pub fn rejected(&self) -> Vec<String> {
        self.rejected.lock().unwrap().clone()
    }
}
