//! Faulty networks: something goes wrong on each of them all the time.

use std::time::Duration;

use harness::proxy::{Mishap, Proxy};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// Injects mishaps one after the other, and reports each that has struck. Never returns.
pub async fn inject_mishaps(
    proxy: &Proxy,
    rng: &mut StdRng,
    apart: Duration,
    mut struck: impl FnMut(&'static str),
) {
    loop {
        tokio::time::sleep(apart.mul_f64(rng.random())).await;
        let (name, mishap) = draw(rng);
        proxy.once(mishap);
        while !proxy.has_struck() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        struck(name);
    }
}

fn draw(rng: &mut StdRng) -> (&'static str, Mishap) {
    let late = Duration::from_millis(rng.random_range(1..80));
    match rng.random_range(0..8) {
        0 => ("requests lost", Mishap::RequestLost),
        1 => ("requests torn", Mishap::RequestTorn),
        2 => ("requests late", Mishap::RequestLate(late)),
        3 => ("replies lost", Mishap::ReplyLost),
        4 => ("replies torn", Mishap::ReplyTorn),
        5 => ("replies late", Mishap::ReplyLate(late)),
        6 => ("replies garbled", Mishap::Garbage(b"!!! not a reply\r\n")),
        _ => ("connections cut", Mishap::ReplyCut),
    }
}
