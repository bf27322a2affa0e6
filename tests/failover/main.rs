//! A replica becomes the master without the newest commits: what is lost is bounded and noticed,
//! and no session is mixed.
//!
//! Each round starts a master and a replica, cuts the link between them while three workers go on,
//! promotes the replica, and kills, stops or demotes the old master. The rounds of a seed differ in
//! which worker gets which message and in what happens to the old master; how far the workers come
//! meanwhile depends on the machine. More rounds, with `FAILOVER_SEED` for others:
//! `FAILOVER_ROUNDS=200 cargo test --release --all-features --test failover -- --nocapture`
#![cfg(feature = "redis")]

mod round;
mod whole_session;

use harness::log::Log;
use round::Round;
use tokio::task::JoinSet;

/// How many rounds run at a time.
const ABREAST: usize = 4;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} takes a number"))
    })
}

// Alone in its file: the log is that of all threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failover_loss_is_bounded_reported_and_never_mixed() {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.subscriber()).unwrap();
    let (seed, rounds) = (setting("FAILOVER_SEED", 1), setting("FAILOVER_ROUNDS", 20));

    let (mut running, mut acknowledged, mut lost) = (JoinSet::new(), 0, 0);
    let mut seeds = seed..seed + rounds;
    loop {
        while running.len() < ABREAST {
            let Some(seed) = seeds.next() else { break };
            running.spawn(round::run(seed));
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        let Round {
            acknowledged: more,
            lost: gone,
        } = done.unwrap();
        acknowledged += more;
        lost += gone;
    }
    let log = log.text();
    let reported = log
        .lines()
        .filter(|line| line.contains("Session went back"))
        .count();
    println!(
        "{rounds} failovers: {acknowledged} commits acknowledged, {lost} of them lost, \
         {reported} sessions seen to go back"
    );
    assert!(
        lost > rounds as usize,
        "hardly anything was lost, so nothing was tried"
    );
    assert!(reported >= rounds as usize, "not every round was reported");
    assert!(!log.contains("Recovering"), "a session was torn");
    assert!(
        !log.contains(round::NUMBER),
        "the log holds a number in full"
    );
}
