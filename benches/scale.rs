//! A million sessions: what a turn allocates, what memory a session takes, and how long turns take
//! beside many others and during a mass expiry.
//!
//! ```text
//! cargo bench --bench scale                       # in memory, up to 100,000 sessions
//! cargo bench --bench scale -- --sessions 1000000 # up to a million: two gigabytes, some minutes
//! cargo bench --bench scale -- --redis            # in a private Redis, in both key layouts
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::command::{run, run_words};
use harness::server::Server;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{
    Flow, MemoryStore, MessageId, RedisStore, StateStore, Step, UserId, assert_choices,
    assert_transitions,
};

/// How many turns are measured for one figure.
const TURNS: usize = 20_000;

/// Two stages, to go back and forth between.
struct Accounts;

type StateManager = vimbiso_state::StateManager<Accounts>;

impl Flow for Accounts {
    const NAME: &'static str = "accounts";

    type Stage = Stage;
    type Choice = Choice;
    type Data = Data;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Menu,
    Transactions,
}

impl vimbiso_state::Stage for Stage {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[
        row(Self::Menu, "handle_action_menu", &[Self::Transactions]),
        row(
            Self::Transactions,
            "handle_action_transactions",
            &[Self::Menu],
        ),
    ];
}
assert_transitions!(Stage);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Menu,
    Transactions,
}

impl vimbiso_state::Choice<Stage> for Choice {
    const TABLE: &'static [ChoiceRow<Self, Stage>] = &[
        choice(Self::Menu, "handle_action_menu", Some(Stage::Menu)),
        choice(
            Self::Transactions,
            "handle_action_transactions",
            Some(Stage::Transactions),
        ),
    ];
}
assert_choices!(Choice);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Data {
    profile: Value,
    current_account: Value,
    page_number: u32,
}

/// Data in the middle of a conversation: 655 bytes of JSON.
fn data() -> Data {
    let json = include_str!("state.json").trim_end();
    assert_eq!(json.len(), 655);
    serde_json::from_str(json).unwrap()
}

fn user(n: usize) -> UserId {
    UserId::new(format!("2637{n:08}")).unwrap()
}

fn manager(store: impl StateStore + 'static, sessions: usize, ttl: Duration) -> StateManager {
    StateManager::builder(store)
        .session_cache_bytes(sessions * 4096)
        .ttl(ttl)
        .deadline(Duration::from_secs(30))
        .build()
        .unwrap()
}

async fn turn(manager: &StateManager, user: &UserId, data: &Arc<Data>) {
    let message = MessageId::new(format!("{:032x}", rand::random::<u128>())).unwrap();
    let handled = manager.handle(user, &message, |turn| {
        if turn.data().current_account.is_null() {
            *turn.data_mut() = Data::clone(data);
        }
        turn.data_mut().page_number += 1;
        turn.select(match turn.stage() {
            Stage::Menu => Choice::Transactions,
            Stage::Transactions => Choice::Menu,
        })?;
        Ok(Step::Commit(()))
    });
    assert!(!handled.await.unwrap().is_duplicate());
}

/// How long a turn of a random user takes: the median and the 99th percentile of [`TURNS`].
async fn times(manager: &StateManager, users: usize, data: &Arc<Data>) -> [Duration; 2] {
    let mut times = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        let user = user(rand::random_range(0..users));
        let begin = Instant::now();
        turn(manager, &user, data).await;
        times.push(begin.elapsed());
    }
    percentiles(times)
}

fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// On one thread, because only its allocations are counted.
fn allocations(runtime: &Runtime, data: &Arc<Data>) {
    for (name, cached_sessions) in [("warm", 10), ("cold", 0)] {
        let manager = manager(
            MemoryStore::new(),
            cached_sessions,
            Duration::from_secs(300),
        );
        let user = user(1);
        runtime.block_on(turn(&manager, &user, data));
        let counted = allocation_counter::measure(|| {
            for _ in 0..1000 {
                runtime.block_on(turn(&manager, &user, data));
            }
        });
        let count = counted.count_total as f64 / 1000.0;
        let bytes = counted.bytes_total / 1000;
        println!("a {name} turn in memory: {count:.1} allocations, {bytes} bytes");
    }
}

fn in_memory(runtime: &Runtime, most: usize, data: &Arc<Data>) {
    let mut smallest = None;
    for sessions in [1_000, 10_000, 100_000, 1_000_000]
        .into_iter()
        .filter(|sessions| *sessions <= most)
    {
        let store = MemoryStore::builder()
            .max_users(usize::MAX)
            .max_bytes(usize::MAX)
            .build()
            .unwrap();
        let manager = manager(store.clone(), 0, Duration::from_secs(3600));
        let kept = allocation_counter::measure(|| {
            runtime.block_on(async {
                for n in 0..sessions {
                    turn(&manager, &user(n), data).await;
                }
            });
        });
        let bytes = kept.bytes_current / sessions as i64;
        let counted = store.bytes() / sessions;
        let [p50, p99] = runtime.block_on(times(&manager, sessions, data));
        let to = ratio(p50, *smallest.get_or_insert(p50));
        let over = bytes - 655;
        println!(
            "{sessions} sessions in memory: a turn p50 {p50:?} ({to:.2} × that of the fewest), \
             p99 {p99:?}; {bytes} bytes a session, {over} over the data, as counted by the store \
             {counted}"
        );
    }
}

/// All sessions but a thousand expire at once.
fn mass_expiry(sessions: usize, data: &Arc<Data>) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let store = MemoryStore::builder()
        .max_users(usize::MAX)
        .max_bytes(usize::MAX)
        .build()
        .unwrap();
    let ttl = Duration::from_secs(2 + sessions as u64 / 40_000);
    let manager = manager(store, 0, ttl);
    runtime.block_on(async {
        let begin = Instant::now();
        for n in 0..sessions {
            turn(&manager, &user(n), data).await;
        }
        let built = begin.elapsed();
        assert!(built < ttl, "the first expire before the last are written");
        let active = 1000.min(sessions);
        let before = times(&manager, active, data).await;
        tokio::time::sleep((begin + ttl).saturating_duration_since(Instant::now())).await;
        // The sweeper runs every second, frees the data, and leaves a tombstone of each session.
        let swept = Instant::now() + built + Duration::from_secs(2);
        let mut during = Vec::new();
        while Instant::now() < swept {
            let user = user(rand::random_range(0..active));
            let begin = Instant::now();
            turn(&manager, &user, data).await;
            during.push(begin.elapsed());
        }
        let [p50, p99] = percentiles(during);
        println!(
            "while {sessions} sessions expire: a turn p50 {p50:?}, p99 {p99:?}, which is {:.2} × \
             the p99 before",
            ratio(p99, before[1])
        );
    });
}

async fn in_redis(sessions: usize, data: &Arc<Data>) {
    for layout in [KeyLayout::FiveKeys, KeyLayout::OneKey] {
        let server = Server::start();
        let mut redis = server.raw().await;
        let store = RedisStore::builder()
            .layout(layout)
            .connect(server.url())
            .await
            .unwrap();
        let manager = manager(store, 2 * sessions, Duration::from_secs(3600));
        let empty = info(&mut redis, "memory", "used_memory").await;
        let cpu = cpu(&mut redis).await;
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let (manager, data) = (manager.clone(), Arc::clone(data));
                tokio::spawn(async move {
                    for n in (task..sessions).step_by(64) {
                        turn(&manager, &user(n), &data).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let spent = (self::cpu(&mut redis).await - cpu) / sessions as f64;
        let bytes = (info(&mut redis, "memory", "used_memory").await - empty) / sessions as f64;
        println!(
            "{sessions} sessions in Redis, {layout:?}: {bytes:.0} bytes a session; {:.1} µs of the \
             server's CPU a first turn",
            spent * 1e6
        );
        for suffix in [
            "",
            "_stage",
            "_option",
            "_direction",
            "_version",
            "_done_0",
            "_done_1",
        ] {
            let key = user(0).expose().to_owned() + suffix;
            let taken: Option<u64> = run_words(&mut redis, &["MEMORY", "USAGE", &key]).await;
            if let Some(taken) = taken {
                println!("  {{id}}{suffix}: {taken} bytes");
            }
        }
        let cpu = self::cpu(&mut redis).await;
        let [p50, p99] = times(&manager, sessions, data).await;
        let spent = (self::cpu(&mut redis).await - cpu) / TURNS as f64;
        println!(
            "  a turn among them: p50 {p50:?}, p99 {p99:?}; {:.1} µs of the server's CPU",
            spent * 1e6
        );
    }
}

/// Seconds of the server's CPU so far.
async fn cpu(redis: &mut MultiplexedConnection) -> f64 {
    info(redis, "cpu", "used_cpu_user").await + info(redis, "cpu", "used_cpu_sys").await
}

async fn info(redis: &mut MultiplexedConnection, section: &str, field: &str) -> f64 {
    let info: String = run(redis, &format!("INFO {section}")).await;
    info.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .unwrap()
        .parse()
        .unwrap()
}

fn main() {
    let flags: Vec<_> = std::env::args().collect();
    // `cargo test --benches` only asks whether it runs.
    let asked = if flags.iter().any(|flag| flag == "--bench") {
        100_000
    } else {
        1_000
    };
    let sessions = flags
        .iter()
        .skip_while(|flag| *flag != "--sessions")
        .nth(1)
        .map_or(asked, |n| n.parse().unwrap());
    let data = Arc::new(data());
    if flags.iter().any(|flag| flag == "--redis") {
        Runtime::new().unwrap().block_on(in_redis(sessions, &data));
        return;
    }
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    allocations(&runtime, &data);
    in_memory(&runtime, sessions, &data);
    mass_expiry(sessions, &data);
}
