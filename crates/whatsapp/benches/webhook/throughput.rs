//! Messages a second at 64 connections, beside an axum handler that does GET and SET. Ours counts
//! until the replies are sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use harness::command::run_words;
use harness::server::{Server, raw};

use crate::conversation::{SENT, serve};
use crate::http::{Connection, delivery};

const CONNECTIONS: usize = 64;
/// Each writes again when all others have, so that no queue of replies grows.
const USERS: usize = 100 * CONNECTIONS;
const ROUNDS: usize = 10;
const SLICE: Duration = Duration::from_secs(1);

/// The least that a bot with a state in Redis does: no signature, no parsing, no check.
async fn bare(redis: &str) -> SocketAddr {
    let connection = raw(redis).await;
    let state = "a text of the state, 30 bytes.".repeat(22);
    let next = Arc::new(AtomicU64::new(0));
    let handler = move |body: Bytes| {
        let mut connection = connection.clone();
        let state = state.clone();
        let key = next.fetch_add(1, Ordering::Relaxed) % USERS as u64;
        async move {
            assert!(!body.is_empty());
            let key = format!("bare:{key}");
            let _: Option<String> = run_words(&mut connection, &["GET", &key]).await;
            let words = ["SET", &key, &state, "EX", "300"];
            let _: () = run_words(&mut connection, &words).await;
            StatusCode::OK
        }
    };
    let routes = Router::new().route("/webhook", post(handler));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// Messages a second for a slice of time, and until a reply to each is sent if any are.
async fn slice(address: SocketAddr, sent: Option<&AtomicU64>) -> f64 {
    let start = Instant::now();
    let sent_before = sent.map_or(0, |sent| sent.load(Ordering::Relaxed));
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|first| {
            tokio::spawn(async move {
                let mut connection = Connection::to(address).await;
                let mut user = first;
                let mut done = 0_u32;
                while start.elapsed() < SLICE {
                    let request = delivery(user..user + 1, "hi");
                    assert_eq!(connection.post(&request).await, 200);
                    user = (user + CONNECTIONS) % USERS;
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for client in clients {
        done += client.await.unwrap();
    }
    while sent.is_some_and(|sent| sent.load(Ordering::Relaxed) < sent_before + u64::from(done)) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    f64::from(done) / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub async fn print() {
    let redis = Server::start();
    let ours = serve(&redis.raw_url(), |webhook| webhook).await;
    let bare = bare(&redis.raw_url()).await;
    // So that both are warm.
    slice(ours, Some(&SENT)).await;
    slice(bare, None).await;
    let mut of_ours = Vec::new();
    let mut of_bare = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let ours = slice(ours, Some(&SENT)).await;
        let bare = slice(bare, None).await;
        of_ours.push(ours);
        of_bare.push(bare);
        ratios.push(ours / bare);
    }
    println!("throughput, {CONNECTIONS} connections, median of {ROUNDS} slices of 1 s each:");
    println!("  the webhook: {:.0} messages/s", median(of_ours));
    println!(
        "  bare axum, GET and SET: {:.0} messages/s",
        median(of_bare)
    );
    println!("  ratio: {:.2}", median(ratios));
}
