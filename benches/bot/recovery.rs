//! How soon a reply is sent whose process was killed while it held the lease.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::conversation::{Gate, bot, say, user};
use crate::servers::Servers;

/// The first word of a process that is to be killed.
pub const CHILD: &str = "hold-a-lease";
const KILLS: usize = 20;
/// The default, which this bench does not set.
const LEASE: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_secs(32);
/// Apart from those of the other benches.
const FIRST_USER: usize = 900_000;

/// Commits a reply, begins to send it, says so, and waits to be killed.
pub async fn hold(number: &str, urls: &[String]) {
    let (gate, mut has_begun) = Gate::new(0);
    let bot = bot(urls, gate, |bot| bot).await;
    say(&bot, user(number.parse().unwrap()), false).await;
    has_begun.recv().await;
    println!("holding");
    std::future::pending::<()>().await;
}

/// Kills holders one after the other, beside one worker that takes over.
pub async fn print(servers: &Servers) {
    let (gate, mut has_sent) = Gate::open();
    let worker = bot(&servers.urls(), gate, |bot| bot).await;
    tokio::spawn(worker.clone().work());
    let urls = servers.urls();
    let killing = tokio::task::spawn_blocking(move || {
        let users = FIRST_USER..FIRST_USER + KILLS;
        let killed = users.map(|number| (user(number), kill(number, &urls)));
        killed.collect::<HashMap<_, _>>()
    });
    let killed = killing.await.unwrap();
    let mut waits = Vec::new();
    while waits.len() < KILLS {
        let next = timeout(10 * LEASE, has_sent.recv()).await;
        let (user, at) = next.expect("a reply was never sent").unwrap();
        if let Some(killed) = killed.get(&user) {
            waits.push(at.duration_since(*killed));
        }
    }
    waits.sort();
    println!(
        "  {KILLS} kills of a holder: the reply is sent after {:.1} s in the median (at most \
         {} s), {:.1} s at most; the lease is {} s",
        waits[KILLS / 2].as_secs_f64(),
        LIMIT.as_secs(),
        waits[KILLS - 1].as_secs_f64(),
        LEASE.as_secs()
    );
    worker.shutdown(Duration::from_secs(5)).await;
}

/// Starts a holder and kills it at once. When that was.
fn kill(number: usize, urls: &[String]) -> Instant {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg(CHILD)
        .arg(number.to_string())
        .args(urls)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut said).unwrap();
    assert_eq!(said, "holding\n");
    // SIGKILL.
    child.kill().unwrap();
    let killed = Instant::now();
    child.wait().unwrap();
    killed
}
