//! Memory of 10,000 users whose messages are handled at the same time.

use std::time::Duration;

use harness::server::Server;

use crate::conversation::serve;
use crate::http::{Connection, delivery};

const USERS: usize = 10_000;
/// Users in one webhook: few connections, so that the client costs little.
const BATCH: usize = 500;

/// The resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().split(' ').next();
    number.unwrap().parse().unwrap()
}

async fn deliver_all(address: std::net::SocketAddr, text: &'static str) -> Vec<u16> {
    let tasks: Vec<_> = (0..USERS / BATCH)
        .map(|batch| {
            tokio::spawn(async move {
                let request = delivery(batch * BATCH..(batch + 1) * BATCH, text);
                Connection::to(address).await.post(&request).await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

pub async fn print() {
    let redis = Server::start();
    let address = serve(&redis.raw_url(), |webhook| {
        webhook.deadline(Duration::from_secs(60))
    })
    .await;
    // What the process needs once.
    let request = delivery(0..1, "hi");
    assert_eq!(Connection::to(address).await.post(&request).await, 200);
    let before = resident();
    let deliveries = tokio::spawn(deliver_all(address, "wait 4000"));
    let mut most = before;
    while !deliveries.is_finished() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        most = most.max(resident());
    }
    let answers = deliveries.await.unwrap();
    let done = answers.iter().filter(|answer| **answer == 200).count();
    println!("memory, {USERS} users at the same time, each in a look-up and then committed:");
    println!("  webhooks answered with 200: {done} of {}", answers.len());
    println!("  at most: {:.1} MiB more", (most - before) as f64 / 1024.0);
    let kib = (resident() - before) as f64;
    println!(
        "  afterwards, with their sessions in the cache: {:.1} MiB more",
        kib / 1024.0
    );
}
