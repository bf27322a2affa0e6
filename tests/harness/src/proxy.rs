//! A faulty network: a TCP proxy on loopback between a store and its server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What happens to the next request or reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The request is lost, and everything after it on this connection.
    RequestLost,
    /// Half of the request arrives, then the connection is closed.
    RequestTorn,
    /// The request arrives this much later.
    RequestLate(Duration),
    /// The request, and everything after it on this connection, arrives when it is
    /// [let go](Proxy::let_go), even if the client is gone by then.
    RequestHeld,
    /// The reply is lost, and everything after it on this connection.
    ReplyLost,
    /// The connection is closed before the reply.
    ReplyCut,
    /// Half of the reply arrives, then the connection is closed.
    ReplyTorn,
    /// The reply arrives this much later.
    ReplyLate(Duration),
    /// These bytes arrive instead of the reply.
    Garbage(&'static [u8]),
}

impl Mishap {
    fn is_of_replies(self) -> bool {
        !matches!(
            self,
            Self::RequestLost | Self::RequestTorn | Self::RequestLate(_) | Self::RequestHeld
        )
    }
}

#[derive(Debug, Default)]
struct Plan {
    next: Option<Mishap>,
    always: bool,
    connections: u32,
}

/// Where the proxy leads, and what it does to requests and replies.
struct Route {
    port: AtomicU16,
    plan: Mutex<Plan>,
    gate: Notify,
}

/// A proxy, which ends with this handle.
pub struct Proxy {
    address: SocketAddr,
    route: Arc<Route>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let route = Arc::new(Route {
            port: port.into(),
            plan: Mutex::default(),
            gate: Notify::new(),
        });
        let shared = Arc::clone(&route);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                shared.plan.lock().unwrap().connections += 1;
                connections.spawn(serve(client, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            route,
            task,
        }
    }

    /// Leads new connections to another port; if it is 0, they are refused. Open connections stay.
    pub fn lead_to(&self, port: u16) {
        self.route.port.store(port, Ordering::SeqCst);
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Plans a mishap for the next request or reply.
    pub fn once(&self, mishap: Mishap) {
        *self.route.plan.lock().unwrap() = Plan {
            next: Some(mishap),
            always: false,
            connections: 0,
        };
    }

    /// Plans a mishap for every request or reply until [`heal`](Self::heal).
    pub fn always(&self, mishap: Mishap) {
        *self.route.plan.lock().unwrap() = Plan {
            next: Some(mishap),
            always: true,
            connections: 0,
        };
    }

    /// Drops the plan.
    pub fn heal(&self) {
        self.route.plan.lock().unwrap().next = None;
    }

    /// Lets the requests of one connection go that are [held](Mishap::RequestHeld), or the next
    /// that are.
    pub fn let_go(&self) {
        self.route.gate.notify_one();
    }

    /// Whether the planned mishap has happened.
    pub fn has_struck(&self) -> bool {
        self.route.plan.lock().unwrap().next.is_none()
    }

    /// How many connections were opened since the last plan.
    pub fn connections(&self) -> u32 {
        self.route.plan.lock().unwrap().connections
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, route: Arc<Route>) {
    let port = route.port.load(Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    // `lead_to` was called meanwhile: this connection would be one to the port before.
    if route.port.load(Ordering::SeqCst) != port {
        return;
    }
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // If one side closes the connection, the other side sees it closed too.
    tokio::select! {
        () = carry(from_client, to_server, &route, false) => {}
        () = carry(from_server, to_client, &route, true) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, route: &Route, is_reply: bool) {
    let mut bytes = vec![0; 1 << 17];
    let mut lost = false;
    loop {
        let read = match from.read(&mut bytes).await {
            Ok(read @ 1..) => &bytes[..read],
            _ => return,
        };
        if lost {
            continue;
        }
        let mishap = {
            let mut plan = route.plan.lock().unwrap();
            let mishap = plan.next.filter(|next| next.is_of_replies() == is_reply);
            if mishap.is_some() && !plan.always {
                plan.next = None;
            }
            mishap
        };
        match mishap {
            None => {}
            Some(Mishap::RequestLost | Mishap::ReplyLost) => {
                lost = true;
                continue;
            }
            Some(Mishap::RequestTorn | Mishap::ReplyTorn) => {
                let _ = to.write_all(&read[..read.len() / 2]).await;
                return;
            }
            Some(Mishap::ReplyCut) => return,
            Some(Mishap::RequestLate(late) | Mishap::ReplyLate(late)) => {
                tokio::time::sleep(late).await
            }
            Some(Mishap::RequestHeld) => route.gate.notified().await,
            Some(Mishap::Garbage(garbage)) => {
                let _ = to.write_all(garbage).await;
                continue;
            }
        }
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}
