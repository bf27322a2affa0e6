//! The same turn on the same data and the same server, alternating in one run: this library and
//! its peers.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml -- [--seconds N] [--out FOLDER]
//! ```
//!
//! Prints the measured figures beside their targets, and writes `peers.csv` and `peers-redis.svg`
//! into the folder (default: benches/peers).

mod cpu;
mod data;
mod measure;
mod peers;
mod report;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use peers::{Entry, bare, memory, ours, teloxide, tower};
use server::Server;
use vimbiso_state::store::KeyLayout;
use vimbiso_state::vimbisopay::Data;
use vimbiso_state::{MemoryStore, RedisStore};

const PAIR: &str = "bare GET + SET EX";
const CHECKED: &str = "one effect a message, no lost update, legal steps, one expiry";
const NOTHING: &str = "none";
const COLD: &str = "\
A cold turn also asks if the message has taken effect before, and its commit compares the version
again, so that no other worker's turn is lost. No other row does either.";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (seconds, out) = flags()?;
    let slice = Duration::from_secs_f64(seconds / 10.0);
    let server = Server::start().await;
    let mut redis = Vec::new();
    let peers = on_redis(&server).await?;
    for tasks in [1, 64, 256] {
        redis.extend(measure::alternate(&peers, tasks, 10, slice, Some(&server)).await);
    }
    for peer in &peers {
        let trips = measure::round_trips(peer, &server).await;
        redis
            .iter_mut()
            .filter(|row| row.name == peer.name)
            .for_each(|row| row.round_trips = Some(trips));
    }
    println!("\n## On Redis\n\n{}", report::table(&redis, PAIR));
    println!("{COLD}");

    let mut memory = Vec::new();
    let peers = in_memory().await;
    for tasks in [1, 64, 256] {
        memory.extend(measure::alternate(&peers, tasks, 10, slice, None).await);
    }
    println!(
        "\n## In memory\n\n{}",
        report::table(&memory, "teloxide, memory")
    );

    report::plot(&redis, PAIR, 64, &out.join("peers-redis.svg"))?;
    redis.extend(memory);
    println!("\n## Targets\n\n{}", report::targets(&redis));
    std::fs::write(out.join("peers.csv"), report::csv(&redis))?;
    Ok(())
}

fn flags() -> Result<(f64, PathBuf), String> {
    let mut seconds = 5.0;
    let mut out = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut flags = std::env::args().skip(1);
    while let Some(flag) = flags.next() {
        let mut value = || flags.next().ok_or(format!("{flag} takes a value"));
        match flag.as_str() {
            "--seconds" => seconds = value()?.parse().map_err(|_| "--seconds takes a number")?,
            "--out" => out = value()?.into(),
            _ => {
                return Err(format!(
                    "no flag {flag}: use --seconds N (for each peer and number of tasks) or \
                     --out FOLDER"
                ));
            }
        }
    }
    Ok((seconds, out))
}

async fn on_redis(server: &Server) -> Result<Vec<Arc<Entry>>, Box<dyn std::error::Error>> {
    let data = data::data();
    let json = serde_json::to_string(&data)?;
    let entries = vec![
        Entry::new(
            PAIR,
            NOTHING,
            bare::Pair(server.connect().await, json.clone()),
        ),
        Entry::new(
            "bare SET EX",
            NOTHING,
            bare::Set(server.connect().await, json.clone()),
        ),
        Entry::new(
            "five keys, 8 commands",
            NOTHING,
            bare::Eight(server.connect().await, json),
        ),
        Entry::new(
            "teloxide, Redis",
            "none; no expiry",
            teloxide::redis(&server.url(), data.clone()).await,
        ),
        Entry::new(
            "tower-sessions, Redis",
            "one expiry",
            tower::redis(&server.url(), &data).await,
        ),
        ours(
            "vimbiso-state, warm",
            server,
            KeyLayout::FiveKeys,
            true,
            &data,
        )
        .await?,
        ours(
            "vimbiso-state, cold",
            server,
            KeyLayout::FiveKeys,
            false,
            &data,
        )
        .await?,
        ours(
            "vimbiso-state, one key, warm",
            server,
            KeyLayout::OneKey,
            true,
            &data,
        )
        .await?,
        ours(
            "vimbiso-state, one key, cold",
            server,
            KeyLayout::OneKey,
            false,
            &data,
        )
        .await?,
    ];
    warmed_up(entries).await
}

/// Each under keys of its own: a cold turn would make the cached sessions of the warm one stale.
async fn ours(
    name: &'static str,
    server: &Server,
    layout: KeyLayout,
    warm: bool,
    data: &Data,
) -> Result<Entry, Box<dyn std::error::Error>> {
    let store = connect(server, layout, &format!("{layout:?}.{warm}")).await?;
    Ok(Entry::new(
        name,
        CHECKED,
        ours::Ours::new(store, warm, data.clone()),
    ))
}

async fn connect(
    server: &Server,
    layout: KeyLayout,
    namespace: &str,
) -> Result<RedisStore, vimbiso_state::Error> {
    let store = RedisStore::builder().namespace(namespace).layout(layout);
    store.connect(server.url()).await
}

async fn in_memory() -> Vec<Arc<Entry>> {
    let data = data::data();
    let entries = vec![
        Entry::new(
            "teloxide, memory",
            "none; no expiry; unbounded",
            teloxide::memory(data.clone()),
        ),
        Entry::new(
            "tower-sessions, memory",
            "one expiry; never freed",
            tower::memory(&data).await,
        ),
        Entry::new(
            "moka",
            "one expiry; bounded",
            memory::Moka::new(data.clone()),
        ),
        Entry::new(
            "vimbiso-state, memory",
            CHECKED,
            ours::Ours::new(MemoryStore::new(), true, data),
        ),
    ];
    warmed_up(entries).await.expect("in memory")
}

async fn warmed_up(entries: Vec<Entry>) -> Result<Vec<Arc<Entry>>, Box<dyn std::error::Error>> {
    for entry in &entries {
        measure::warm_up(entry).await;
    }
    Ok(entries.into_iter().map(Arc::new).collect())
}
