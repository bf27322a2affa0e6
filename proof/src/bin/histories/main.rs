//! Histories: several workers, a faulty network and a real Redis, and a checker that forgives
//! nothing.
//!
//! A test harness with a command line, and no template for a bot: that is `clinic`. It starts
//! servers of its own, and needs a `redis-server` on PATH, or the one that `REDIS_SERVER` names.
//!
//! ```text
//! cargo run --release -p proof --bin histories -- --count 2000
//! cargo run --release -p proof --bin histories -- --count 1000 --kill
//! cargo run --release -p proof --bin histories -- --count 500 --cluster
//! cargo run --release -p proof --bin histories -- --count 20 --store broken-no-commit-ids
//! ```
//!
//! A session is the list of the messages that took effect. In each history, three to five workers,
//! with a manager and a store of their own as a process has them, get its messages out of order and
//! in parallel, three in ten of them twice. Each worker's network loses, tears, delays, garbles and
//! cuts. With `--kill` the server is killed (`kill -9`) and restarted from its append-only file; in
//! most of these histories it also comes back with an older copy of that file, as after a failover,
//! so that acknowledged messages are gone and the same revisions are reached again on another
//! branch. What is held against a store then, and what is not, is said in `checker/mod.rs`. With
//! `--cluster` the sessions are on three nodes of a Redis Cluster, a faulty network before each,
//! and go from node to node, key by key, while they are in use.
//!
//! A seed decides who gets which message after which pause, which mishaps come in which order, and
//! when the server dies, counted in deliveries. It does not decide how the machine schedules tasks
//! and processes, nor the jitter and the tags that the crate draws: a second run of a seed is the
//! same plan, and not the same history. What it finds is true of either.
//!
//! Exits with 1 where a rule is broken, and tells the shortest such history that it finds; with 2
//! where it could not run.

mod flags;
mod home;
mod moves;
mod network;
mod outage;
mod plan;
mod progress;
mod run;
mod shrink;
mod stores;
mod story;
mod totals;
mod worker;

use std::process::ExitCode;

use proof::checker::check;
use proof::command_line;
use proof::history::History;
use tokio::task::JoinSet;
use vimbiso_state::BoxError;

use flags::Flags;
use progress::Progress;
use totals::Totals;

#[tokio::main]
async fn main() -> ExitCode {
    let flags = match command_line::read("histories", flags::USAGE, Flags::parse) {
        Ok(flags) => flags,
        Err(code) => return code,
    };
    match tell(flags).await {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(story)) => {
            println!("\n{story}");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("histories: {why}");
            ExitCode::from(2)
        }
    }
}

/// Runs histories until all are told or one is wrong, and prints what they come to. The story of
/// the one that is wrong.
async fn tell(flags: Flags) -> Result<Option<String>, BoxError> {
    let Flags {
        seed,
        count,
        jobs,
        settings,
    } = flags;
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
        let Some(told) = running.join_next().await else {
            break;
        };
        let history = told??;
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
