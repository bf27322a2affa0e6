//! A proxy that reads the protocol, such as providers have before their servers: it answers some
//! commands by itself.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a command. A text is that of an error reply, without the `-` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is answered, and the server never sees it.
    Refused(&'static str),
    /// The server carries it out, and its reply is replaced.
    Replaced(&'static str),
    /// The connection is closed.
    HangUp,
}

#[derive(Default)]
struct Shared {
    rules: Vec<(&'static str, Verdict)>,
    seen: BTreeSet<String>,
}

/// A gateway, which ends with this handle.
pub struct Gateway {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Gateway {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Mutex<Shared>>::default();
        let of_task = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&of_task);
                connections.spawn(async move {
                    let _ = serve(client, port, &shared).await;
                });
            }
        });
        Self {
            address,
            shared,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Treats these commands so, from now on.
    pub fn rule(&self, commands: &[&'static str], verdict: Verdict) {
        let rules = commands.iter().map(|command| (*command, verdict));
        self.shared.lock().unwrap().rules = rules.collect();
    }

    /// Passes everything from now on.
    pub fn heal(&self) {
        self.shared.lock().unwrap().rules.clear();
    }

    /// The names of all commands that came.
    pub fn seen(&self) -> BTreeSet<String> {
        self.shared.lock().unwrap().seen.clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, port: u16, shared: &Mutex<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut from_client = BufReader::new(from_client);
    let mut from_server = BufReader::new(from_server);
    loop {
        let request = tokio::select! {
            request = message(&mut from_client) => request?,
            // A server says nothing by itself, so it has closed the connection.
            _ = from_server.fill_buf() => return Ok(()),
        };
        // `*3 $7 EVALSHA …`, each on a line.
        let name = request.split(|byte| *byte == b'\n').nth(2);
        let name = String::from_utf8_lossy(name.unwrap_or_default());
        let name = name.trim().to_ascii_uppercase();
        let verdict = {
            let mut shared = shared.lock().unwrap();
            let verdict = shared.rules.iter().find(|(command, _)| *command == name);
            let verdict = verdict.map(|(_, verdict)| *verdict);
            shared.seen.insert(name);
            verdict
        };
        let reply = match verdict {
            Some(Verdict::HangUp) => return Ok(()),
            Some(Verdict::Refused(text)) => error_reply(text),
            Some(Verdict::Replaced(text)) => {
                to_server.write_all(&request).await?;
                message(&mut from_server).await?;
                error_reply(text)
            }
            None => {
                to_server.write_all(&request).await?;
                message(&mut from_server).await?
            }
        };
        to_client.write_all(&reply).await?;
    }
}

fn error_reply(text: &str) -> Vec<u8> {
    format!("-{text}\r\n").into_bytes()
}

/// One request or reply, as it is written.
async fn message(from: &mut BufReader<OwnedReadHalf>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut values = 1;
    while values > 0 {
        let begin = bytes.len();
        if from.read_until(b'\n', &mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&bytes[begin..]).into_owned();
        let (kind, count) = line.trim_end().split_at(1);
        let count: i64 = count.parse().unwrap_or(0);
        values -= 1;
        match kind {
            "*" | "~" | ">" => values += count.max(0),
            "%" => values += count.max(0) * 2,
            // A length and as many bytes, with the end of the line.
            "$" | "=" | "!" if count >= 0 => {
                let end = bytes.len();
                bytes.resize(end + usize::try_from(count).unwrap() + 2, 0);
                from.read_exact(&mut bytes[end..]).await?;
            }
            _ => {}
        }
    }
    Ok(bytes)
}
