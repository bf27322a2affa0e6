//! Histories: several workers, a faulty network and a real Redis, and a checker for every answer.
//!
//! It starts servers of its own, and needs a `redis-server` on PATH, or the one that `REDIS_SERVER`
//! names.
//!
//! ```text
//! cargo run --release -p proof --bin histories -- --count 2000
//! cargo run --release -p proof --bin histories -- --count 1000 --kill
//! cargo run --release -p proof --bin histories -- --count 500 --cluster
//! cargo run --release -p proof --bin histories -- --count 20 --store broken-no-commit-ids
//! cargo run --release -p proof --bin histories -- --payments 100
//! ```
//!
//! A session is the list of the messages that took effect. In each history, three to five workers,
//! with a manager and a store of their own as a process has them, get its messages out of order and
//! in parallel, three in ten of them twice. Each worker's network loses, tears, delays and garbles
//! requests and replies, and cuts connections. With `--kill` the server is killed (`kill -9`) and
//! restarted from its append-only file; in most of these histories it also comes back with an older
//! copy of that file, as after a failover, so that acknowledged messages are gone and the same
//! revisions are reached again on another branch. `checker/mod.rs` says which rules hold then. With
//! `--cluster` the sessions are on three nodes of a Redis Cluster, with a faulty network before
//! each, and move from node to node, key by key, while they are in use.
//!
//! A seed decides which worker gets which message after which pause, which mishaps happen in which
//! order, and after how many deliveries the server dies. It does not decide how the machine
//! schedules tasks and processes, nor the jitter and the tags that the crate draws. So a second run
//! of a seed has the same plan, but not the same history; each finds violations of its own.
//!
//! With `--payments` the histories are others: see `payments/mod.rs`.
//!
//! Exits with 1 if a rule is broken, and prints the shortest such history that it finds; with 2 if
//! it could not run.

mod flags;
mod log;
mod moves;
mod network;
mod outage;
mod payments;
mod plan;
mod progress;
mod report;
mod run;
mod servers;
mod shrink;
mod stores;
mod totals;
mod worker;

use std::process::ExitCode;

use proof::checker::check;
use proof::history::History;
use proof::{BoxError, command_line};
use tokio::task::JoinSet;

use flags::{Flags, Kind};
use progress::Progress;
use run::Settings;
use totals::Totals;

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(code) = payments::run_as_process().await {
        return code;
    }
    let flags = match command_line::read("histories", flags::USAGE, Flags::parse) {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    let Flags {
        seed,
        count,
        jobs,
        kind,
    } = flags;
    let ran = match kind {
        Kind::Lists(settings) => run_all(seed, count, jobs, settings).await,
        Kind::Payments(settings) => payments::run_all(seed, count, jobs, settings).await,
    };
    match ran {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(violation)) => {
            println!("\n{violation}");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("histories: {why}");
            ExitCode::from(2)
        }
    }
}

/// Runs histories until all are done or one breaks a rule, and prints the totals. Returns the
/// description of a violation, if there was one.
async fn run_all(
    seed: u64,
    count: u64,
    jobs: usize,
    settings: Settings,
) -> Result<Option<String>, BoxError> {
    let mut totals = Totals::default();
    let mut progress = Progress::new(count);
    let mut running = JoinSet::new();
    let mut seeds = (0..count).map(|at| seed.wrapping_add(at));
    let mut wrong = None::<History>;
    loop {
        while running.len() < jobs && wrong.is_none() {
            let Some(seed) = seeds.next() else { break };
            running.spawn(run::run(seed, settings));
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        let history = done??;
        let violations = check(&history);
        totals.add(&history, &violations);
        progress.show(totals.histories, totals.acknowledged);
        if !violations.is_empty() && wrong.is_none() {
            wrong = Some(history);
        }
    }
    progress.finish();
    println!("{totals}");
    Ok(match wrong {
        Some(history) => Some(shrink::shortest(history, settings).await?),
        None => None,
    })
}
