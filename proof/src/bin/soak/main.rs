//! An hour of conversations that begin, go on, expire and are forgotten, in memory and on a Redis
//! that is killed and cut off: nothing may be lost or doubled, and memory must stay flat.
//!
//! ```text
//! $ cargo run --release -p proof --bin soak -- --minutes 5 --seed 7
//! ```
//! A test harness with a command line, and no template for a bot: that is `clinic`. It starts a
//! server of its own, and needs a `redis-server` on PATH, or the one that `REDIS_SERVER` names. A
//! line every five seconds, and a verdict; it exits with 1 where something was lost or doubled, or
//! memory grew.

mod conversation;
mod flags;
mod gauge;
mod tally;
mod weather;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::proxy::Proxy;
use harness::server::Server;
use peak_alloc::PeakAlloc;
use proof::command_line;
use tokio::task::JoinSet;
use vimbiso_state::{BoxError, MemoryStore, RedisStore, StateManager, StateStore};

use conversation::Diary;
use flags::Flags;
use gauge::Gauge;
use tally::Tally;
use worker::{Place, Worker};

const WORKERS: u32 = 512;
const EVERY: Duration = Duration::from_secs(5);
const RETENTION: Duration = Duration::from_secs(600);
/// How often every user has come by when all is full that fills up: the guesses, what is recorded
/// of messages, and what the memory store plans to look at.
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

/// A store as two processes see it: one whose sessions end soon, and one whose sessions last.
///
/// They guess at few of the sessions, so that their guesses are soon as many as there will ever be.
fn place(
    name: &'static str,
    sessions: u32,
    [brief, lasting]: [Arc<dyn StateStore>; 2],
) -> Result<Place, BoxError> {
    let guesses = sessions as usize / 20;
    let process = |store, ttl| {
        StateManager::<Diary>::builder(store)
            .ttl(ttl)
            .session_cache(guesses)
            .build()
    };
    Ok(Place {
        name,
        brief: process(brief, Place::BRIEF)?,
        lasting: process(lasting, Place::LASTING)?,
    })
}

async fn soak(flags: Flags) -> Result<bool, BoxError> {
    // Written to the file before the reply goes out: what a client was told survives a kill -9, if
    // not a power cut.
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
    let places = Arc::new([
        place("memory", flags.sessions, [shared.clone(), shared])?,
        place("Redis", flags.sessions, [redis().await?, redis().await?])?,
    ]);
    let tally = Arc::new(Tally::default());
    let over = Arc::new(AtomicBool::new(false));
    println!(
        "{} users in memory and on Redis, sessions of {:?} and {:?}, {flags}",
        flags.sessions,
        Place::BRIEF,
        Place::LASTING
    );

    let mut workers = JoinSet::new();
    for n in 0..WORKERS {
        let users = (n..flags.sessions).step_by(WORKERS as usize).collect();
        let worker = Worker::new(
            users,
            Arc::clone(&places),
            Arc::clone(&tally),
            flags.seed ^ u64::from(n),
        );
        workers.spawn(worker.run(Arc::clone(&over)));
    }
    let url = server.url();
    let weather = tokio::spawn(weather::blow(
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
    // Without a server there is no weather.
    while started.elapsed() < flags.length() && tally.is_sound() && !weather.is_finished() {
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
    // The server stays until every worker has looked at its users once more.
    let (server, proxy) = weather.await?;
    while let Some(ended) = workers.join_next().await {
        ended?;
    }
    drop((server, proxy));

    println!("\n{}", tally.summary());
    let flat = gauge.judge();
    Ok(tally.is_sound() && flat)
}
