//! An hour of conversations that start, go on, expire and are deleted, in memory and on a Redis
//! that is killed and cut off: no message may be lost or doubled, and memory must stay flat.
//!
//! ```text
//! $ cargo run --release -p proof --bin soak -- --minutes 5 --seed 7
//! ```
//! It starts a server of its own, and needs a `redis-server` on PATH, or the one that
//! `REDIS_SERVER` names. It prints a line every five seconds, and a verdict. Exits with 1 if a
//! message was lost or doubled, or if memory grew.

mod backend;
mod conversation;
mod expected;
mod faults;
mod flags;
mod gauge;
mod tally;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::proxy::Proxy;
use harness::server::Server;
use peak_alloc::PeakAlloc;
use proof::{BoxError, command_line};
use tokio::task::JoinSet;
use vimbiso_state::{MemoryStore, RedisStore, StateStore};

use backend::Backend;
use flags::Flags;
use gauge::Gauge;
use tally::Tally;
use worker::Worker;

const WORKERS: u32 = 512;
const EVERY: Duration = Duration::from_secs(5);
const RETENTION: Duration = Duration::from_secs(600);
/// How often every user has written when everything that fills up is full: the session caches, the
/// commit ids, and the tables of the memory store.
const FULL: u64 = 3;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

#[tokio::main]
async fn main() -> ExitCode {
    let flags = match command_line::read("soak", flags::USAGE, Flags::parse) {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    match soak(flags).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(flags: Flags) -> Result<bool, BoxError> {
    // Redis writes to its file before it replies: what a client was told survives a kill -9, if not
    // a power cut.
    let server = Server::with(&["--appendonly", "yes", "--appendfsync", "no"]);
    let proxy = Proxy::before(server.port()).await;
    let redis = || async {
        let store = RedisStore::builder()
            .retention(RETENTION)
            .response_timeout(Duration::from_millis(250))
            .connect(proxy.url());
        store
            .await
            .map(|store| Arc::new(store) as Arc<dyn StateStore>)
    };
    let memory = MemoryStore::builder().retention(RETENTION).build()?;
    let shared = Arc::new(memory.clone());
    let backends = Arc::new([
        Backend::new("memory", flags.sessions, [shared.clone(), shared])?,
        Backend::new("Redis", flags.sessions, [redis().await?, redis().await?])?,
    ]);
    let tally = Arc::new(Tally::default());
    let over = Arc::new(AtomicBool::new(false));
    println!(
        "{} users in memory and on Redis, sessions of {:?} and {:?}, {flags}",
        flags.sessions,
        Backend::BRIEF,
        Backend::LASTING
    );

    let mut workers = JoinSet::new();
    for n in 0..WORKERS {
        let users = (n..flags.sessions).step_by(WORKERS as usize).collect();
        let worker = Worker::new(
            users,
            Arc::clone(&backends),
            Arc::clone(&tally),
            flags.seed ^ u64::from(n),
        );
        workers.spawn(worker.run(Arc::clone(&over)));
    }
    let url = server.url();
    let faults = tokio::spawn(faults::inject(
        server,
        proxy,
        flags.seed,
        Arc::clone(&over),
        Arc::clone(&tally),
    ));

    let started = Instant::now();
    let mut gauge = Gauge::of(memory.clone(), || HEAP.current_usage(), url);
    let mut tick = tokio::time::interval(EVERY);
    tick.tick().await;
    // If the faults end early, the server did not restart.
    while started.elapsed() < flags.length() && tally.is_correct() && !faults.is_finished() {
        tick.tick().await;
        vec![1_u8; (flags.leak << 10) as usize * EVERY.as_secs() as usize].leak();
        gauge.read(started.elapsed(), tally.rounds() >= FULL).await;
        let users = memory.len();
        tally.check(
            users <= flags.sessions as usize,
            format!("{users} users in memory"),
        );
        println!(
            "{:>5} s  {}  {gauge}",
            started.elapsed().as_secs(),
            tally.line(EVERY)
        );
    }
    over.store(true, Relaxed);
    // Kept until every worker has checked its users at the end.
    let (server, proxy) = faults.await?;
    while let Some(ended) = workers.join_next().await {
        ended?;
    }
    drop((server, proxy));

    println!("\n{}", tally.summary());
    let flat = gauge.judge();
    Ok(tally.is_correct() && flat)
}
