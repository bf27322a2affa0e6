//! What the whole webhook costs on Redis: signature, parsing, the turn and its commit, the reply.
//!
//! ```text
//! cargo bench -p vimbiso-whatsapp --bench webhook                # all three, in a minute
//! cargo bench -p vimbiso-whatsapp --bench webhook -- throughput  # throughput, memory, shedding
//! ```
//! On a private `redis-server` from PATH. The client is in the same process, on the same cores.

mod conversation;
mod http;
mod memory;
mod shedding;
mod throughput;

#[tokio::main]
async fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    // `cargo test --benches` only asks whether it runs.
    if !words.iter().any(|word| word == "--bench") {
        return;
    }
    let names = ["throughput", "memory", "shedding"];
    let is_asked = |name: &str| {
        let named = words.iter().any(|word| names.contains(&word.as_str()));
        !named || words.iter().any(|word| word == name)
    };
    // Before the others have filled the caches.
    if is_asked("memory") {
        memory::print().await;
    }
    if is_asked("throughput") {
        throughput::print().await;
    }
    if is_asked("shedding") {
        shedding::print().await;
    }
}
