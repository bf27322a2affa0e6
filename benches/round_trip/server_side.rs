//! What the server itself says: the time that it spends, and the memory that a session takes.

use harness::command::{run, run_words};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use vimbiso_state::UserId;
use vimbiso_state::store::KeyLayout;

use crate::candidate::{TTL, USERS, user};
use crate::candidates::Candidates;
use crate::median;
use crate::menu::Data;

/// The time of a commit, a load and a plain SET EX, all of 1 KiB.
pub async fn print_time(candidates: &Candidates) {
    let mut redis = candidates.redis.clone();
    let ours = [&candidates.five_keys, &candidates.one_key];
    let data = Data::of(1024);
    let mut sets = Vec::new();
    let mut commits = ours.map(|_| Vec::new());
    let mut loads = ours.map(|_| Vec::new());
    for _ in 0..9 {
        for (at, ours) in ours.iter().enumerate() {
            let () = run(&mut redis, "CONFIG RESETSTAT").await;
            for n in 0..1000 {
                ours.cold.turn(&user(n % USERS), &data).await;
            }
            commits[at].push(microseconds(&mut redis, "evalsha").await);
            loads[at].push(microseconds(&mut redis, "exec").await);
        }
        let () = run(&mut redis, "CONFIG RESETSTAT").await;
        for n in 0..1000 {
            let user = user(n % USERS);
            let () = redis.set_ex(user.expose(), data.json(), TTL).await.unwrap();
        }
        sets.push(microseconds(&mut redis, "setex").await);
    }
    let set = median(sets);
    println!("server time, 1 KiB; SET EX {set:.2} µs");
    for ((ours, commits), loads) in ours.iter().zip(commits).zip(loads) {
        let commit = median(commits);
        let load = median(loads);
        let ratio = commit / set;
        let target = match ours.layout {
            KeyLayout::OneKey => 6,
            _ => 12,
        };
        println!(
            "  {:?}: commit {commit:.2} µs, load {load:.2} µs; commit / SET = {ratio:.1}  \
             (at most {target})",
            ours.layout
        );
    }
}

/// Microseconds a call, by `INFO commandstats`.
async fn microseconds(redis: &mut MultiplexedConnection, command: &str) -> f64 {
    let info: String = run(redis, "INFO commandstats").await;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:")))
        .unwrap();
    line.split(',')
        .find_map(|field| field.strip_prefix("usec_per_call="))
        .unwrap()
        .parse()
        .unwrap()
}

/// The memory of a session with data of 655 bytes and one commit id.
pub async fn print_memory(candidates: &Candidates) {
    let mut redis = candidates.redis.clone();
    for ours in [&candidates.five_keys, &candidates.one_key] {
        let user = UserId::new("memory").unwrap();
        ours.cold.turn(&user, &Data::of(655)).await;
        let pattern = format!("{:?}.cold:{}*", ours.layout, user.expose());
        let keys: Vec<String> = redis.keys(pattern).await.unwrap();
        let mut sum = 0;
        for key in &keys {
            let bytes: u64 = run_words(&mut redis, &["MEMORY", "USAGE", key]).await;
            sum += bytes;
        }
        println!(
            "{:?}: a session with data of 655 bytes and one commit id takes {sum} bytes in {} keys",
            ours.layout,
            keys.len()
        );
    }
}
