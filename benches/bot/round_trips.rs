//! The round trips of one message with a reply: before the webhook can be answered, and in all.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::sleep;
use vimbiso_state::bot::Bot;

use crate::conversation::{Echo, Gate, bot, say, user};
use crate::servers::Servers;

const USERS: usize = 10;
/// After that, a process asks for a new window for a user on a cluster.
const NEXT_WINDOW: Duration = Duration::from_secs(6);
/// The settlement is done by then.
const SETTLED: Duration = Duration::from_millis(300);

pub async fn print(servers: &Servers) {
    let (gate, _) = Gate::new(0);
    let permits = Arc::clone(&gate.permits);
    let bot = bot(&servers.urls(), gate, |bot| bot).await;
    // Each node gets the scripts with the first message.
    for n in USERS..4 * USERS {
        permits.add_permits(1);
        say(&bot, user(n), false).await;
    }
    sleep(SETTLED).await;
    for (when, reminds) in [
        ("cold", false),
        ("warm, within a window", false),
        ("warm, with a reminder", true),
        ("warm, at the start of a window", false),
    ] {
        if when.ends_with("start of a window") {
            sleep(NEXT_WINDOW).await;
        }
        print_one(servers, &bot, &permits, when, reminds).await;
    }
}

/// A message of each user.
async fn print_one(
    servers: &Servers,
    bot: &Bot<Echo>,
    permits: &Semaphore,
    when: &str,
    reminds: bool,
) {
    let mut before = 0;
    let mut in_all = 0;
    for n in 0..USERS {
        let start = servers.requests().await;
        say(bot, user(n), reminds).await;
        before += servers.requests().await - start;
        permits.add_permits(1);
        sleep(SETTLED).await;
        in_all += servers.requests().await - start;
    }
    let mean = |sum: u64| sum as f64 / USERS as f64;
    println!(
        "  round trips of a message, {when}: {:.1} before the webhook, {:.1} in all",
        mean(before),
        mean(in_all)
    );
}
