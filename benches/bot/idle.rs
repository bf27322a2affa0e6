//! What a worker asks of the server while nothing is due.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::conversation::{Gate, bot, say, user};
use crate::servers::Servers;

const SESSIONS: usize = 100_000;
const TASKS: usize = 64;
const COUNTED: Duration = Duration::from_secs(20);
/// How often it is counted at most, until the worker has looked at all users.
const ROUNDS: usize = 30;
/// With more requests in one count, it still looks.
const BUSY: u64 = 2000;

pub async fn print(servers: &Servers) {
    let (gate, _) = Gate::open();
    let bot = bot(&servers.urls(), gate, |bot| bot.workers(4 * TASKS)).await;
    tokio::spawn(bot.clone().work());
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let bot = bot.clone();
        tasks.spawn(async move {
            for n in (task..SESSIONS).step_by(TASKS) {
                say(&bot, user(n), true).await;
            }
        });
    }
    tasks.join_all().await;
    // On a cluster, each user is looked at once more when the window of the last commit is over.
    let mut requests = 0;
    let mut commands = 0;
    for _ in 0..ROUNDS {
        let last_requests = servers.requests().await;
        let last_commands = servers.commands().await;
        sleep(COUNTED).await;
        // Those that read the counters, and the connections for it, are a few more.
        commands = servers.commands().await - last_commands;
        let looks_on = requests == 0 || requests > BUSY;
        requests = servers.requests().await - last_requests;
        if !looks_on {
            break;
        }
    }
    let seconds = COUNTED.as_secs_f64();
    println!(
        "  a worker beside {SESSIONS} sessions, each with a reminder in an hour: {:.1} requests a \
         second (at most 20), {:.1} commands a second with those within scripts",
        requests as f64 / seconds,
        commands as f64 / seconds
    );
    bot.shutdown(Duration::from_secs(5)).await;
}
