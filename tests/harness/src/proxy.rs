//! A network with mishaps: a TCP proxy on loopback between a store and its server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What happens to what comes by next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// The request is swallowed, and all after it on this connection.
    RequestLost,
    /// Half of the request arrives, then the connection is closed.
    RequestTorn,
    /// The request arrives so much later.
    RequestLate(Duration),
    /// The request, and all after it on this connection, arrives when it is [let go](Proxy::let_go), whatever the client has done
    /// meanwhile.
    RequestHeld,
    /// The reply is swallowed, and all after it on this connection.
    ReplyLost,
    /// The connection is closed instead of the reply.
    ReplyCut,
    /// Half of the reply arrives, then the connection is closed.
    ReplyTorn,
    /// The reply comes so much later.
    ReplyLate(Duration),
    /// Something else comes instead of the reply.
    Garbage(&'static [u8]),
}

impl Mishap {
    fn on_the_way_back(self) -> bool {
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

/// Where it leads, and what happens on the way.
struct Way {
    port: AtomicU16,
    plan: Mutex<Plan>,
    gate: Notify,
}

/// The proxy. It ends with this handle.
pub struct Proxy {
    address: SocketAddr,
    way: Arc<Way>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(Way {
            port: port.into(),
            plan: Mutex::default(),
            gate: Notify::new(),
        });
        let shared = Arc::clone(&way);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                shared.plan.lock().unwrap().connections += 1;
                connections.spawn(serve(client, Arc::clone(&shared)));
            }
        });
        Self { address, way, task }
    }

    /// Leads new connections to another port; at 0 nobody listens. Those that stand are left alone.
    pub fn lead_to(&self, port: u16) {
        self.way.port.store(port, Ordering::SeqCst);
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// One mishap, to whatever comes by first.
    pub fn once(&self, mishap: Mishap) {
        *self.way.plan.lock().unwrap() = Plan {
            next: Some(mishap),
            always: false,
            connections: 0,
        };
    }

    /// The same mishap every time, until [`heal`](Self::heal).
    pub fn always(&self, mishap: Mishap) {
        *self.way.plan.lock().unwrap() = Plan {
            next: Some(mishap),
            always: true,
            connections: 0,
        };
    }

    pub fn heal(&self) {
        self.way.plan.lock().unwrap().next = None;
    }

    /// Lets go of one connection's requests, of those that are held or will be.
    pub fn let_go(&self) {
        self.way.gate.notify_one();
    }

    /// Whether the planned mishap has happened.
    pub fn has_struck(&self) -> bool {
        self.way.plan.lock().unwrap().next.is_none()
    }

    /// How many connections came since the last plan.
    pub fn connections(&self) -> u32 {
        self.way.plan.lock().unwrap().connections
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, way: Arc<Way>) {
    let port = way.port.load(Ordering::SeqCst);
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    // Nothing is carried to where the way no longer leads.
    if way.port.load(Ordering::SeqCst) != port {
        return;
    }
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // The first side to end ends both, so that a closed connection is seen as one.
    tokio::select! {
        () = carry(from_client, to_server, &way, false) => {}
        () = carry(from_server, to_client, &way, true) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: &Way, back: bool) {
    let mut bytes = vec![0; 1 << 17];
    let mut swallow = false;
    loop {
        let read = match from.read(&mut bytes).await {
            Ok(read @ 1..) => &bytes[..read],
            _ => return,
        };
        if swallow {
            continue;
        }
        let mishap = {
            let mut plan = way.plan.lock().unwrap();
            let strikes = plan.next.filter(|mishap| mishap.on_the_way_back() == back);
            if strikes.is_some() && !plan.always {
                plan.next = None;
            }
            strikes
        };
        match mishap {
            None => {}
            Some(Mishap::RequestLost | Mishap::ReplyLost) => {
                swallow = true;
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
            Some(Mishap::RequestHeld) => way.gate.notified().await,
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
