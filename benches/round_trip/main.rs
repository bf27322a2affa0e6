//! What a turn costs, in memory and on Redis, beside the plain commands.
//!
//! ```text
//! cargo bench --bench round_trip              # everything, then the ratios
//! cargo bench --bench round_trip -- ratios    # the ratios alone, in half a minute
//! ```
//! Runs on a private `redis-server` from PATH, or on what `REDIS_URL` names. All figures of one run
//! share one client, one connection for each candidate and data of 655 bytes, so that their ratios
//! hold on any machine.

mod candidate;
mod candidates;
mod menu;
mod ratios;
mod server_side;

use harness::server::Server;
use tokio::runtime::Runtime;

use candidates::Candidates;

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap());
    values[values.len() / 2]
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let given = std::env::var("REDIS_URL").ok();
    let server = given.is_none().then(Server::start);
    let url = given.unwrap_or_else(|| server.as_ref().unwrap().url());
    let candidates = runtime.block_on(Candidates::on(&url));
    if !std::env::args().any(|arg| arg == "ratios") {
        candidates.measure_with_criterion(&runtime);
    }
    // `cargo test --benches` only asks whether it runs.
    if std::env::args().any(|arg| arg == "--bench") {
        runtime.block_on(async {
            ratios::print_latency(&candidates).await;
            ratios::print_throughput(&candidates).await;
            server_side::print_time(&candidates).await;
            server_side::print_memory(&candidates).await;
        });
    }
}
