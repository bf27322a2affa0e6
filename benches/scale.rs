//! A million sessions: what a turn allocates, what a session weighs, and how turns fare in a crowd
//! and beside a mass expiry.
//!
//! ```text
//! cargo bench --bench scale                       # in memory, up to 100,000 sessions
//! cargo bench --bench scale -- --sessions 1000000 # up to a million: two gigabytes, some minutes
//! cargo bench --bench scale -- --redis            # in a private Redis, both key layouts
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::server::Server;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use vimbiso_state::Step;
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{
    Flow, MemoryStore, MessageId, RedisStore, StateStore, UserId, assert_choices,
    assert_transitions,
};

/// Turns whose times make one figure.
const TURNS: usize = 20_000;

/// Two stages, to go back and forth between.
struct Accounts;

type StateManager = vimbiso_state::StateManager<Accounts>;

impl Flow for Accounts {
    type Stage = Stage;
    type Choice = Choice;
    type Data = State;
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
struct State {
    profile: Value,
    current_account: Value,
    page_number: u32,
}

/// A session in the middle of a conversation: 655 bytes of JSON.
fn state() -> State {
    let json = include_str!("state.json").trim_end();
    assert_eq!(json.len(), 655);
    serde_json::from_str(json).unwrap()
}

fn user(n: usize) -> UserId {
    UserId::new(format!("2637{n:08}")).unwrap()
}

fn manager(store: impl StateStore + 'static, sessions: usize, ttl: Duration) -> StateManager {
    StateManager::builder(store)
        .session_cache(sessions)
        .ttl(ttl)
        .deadline(Duration::from_secs(30))
        .build()
        .unwrap()
}

async fn turn(manager: &StateManager, user: &UserId, state: &Arc<State>) {
    let message = MessageId::new(format!("{:032x}", rand::random::<u128>())).unwrap();
    let handled = manager.handle(user, &message, |turn| {
        if turn.data().current_account.is_null() {
            *turn.data_mut() = State::clone(state);
        }
        turn.data_mut().page_number += 1;
        Ok(Step::Commit(turn.select(
            if turn.stage() == Stage::Menu {
                Choice::Transactions
            } else {
                Choice::Menu
            },
        )?))
    });
    assert!(!handled.await.unwrap().is_duplicate());
}

/// How long each of [`TURNS`] turns takes, of users picked at random: the median and the 99th of a
/// hundred.
async fn times(manager: &StateManager, users: usize, state: &Arc<State>) -> [Duration; 2] {
    let mut times = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        let user = user(rand::random_range(0..users));
        let started = Instant::now();
        turn(manager, &user, state).await;
        times.push(started.elapsed());
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

/// On one thread, since only that one's allocations are counted.
fn allocations(runtime: &Runtime, state: &Arc<State>) {
    for (name, guesses) in [("warm", 10), ("cold", 0)] {
        let manager = manager(MemoryStore::new(), guesses, Duration::from_secs(300));
        let user = user(1);
        runtime.block_on(turn(&manager, &user, state));
        let counted = allocation_counter::measure(|| {
            for _ in 0..1000 {
                runtime.block_on(turn(&manager, &user, state));
            }
        });
        let (count, bytes) = (
            counted.count_total as f64 / 1000.0,
            counted.bytes_total / 1000,
        );
        println!("a {name} turn in memory: {count:.1} allocations, {bytes} bytes");
    }
}

fn in_memory(runtime: &Runtime, most: usize, state: &Arc<State>) {
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
                    turn(&manager, &user(n), state).await;
                }
            });
        });
        let (bytes, counted) = (
            kept.bytes_current / sessions as i64,
            store.bytes() / sessions,
        );
        let [p50, p99] = runtime.block_on(times(&manager, sessions, state));
        let to = ratio(p50, *smallest.get_or_insert(p50));
        let over = bytes - 655;
        println!(
            "{sessions} sessions in memory: a turn p50 {p50:?} ({to:.2} × that of the fewest), \
             p99 {p99:?}; {bytes} bytes a session, {over} over the \
             state, as counted by the store {counted}"
        );
    }
}

/// Everybody falls silent at once, and one crowd goes on.
fn mass_expiry(sessions: usize, state: &Arc<State>) {
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
        let started = Instant::now();
        for n in 0..sessions {
            turn(&manager, &user(n), state).await;
        }
        let built = started.elapsed();
        assert!(built < ttl, "they expire before they are all there");
        let crowd = 1000.min(sessions);
        let before = times(&manager, crowd, state).await;
        tokio::time::sleep((started + ttl).saturating_duration_since(Instant::now())).await;
        // The sweeper comes by every second, frees the states, and leaves a trace of each session.
        let swept = Instant::now() + built + Duration::from_secs(2);
        let mut during = Vec::new();
        while Instant::now() < swept {
            let user = user(rand::random_range(0..crowd));
            let started = Instant::now();
            turn(&manager, &user, state).await;
            during.push(started.elapsed());
        }
        let [p50, p99] = percentiles(during);
        println!(
            "while {sessions} sessions expire: a turn p50 {p50:?}, p99 {p99:?}, which is \
             {:.2} × the p99 before",
            ratio(p99, before[1])
        );
    });
}

async fn in_redis(sessions: usize, state: &Arc<State>) {
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
                let (manager, state) = (manager.clone(), Arc::clone(state));
                tokio::spawn(async move {
                    for n in (task..sessions).step_by(64) {
                        turn(&manager, &user(n), &state).await;
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
            "{sessions} sessions in Redis, {layout:?}: {bytes:.0} bytes a session; \
             {:.1} µs of the server's CPU a first turn",
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
            let taken: Option<u64> = redis::cmd("MEMORY")
                .arg("USAGE")
                .arg(&key)
                .query_async(&mut redis)
                .await
                .unwrap();
            if let Some(taken) = taken {
                println!("  {{id}}{suffix}: {taken} bytes");
            }
        }
        let cpu = self::cpu(&mut redis).await;
        let [p50, p99] = times(&manager, sessions, state).await;
        let spent = (self::cpu(&mut redis).await - cpu) / TURNS as f64;
        println!(
            "  a turn among them: p50 {p50:?}, p99 {p99:?}; {:.1} µs of the server's CPU",
            spent * 1e6
        );
        let _: () = redis.del(user(0).expose()).await.unwrap();
    }
}

/// Seconds of the server's CPU so far.
async fn cpu(redis: &mut MultiplexedConnection) -> f64 {
    info(redis, "cpu", "used_cpu_user").await + info(redis, "cpu", "used_cpu_sys").await
}

async fn info(redis: &mut MultiplexedConnection, section: &str, field: &str) -> f64 {
    let info: String = redis::cmd("INFO")
        .arg(section)
        .query_async(redis)
        .await
        .unwrap();
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
    let state = Arc::new(state());
    if flags.iter().any(|flag| flag == "--redis") {
        Runtime::new().unwrap().block_on(in_redis(sessions, &state));
        return;
    }
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    allocations(&runtime, &state);
    in_memory(&runtime, sessions, &state);
    mass_expiry(sessions, &state);
}
