//! A client that keeps its connection: as little as a load balancer before the bot does.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::conversation::secret;

/// The bytes of a request: a signed webhook with this text of these users.
pub fn delivery(users: std::ops::Range<usize>, text: &str) -> Vec<u8> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let messages: Vec<_> = users
        .map(|user| {
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            json!({
                "from": format!("2637710{user:05}"), "id": format!("wamid.{id:040}"),
                "timestamp": now.as_secs().to_string(), "type": "text", "text": { "body": text },
            })
        })
        .collect();
    let metadata = json!({ "phone_number_id": "106540352242922" });
    let value = json!({ "metadata": metadata, "messages": messages });
    let change = json!({ "field": "messages", "value": value });
    let entry = json!({ "id": "1", "changes": [change] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string();
    let signature = secret().sign(body.as_bytes());
    let length = body.len();
    format!(
        "POST /webhook HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n\
         X-Hub-Signature-256: {signature}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub struct Connection(TcpStream);

impl Connection {
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// The status of the answer, which has no body.
    pub async fn post(&mut self, request: &[u8]) -> u16 {
        self.0.write_all(request).await.unwrap();
        let mut answer = Vec::with_capacity(512);
        while !answer.ends_with(b"\r\n\r\n") {
            let read = self.0.read_buf(&mut answer).await.unwrap();
            assert!(read > 0, "the connection has ended");
        }
        let status = std::str::from_utf8(&answer[9..12]).unwrap();
        status.parse().unwrap()
    }
}
