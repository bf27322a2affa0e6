//! A server with the webhook's routes, and deliveries to it over real connections.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use vimbiso_state::bot::Bot;
use vimbiso_state::{CachedUser, MemoryStore, UserId};
use vimbiso_whatsapp::{AppSecret, Webhook};

use crate::kiosk::Kiosk;
use crate::world::{World, shown};

pub const VERIFY_TOKEN: &str = "my verify token";

pub fn secret() -> AppSecret {
    AppSecret::new("5f4dcc3b5aa765d61d8327deb882cf99").unwrap()
}

pub struct Server {
    pub address: SocketAddr,
    pub bot: Bot<Kiosk>,
    pub world: World,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|webhook| webhook).await
    }

    pub async fn with(settings: impl FnOnce(Webhook<Kiosk>) -> Webhook<Kiosk>) -> Self {
        let world = World::new().await;
        let bot = world.bot(MemoryStore::new());
        let address = serve(&bot, settings).await;
        Self {
            address,
            bot,
            world,
        }
    }

    /// Delivers these messages in one webhook.
    pub async fn deliver(&self, messages: &[Value]) -> u16 {
        post(self.address, &batch(messages)).await
    }

    pub async fn user(&self, id: &str) -> CachedUser<Kiosk> {
        self.bot.manager().load(&user(id)).await.unwrap()
    }

    pub async fn said(&self, id: &str) -> Vec<String> {
        self.user(id).await.data().said.clone()
    }

    /// What a user has read.
    pub fn shown(&self, id: &str) -> Vec<String> {
        shown(&self.world.graph, id)
    }

    pub async fn idle(&self, id: &str) {
        let user = user(id);
        let idle = self.bot.until_idle(&user, Duration::from_secs(20));
        assert!(idle.await.unwrap());
    }
}

/// Serves the webhook of this bot, and returns where.
pub async fn serve(
    bot: &Bot<Kiosk>,
    settings: impl FnOnce(Webhook<Kiosk>) -> Webhook<Kiosk>,
) -> SocketAddr {
    let webhook = Webhook::new(bot.clone(), secret(), VERIFY_TOKEN, |message| {
        message.content.answer().map(str::to_owned)
    });
    let routes = settings(webhook).router().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

pub fn user(id: &str) -> UserId {
    UserId::encode(id).unwrap()
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A text that was sent this many seconds ago.
pub fn text_ago(from: &str, id: &str, text: &str, ago: u64) -> Value {
    json!({
        "from": from,
        "id": id,
        "timestamp": (now() - ago).to_string(),
        "type": "text",
        "text": { "body": text },
    })
}

pub fn text(from: &str, id: &str, text: &str) -> Value {
    text_ago(from, id, text, 0)
}

pub fn value(fields: Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
    });
    let all = value.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    value
}

pub fn webhook_of(field: &str, fields: Value) -> String {
    let change = json!({ "field": field, "value": value(fields) });
    let entry = json!({ "id": "102290129340398", "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

pub fn batch(messages: &[Value]) -> String {
    webhook_of("messages", json!({ "messages": messages }))
}

pub async fn post(address: SocketAddr, body: &str) -> u16 {
    let signature = secret().sign(body.as_bytes());
    post_with(
        address,
        body,
        &format!("X-Hub-Signature-256: {signature}\r\n"),
    )
    .await
}

pub async fn post_with(address: SocketAddr, body: &str, headers: &str) -> u16 {
    let mut stream = begin(address, body, headers).await;
    status_of(&mut stream).await.0
}

/// Sends a whole request, and reads nothing.
pub async fn begin(address: SocketAddr, body: &str, headers: &str) -> TcpStream {
    let length = body.len();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may have answered already.
    let _ = stream.write_all(body.as_bytes()).await;
    stream
}

pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    status_of(&mut stream).await
}

pub async fn status_of(stream: &mut TcpStream) -> (u16, String) {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
        }
    }
    let answer = String::from_utf8(answer).unwrap();
    let status = answer
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .parse()
        .unwrap_or(0);
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned());
    (status, body.unwrap_or_default())
}

/// Waits until this holds.
pub async fn until(holds: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to hold within 5 s");
}
