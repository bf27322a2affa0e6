//! What is outside the bot: a bank, and a Graph API with the phones of its users.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::bot::{Bot, BotBuilder, CallAnswer, Service};
use vimbiso_state::id::CallKey;
use vimbiso_state::{StateManager, StateStore, UserId};
use vimbiso_whatsapp::simulated::{SentMessage, SimulatedGraph};
use vimbiso_whatsapp::{Client, WhatsApp};

use crate::kiosk::{Answered, Kiosk};

pub const USER: &str = "263771234567";
pub const TOKEN: &str = "the token";

/// What the kiosk asks.
#[derive(Debug, Clone, Default)]
pub struct Bank(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    paid: Vec<u32>,
    is_closed: bool,
}

impl Bank {
    pub fn paid(&self) -> Vec<u32> {
        self.0.lock().unwrap().paid.clone()
    }

    pub fn close(&self, is_closed: bool) {
        self.0.lock().unwrap().is_closed = is_closed;
    }
}

/// How long a look-up takes.
pub async fn look_up(query: &str) {
    if query.starts_with("slow") {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
}

#[async_trait]
impl Service<Kiosk> for Bank {
    async fn look_up(&self, _: &UserId, query: String) -> bool {
        look_up(&query).await;
        true
    }

    async fn perform(&self, _: &UserId, _: CallKey, cents: &u32) -> Answered {
        let mut account = self.0.lock().unwrap();
        if account.is_closed {
            return Err("closed".into());
        }
        account.paid.push(*cents);
        Ok(CallAnswer::done(()))
    }

    async fn outcome_of(&self, _: &UserId, _: CallKey, _: &u32) -> Answered {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }
}

pub struct World {
    pub bank: Bank,
    pub graph: SimulatedGraph,
}

impl World {
    pub async fn new() -> Self {
        let graph = SimulatedGraph::start().await.unwrap();
        graph.accept_token(TOKEN);
        Self {
            bank: Bank::default(),
            graph,
        }
    }

    pub fn whatsapp(&self) -> WhatsApp {
        WhatsApp::new(client(&self.graph))
    }

    pub fn builder(
        &self,
        store: impl StateStore + 'static,
        whatsapp: &WhatsApp,
    ) -> BotBuilder<Kiosk> {
        let bot = Bot::builder(StateManager::new(store), self.bank.clone());
        bot.channel(whatsapp.clone())
            .poll(Duration::from_millis(20))
    }

    pub fn bot(&self, store: impl StateStore + 'static) -> Bot<Kiosk> {
        let bot = self.builder(store, &self.whatsapp()).build().unwrap();
        tokio::spawn(bot.clone().work());
        bot
    }
}

pub fn client(graph: &SimulatedGraph) -> Client {
    let client = Client::builder("106540352242922", TOKEN).graph_url(graph.url());
    client.timeout(Duration::from_secs(1)).build().unwrap()
}

/// What a user has read, in this order.
pub fn shown(graph: &SimulatedGraph, user: &str) -> Vec<String> {
    let sent = graph.sent();
    let of_user = sent.iter().filter(|message| message.to == user);
    of_user.map(SentMessage::text).collect()
}
