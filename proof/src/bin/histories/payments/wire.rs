//! How the processes of a history speak to each other: one line of JSON each way on a connection of
//! its own. And the files that they append to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Milliseconds since 1970: all processes of a history run on one machine.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// Asks a process on this port. Any error after the connection is made leaves open if the question
/// has arrived.
pub async fn ask<A: DeserializeOwned>(port: u16, question: &impl Serialize) -> io::Result<A> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&line(question)?).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

/// Listens on a free port, and prints it for the parent process.
pub async fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(listener)
}

/// Answers each question in a task of its own. If there is no answer, the connection is closed.
pub async fn serve<Q, A, F>(
    listener: TcpListener,
    answer: impl Fn(Q) -> F + Send + Sync + 'static,
) -> io::Result<()>
where
    Q: DeserializeOwned + Send + 'static,
    A: Serialize + Send,
    F: Future<Output = Option<A>> + Send,
{
    let answer = Arc::new(answer);
    loop {
        let (stream, _) = listener.accept().await?;
        let answer = Arc::clone(&answer);
        tokio::spawn(async move {
            // An error means that the other side is gone.
            let _ = serve_one(stream, &*answer).await;
        });
    }
}

async fn serve_one<Q, A, F>(stream: TcpStream, answer: impl Fn(Q) -> F) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Option<A>>,
{
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut question = String::new();
    stream.read_line(&mut question).await?;
    if let Some(answer) = answer(serde_json::from_str(&question)?).await {
        stream.write_all(&line(&answer)?).await?;
    }
    Ok(())
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// A file of lines that is only appended to, by any number of processes. What is appended outlives
/// the process.
pub struct Lines(File);

impl Lines {
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(file))
    }

    /// Appends one line, in one write.
    pub fn add(&self, value: &impl Serialize) {
        let written = line(value).and_then(|line| (&self.0).write_all(&line));
        written.expect("the file of a history can be written to");
    }
}

/// The whole lines of a file; none if there is no file.
pub fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Vec<T>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines();
    Ok(lines.map(serde_json::from_str).collect::<Result<_, _>>()?)
}
