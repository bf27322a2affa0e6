//! Faults: mishaps on the network to Redis all the time, and a `kill -9` of Redis now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::proxy::{Mishap, Proxy};
use harness::server::Server;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::tally::Tally;

const MISHAPS: [Mishap; 7] = [
    Mishap::RequestLost,
    Mishap::RequestTorn,
    // After the connection has been given up.
    Mishap::RequestLate(Duration::from_secs(1)),
    Mishap::ReplyLost,
    Mishap::ReplyCut,
    Mishap::ReplyTorn,
    Mishap::ReplyLate(Duration::from_millis(400)),
];
/// Within every warm-up, so that the memory that a kill costs is taken before memory is judged.
const FIRST_KILL: Duration = Duration::from_secs(10);
const BETWEEN_KILLS: Duration = Duration::from_secs(45);

/// Injects faults until `over`, and returns a server that runs and a network without faults.
pub async fn inject(
    mut server: Server,
    proxy: Proxy,
    seed: u64,
    over: Arc<AtomicBool>,
    tally: Arc<Tally>,
) -> (Server, Proxy) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut next_kill = Instant::now() + FIRST_KILL;
    while !over.load(Relaxed) {
        sleep(Duration::from_millis(rng.random_range(500..3000))).await;
        if Instant::now() > next_kill {
            tally.kill();
            block_in_place(|| {
                server.kill();
                server.restart();
            });
            loaded(&server, &over).await;
            next_kill = Instant::now() + BETWEEN_KILLS;
        } else if let Some(mishap) = MISHAPS.choose(&mut rng) {
            tally.mishap();
            proxy.once(*mishap);
        }
    }
    proxy.heal();
    (server, proxy)
}

/// Waits until the server has loaded its files. If it were killed while it loads, it might never
/// finish loading.
async fn loaded(server: &Server, over: &AtomicBool) {
    while !over.load(Relaxed) {
        let mut redis = server.raw().await;
        if redis::cmd("PING").exec_async(&mut redis).await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
