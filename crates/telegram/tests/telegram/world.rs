//! A shop on the simulated Bot API, with a webhook on loopback or a poller.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vimbiso_state::bot::Bot;
use vimbiso_state::{MemoryStore, StateManager};
use vimbiso_telegram::simulated::{SentMessage, SimulatedApi};
use vimbiso_telegram::{Client, PollError, Telegram, Token, WebhookSecret};

use crate::shop::{Shop, Till};

pub const LONG: Duration = Duration::from_secs(20);
pub const SECRET: &str = "s3cret-of-the-webhook";
pub const TOKEN: &str = "123456:AAtokenThatNobodyMayRead_-42";

pub struct World {
    pub api: SimulatedApi,
    pub till: Till,
    pub bot: Bot<Shop>,
    pub telegram: Telegram<Shop>,
}

/// What Telegram is, seen from the webhook.
pub async fn post(url: &str, secret: Option<&str>, body: impl Into<reqwest::Body>) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider);
    let tls = tls.with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty());
    let http = reqwest::Client::builder().tls_backend_preconfigured(tls.with_no_client_auth());
    let mut request = http.build().unwrap().post(url).body(body);
    if let Some(secret) = secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    request.send().await.unwrap().status().as_u16()
}

pub fn client(api_url: &str) -> Client {
    client_of(api_url, TOKEN)
}

pub fn client_of(api_url: &str, token: &str) -> Client {
    let token = Token::new(token).unwrap();
    let builder = Client::builder(token).base_url(api_url);
    builder.timeout(Duration::from_secs(1)).build().unwrap()
}

pub async fn api() -> SimulatedApi {
    SimulatedApi::start(Token::new(TOKEN).unwrap())
        .await
        .unwrap()
}

impl World {
    pub async fn new() -> Self {
        Self::on(MemoryStore::new()).await
    }

    pub async fn on(store: MemoryStore) -> Self {
        let api = api().await;
        let till = Till::default();
        let client = client(&api.url());
        let manager = StateManager::<Shop>::new(store);
        let bot = Bot::builder(manager, till.clone())
            .channel(client.clone())
            .poll(Duration::from_millis(50))
            .build()
            .unwrap();
        tokio::spawn(bot.clone().work());
        let telegram = Telegram::new(bot.clone(), client).unwrap();
        Self {
            api,
            till,
            bot,
            telegram,
        }
    }

    /// Serves the webhook, without telling the API. Returns its URL.
    pub async fn serve(&self) -> String {
        serve(&self.telegram).await
    }

    /// Serves the webhook, and tells the API.
    pub async fn with_webhook(&self) -> String {
        let url = self.serve().await;
        let secret = WebhookSecret::new(SECRET).unwrap();
        let client = client(&self.api.url());
        client.set_webhook(&url, &secret, 40).await.unwrap();
        url
    }

    pub fn poll(&self) -> JoinHandle<Result<(), PollError>> {
        let telegram = self.telegram.clone();
        tokio::spawn(async move { telegram.poll(std::future::pending()).await })
    }

    /// The presses that are answered, once there are so many.
    pub async fn answered(&self, at_least: usize) -> Vec<String> {
        let end = tokio::time::Instant::now() + LONG;
        while self.api.answered().len() < at_least {
            assert!(tokio::time::Instant::now() < end, "not answered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.api.answered()
    }

    pub async fn texts(&self, at_least: usize) -> Vec<String> {
        let sent = self.api.sent_at_least(at_least, LONG).await;
        sent.into_iter()
            .map(|sent: SentMessage| sent.text)
            .collect()
    }
}

pub async fn serve(telegram: &Telegram<Shop>) -> String {
    let router = telegram.webhook(WebhookSecret::new(SECRET).unwrap());
    let app = axum::Router::new().nest("/telegram", router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/telegram")
}
