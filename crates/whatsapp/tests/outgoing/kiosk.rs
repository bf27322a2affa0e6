//! A kiosk on WhatsApp: it repeats what it is told, offers menus, and sells by a call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use vimbiso_state::bot::{Bot, CallAnswer, Conversation, Inbound, Next, Outcome, Report, Service};
use vimbiso_state::flow::{NoChoice, OneStage};
use vimbiso_state::id::CallKey;
use vimbiso_state::{Answer, Error, Flow, MemoryStore, MessageId, StateManager, Turn, UserId};
use vimbiso_whatsapp::channel::Alert;
use vimbiso_whatsapp::simulated::{SentMessage, SimulatedGraph};
use vimbiso_whatsapp::webhook::{Event, parse};
use vimbiso_whatsapp::{AppSecret, Client, Message, Template, Webhook, WhatsApp};

pub const USER: &str = "263771234567";
pub const TOKEN: &str = "the token";

pub struct Kiosk;

impl Flow for Kiosk {
    const NAME: &'static str = "kiosk";
    type Stage = OneStage;
    type Choice = NoChoice;
    type Data = BTreeMap<String, u32>;
}

impl Conversation for Kiosk {
    type Input = String;
    type Reply = Message;
    type Query = ();
    type Fact = ();
    type Call = u32;
    type Receipt = u32;

    fn decide(turn: &mut Turn<Self>, text: &String, _: &[()]) -> Result<Next<Self>, Error> {
        if turn.question().is_some() && turn.answer(text) == Answer::Open("buy") {
            return Ok(Next::Call(3));
        }
        Ok(Next::Reply(match text.as_str() {
            "menu" => {
                let question = turn.ask();
                Message::new("Buy a paper?")
                    .option(question.button("buy"), "Buy")
                    .option(question.button("leave"), "Leave")
                    .replaceable()
            }
            // Three parts.
            "long" => Message::new(format!("{}end", "news ".repeat(2_000))),
            "blank" => Message::new(" "),
            text => Message::new(text),
        }))
    }

    fn still_pending(_: &u32) -> Message {
        Message::new("One at a time.")
    }

    fn is_replaceable(message: &Message) -> bool {
        message.is_replaceable()
    }

    fn told(_: &u32, outcome: &Outcome<u32>) -> Message {
        let Outcome::Done(receipt) = outcome else {
            return Message::new("Not bought.");
        };
        let template = Template::new("bought", "en").parameter(format!("receipt {receipt}"));
        Message::new(format!("Bought, receipt {receipt}.")).template(template)
    }
}

struct Till;

#[async_trait]
impl Service<Kiosk> for Till {
    async fn look_up(&self, _: &UserId, (): ()) {}

    async fn perform(
        &self,
        _: &UserId,
        _: CallKey,
        price: &u32,
    ) -> Result<CallAnswer<u32>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::done(price + 4))
    }

    async fn outcome_of(
        &self,
        _: &UserId,
        _: CallKey,
        _: &u32,
    ) -> Result<CallAnswer<u32>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(CallAnswer::not_found())
    }

    fn repeat_for(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// A worker on the kiosk, and what WhatsApp and the operator see of it.
pub struct Talk {
    pub graph: SimulatedGraph,
    pub whatsapp: WhatsApp,
    pub bot: Bot<Kiosk>,
    pub store: MemoryStore,
    pub alerts: Arc<Mutex<Vec<Alert>>>,
    pub rejected: Arc<Mutex<Vec<String>>>,
    pub user: UserId,
}

pub fn client(graph: &SimulatedGraph) -> Client {
    let client = Client::builder("106540352242922", TOKEN).graph_url(graph.url());
    client.timeout(Duration::from_millis(300)).build().unwrap()
}

impl Talk {
    pub async fn new() -> Self {
        let graph = SimulatedGraph::start().await.unwrap();
        graph.accept_token(TOKEN);
        let alerts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&alerts);
        let whatsapp = WhatsApp::new(client(&graph))
            .on_alert(move |alert| seen.lock().unwrap().push(alert.clone()));
        let rejected = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&rejected);
        let store = MemoryStore::new();
        let manager = StateManager::<Kiosk>::new(store.clone());
        let bot = Bot::builder(manager, Till)
            .channel(whatsapp.clone())
            .poll(Duration::from_millis(10))
            .on_report(move |report| {
                if let Report::Rejected { reason, .. } = report {
                    seen.lock().unwrap().push(reason.clone());
                }
            })
            .build()
            .unwrap();
        tokio::spawn(bot.clone().work());
        Self {
            graph,
            whatsapp,
            bot,
            store,
            alerts,
            rejected,
            user: UserId::new(USER).unwrap(),
        }
    }

    /// Lets the webhooks of the Graph API come to the bot, and the statuses to the channel.
    pub async fn with_statuses(self) -> Self {
        let secret = AppSecret::new("secret").unwrap();
        let webhook = Webhook::new(self.bot.clone(), secret.clone(), "token", |message| {
            message.content.answer().map(str::to_owned)
        });
        let routes = webhook.statuses_to(&self.whatsapp).router().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        self.graph.webhook(url, secret);
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
        idle.await.unwrap();
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

/// Waits until this holds, for 5 s at most.
pub async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never held");
}
