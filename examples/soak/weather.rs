//! What happens to Redis and to the way there: mishaps all the time, and a kill -9 now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::proxy::{Mishap, Proxy};
use crate::server::Server;
use crate::tally::Tally;

const MISHAPS: [Mishap; 6] = [
    Mishap::RequestLost,
    Mishap::RequestTorn,
    Mishap::ReplyLost,
    Mishap::ReplyCut,
    Mishap::ReplyTorn,
    Mishap::ReplyLate(Duration::from_millis(400)),
];
const BETWEEN_KILLS: Duration = Duration::from_secs(20);

/// Blows until all is over, and hands back a server that runs and a way to it that is clear.
pub async fn blow(mut server: Server, proxy: Proxy, seed: u64, over: Arc<AtomicBool>, tally: Arc<Tally>) -> (Server, Proxy) {
    let (mut chance, mut killed) = (StdRng::seed_from_u64(seed), Instant::now());
    while !over.load(Relaxed) {
        sleep(Duration::from_millis(chance.random_range(500..3000))).await;
        if killed.elapsed() > BETWEEN_KILLS {
            tally.kill();
            block_in_place(|| {
                server.kill();
                server.restart();
            });
            killed = Instant::now();
        } else if let Some(mishap) = MISHAPS.choose(&mut chance) {
            tally.mishap();
            proxy.once(*mishap);
        }
    }
    proxy.heal();
    (server, proxy)
}
