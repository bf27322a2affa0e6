//! A replica that becomes the master without the newest commits: the loss is bounded and reported,
//! and no session is a mixture of two versions.
//!
//! Each round starts a master and a replica, cuts the link between them while three workers go on,
//! promotes the replica, and kills, freezes or demotes the old master. The seed of a round decides
//! which worker gets which message and what becomes of the old master; how far the workers come
//! meanwhile depends on the machine. More rounds, and others with `FAILOVER_SEED`:
//!
//! `FAILOVER_ROUNDS=200 cargo test --release --all-features --test failover -- --nocapture`
#![cfg(feature = "redis")]

mod round;
mod traffic;
mod whole_session;

use harness::log::Log;
use round::Round;
use tokio::task::JoinSet;

/// How many rounds run at a time.
const PARALLEL: usize = 4;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} takes a number"))
    })
}

// Alone in its process: it captures the log of all threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failover_loss_is_bounded_reported_and_never_mixed() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.subscriber()).unwrap();
    let seed = setting("FAILOVER_SEED", 1);
    let rounds = setting("FAILOVER_ROUNDS", 20);

    let mut running = JoinSet::new();
    let mut acknowledged = 0;
    let mut lost = 0;
    let mut seeds = seed..seed + rounds;
    loop {
        while running.len() < PARALLEL {
            let Some(seed) = seeds.next() else { break };
            running.spawn(round::run(seed));
        }
        let Some(round) = running.join_next().await else {
            break;
        };
        let round: Round = round.unwrap();
        acknowledged += round.acknowledged;
        lost += round.lost;
    }
    let log = log.text();
    let reported = log
        .lines()
        .filter(|line| line.contains("Session went back"))
        .count();
    println!(
        "{rounds} failovers: {acknowledged} commits acknowledged, {lost} of them lost, {reported} \
         sessions reported as older than before"
    );
    assert!(
        lost > rounds as usize,
        "hardly anything was lost, so nothing was tested"
    );
    assert!(reported >= rounds as usize, "not every round was reported");
    assert!(!log.contains("Recovering"), "a session was torn");
    assert!(
        !log.contains(traffic::NUMBER),
        "the log holds a number in full"
    );
}
