//! How long answers take if twice as many deliveries come as the bot can handle.

use std::time::Duration;

use harness::server::Server;
use tokio::time::Instant;

use crate::conversation::serve;
use crate::http::{Connection, delivery};

/// With a look-up of 50 ms each, at most 640 deliveries a second.
const PARALLEL: usize = 32;
const LOOK_UP: &str = "wait 50";
const CAPACITY: usize = 640;
const CONNECTIONS: usize = 128;
const TIME: Duration = Duration::from_secs(10);
const DEADLINE: Duration = Duration::from_secs(1);

fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// Sends at fixed times. A wait is counted from that time, not from the end of the answer before.
async fn send(address: std::net::SocketAddr, nth: usize) -> Vec<(u16, Duration)> {
    let mut connection = Connection::to(address).await;
    let interval = Duration::from_secs(1) * CONNECTIONS as u32 / (2 * CAPACITY) as u32;
    let start = Instant::now() + interval * nth as u32 / CONNECTIONS as u32;
    let mut answers = Vec::new();
    let mut due = start;
    while due < start + TIME {
        tokio::time::sleep_until(due).await;
        let request = delivery(nth..nth + 1, LOOK_UP);
        let status = connection.post(&request).await;
        answers.push((status, due.elapsed()));
        due += interval;
    }
    answers
}

pub async fn print() {
    let redis = Server::start();
    let settings =
        |webhook: vimbiso_whatsapp::Webhook<_>| webhook.parallel(PARALLEL).deadline(DEADLINE);
    let address = serve(&redis.raw_url(), settings).await;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|nth| tokio::spawn(send(address, nth)))
        .collect();
    let mut done = Vec::new();
    let mut shed = Vec::new();
    for client in clients {
        for (status, wait) in client.await.unwrap() {
            match status {
                200 => done.push(wait),
                503 => shed.push(wait),
                other => panic!("{other}"),
            }
        }
    }
    done.sort_unstable();
    shed.sort_unstable();
    let seconds = TIME.as_secs_f64();
    println!(
        "shedding, {} deliveries/s, twice what {PARALLEL} at a time with 50 ms each can be, \
         deadline {DEADLINE:?}:",
        2 * CAPACITY
    );
    for (name, waits) in [("200", &done), ("503", &shed)] {
        println!(
            "  {name}: {:.0}/s, p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
            waits.len() as f64 / seconds,
            percentile(waits, 0.5),
            percentile(waits, 0.99),
            percentile(waits, 1.0)
        );
    }
}
