//! What happens to Redis and to the way there: mishaps all the time, and a kill -9 now and then.

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
    // Later than the connection is given up.
    Mishap::RequestLate(Duration::from_secs(1)),
    Mishap::ReplyLost,
    Mishap::ReplyCut,
    Mishap::ReplyTorn,
    Mishap::ReplyLate(Duration::from_millis(400)),
];
/// Within every warm-up, so that what a kill takes is there before memory is judged.
const FIRST_KILL: Duration = Duration::from_secs(10);
const BETWEEN_KILLS: Duration = Duration::from_secs(45);

/// Blows until all is over, and hands back a server that runs and a way to it that is clear.
pub async fn blow(
    mut server: Server,
    proxy: Proxy,
    seed: u64,
    over: Arc<AtomicBool>,
    tally: Arc<Tally>,
) -> (Server, Proxy) {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut next_kill = Instant::now() + FIRST_KILL;
    while !over.load(Relaxed) {
        sleep(Duration::from_millis(chance.random_range(500..3000))).await;
        if Instant::now() > next_kill {
            tally.kill();
            block_in_place(|| {
                server.kill();
                server.restart();
            });
            loaded(&server, &over).await;
            next_kill = Instant::now() + BETWEEN_KILLS;
        } else if let Some(mishap) = MISHAPS.choose(&mut chance) {
            tally.mishap();
            proxy.once(*mishap);
        }
    }
    proxy.heal();
    (server, proxy)
}

/// Waits until it has loaded what it had: one that is killed while it loads may never come to an
/// end.
async fn loaded(server: &Server, over: &AtomicBool) {
    while !over.load(Relaxed) {
        let mut redis = server.raw().await;
        if redis::cmd("PING").exec_async(&mut redis).await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}
