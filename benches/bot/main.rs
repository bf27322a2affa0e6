//! What a bot costs the server, and how soon a reply is sent whose process was killed.
//!
//! ```text
//! cargo bench --bench bot                  # all three, in a quarter of an hour
//! cargo bench --bench bot -- round-trips   # one of round-trips, idle, recovery
//! ```
//! Each on a private `redis-server` from PATH, and on a cluster of three. The figures are counts of
//! the servers, so they hold on any machine; those of `recovery` are waits for a lease.

mod conversation;
mod idle;
mod recovery;
mod round_trips;
mod servers;

use servers::Servers;

#[tokio::main]
async fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    if let [first, user, urls @ ..] = words.as_slice()
        && first == recovery::CHILD
    {
        return recovery::hold(user, urls).await;
    }
    // `cargo test --benches` only asks whether it runs.
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    let names = ["round-trips", "idle", "recovery"];
    let is_asked = |name: &str| {
        let named = words.iter().any(|word| names.contains(&word.as_str()));
        !named || words.iter().any(|word| word == name)
    };
    for servers in [Servers::one(), Servers::cluster().await] {
        println!("{}", servers.name());
        if is_asked("round-trips") {
            round_trips::print(&servers).await;
        }
        if is_asked("recovery") {
            recovery::print(&servers).await;
        }
        // The last one, because it leaves 100,000 sessions.
        if is_asked("idle") {
            idle::print(&servers).await;
        }
    }
}
