//! What a turn costs: on memory and on Redis, beside what it is made of.
//!
//! ```text
//! cargo bench --bench round_trip              # everything, then the ratios
//! cargo bench --bench round_trip -- ratios    # the ratios alone, in half a minute
//! ```
//! A private `redis-server` from PATH, or `REDIS_URL`. All figures of one run share one client, one
//! connection for each way and one state of 655 bytes, so that their ratios say something on any
//! machine.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use harness::server::Server;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncCommands, IntoConnectionInfo};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use vimbiso_state::Step;
use vimbiso_state::flow::{ChoiceRow, Row, choice, row};
use vimbiso_state::store::KeyLayout;
use vimbiso_state::{
    Choice, Flow, MemoryStore, MessageId, RedisStore, Stage, StateManager, UserId, assert_choices,
    assert_transitions,
};

const TTL: u64 = 300;
const USERS: usize = 512;

struct Menu;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Only {
    Menu,
}

impl Stage for Only {
    const START: Self = Self::Menu;
    const TABLE: &'static [Row<Self>] = &[row(Self::Menu, "handle_action_menu", &[])];
}
assert_transitions!(Only);

impl Choice<Only> for Only {
    const TABLE: &'static [ChoiceRow<Self, Only>] =
        &[choice(Self::Menu, "handle_action_menu", None)];
}
assert_choices!(Only);

/// A member's profile and current account, as long as the one measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    page_number: u32,
    member: [String; 3],
    account: Vec<(String, String)>,
}

impl State {
    fn of(bytes: usize) -> Self {
        let text = |n: usize| "x".repeat(n);
        let mut state = Self {
            page_number: 1,
            member: [text(36), text(8), text(9)],
            account: Vec::new(),
        };
        state.account = (0..8).map(|_| (text(16), text(30))).collect();
        let missing = bytes - state.json().len();
        state.account[0].1.push_str(&text(missing));
        assert_eq!(state.json().len(), bytes);
        state
    }

    fn json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

impl Flow for Menu {
    type Stage = Only;
    type Choice = Only;
    type Data = State;
}

fn user(n: usize) -> UserId {
    UserId::new(format!("26377{n:07}")).unwrap()
}

/// One way to remember a user's conversation.
#[derive(Clone)]
enum Way {
    /// Ours: cold, load and commit; or warm, a commit decided on what this process committed last.
    Turn(StateManager<Menu>),
    /// GET and SET EX of the state alone.
    Bare(MultiplexedConnection),
    /// The specification's own: five GETs and three SETs, one after the other.
    Specification(MultiplexedConnection),
}

impl Way {
    async fn load(&self, user: &UserId) {
        match self {
            Self::Turn(manager) => drop(black_box(manager.load(user).await.unwrap())),
            Self::Bare(redis) => drop(black_box(
                redis
                    .clone()
                    .get::<_, Option<String>>(user.expose())
                    .await
                    .unwrap(),
            )),
            Self::Specification(redis) => {
                let mut redis = redis.clone();
                for suffix in ["_direction", "_stage", "_option", "", "_jwt_token"] {
                    black_box(
                        redis
                            .get::<_, Option<String>>(format!("{}{suffix}", user.expose()))
                            .await
                            .unwrap(),
                    );
                }
            }
        }
    }

    async fn turn(&self, user: &UserId, state: &State) {
        match self {
            Self::Turn(manager) => {
                let message = MessageId::new(format!("{:032x}", rand::random::<u128>())).unwrap();
                let handled = manager.handle(user, &message, |turn| {
                    turn.data_mut().clone_from(state);
                    turn.transition_to(Only::Menu, Only::Menu)?;
                    Ok(Step::Commit(()))
                });
                let _ = black_box(handled.await.unwrap());
            }
            Self::Bare(redis) => {
                self.load(user).await;
                let () = redis
                    .clone()
                    .set_ex(user.expose(), state.json(), TTL)
                    .await
                    .unwrap();
            }
            Self::Specification(redis) => {
                self.load(user).await;
                let mut redis = redis.clone();
                let menu = "handle_action_menu".to_owned();
                for (suffix, value) in [
                    ("", state.json()),
                    ("_stage", menu.clone()),
                    ("_option", menu),
                ] {
                    let () = redis
                        .set_ex(format!("{}{suffix}", user.expose()), value, TTL)
                        .await
                        .unwrap();
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Load,
    Turn,
    /// A turn, all tasks on one user.
    Contended,
}

/// How long `count` of it take, by so many tasks side by side. A task goes from user to user, for
/// no user sends a thousand messages in a row.
async fn side_by_side(way: &Way, what: What, tasks: usize, count: u64) -> Duration {
    let started = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let share = count / tasks as u64 + u64::from((task as u64) < count % tasks as u64);
            let (way, state) = (way.clone(), State::of(655));
            tokio::spawn(async move {
                for n in 0..share as usize {
                    let user = user(if what == What::Contended {
                        0
                    } else {
                        task * USERS + n % USERS
                    });
                    if what == What::Load {
                        way.load(&user).await
                    } else {
                        way.turn(&user, &state).await
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    started.elapsed()
}

struct Ways {
    redis: MultiplexedConnection,
    memory: Way,
    ours: [Ours; 2],
    bare: Way,
    specification: Way,
}

/// Ours under one layout.
struct Ours {
    layout: KeyLayout,
    cold: Way,
    warm: Way,
}

impl Ours {
    async fn over(url: &str, layout: KeyLayout) -> Self {
        let way = async |namespace: &str, sessions| {
            let store = RedisStore::builder()
                .namespace(format!("{layout:?}.{namespace}"))
                .layout(layout)
                .connect(url)
                .await
                .unwrap();
            let patient = Duration::from_secs(30);
            Way::Turn(
                StateManager::builder(store)
                    .session_cache(sessions)
                    .deadline(patient)
                    .build()
                    .unwrap(),
            )
        };
        // Under keys of its own: a cold turn would outdate the cached session of the warm one.
        Self {
            layout,
            cold: way("cold", 0).await,
            warm: way("warm", 128 * USERS).await,
        }
    }
}

impl Ways {
    async fn over(url: &str) -> Self {
        let patient = Duration::from_secs(30);
        let plain = || async {
            let info = url.into_connection_info().unwrap();
            let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
            redis::Client::open(info)
                .unwrap()
                .get_multiplexed_async_connection()
                .await
                .unwrap()
        };
        Self {
            redis: plain().await,
            memory: Way::Turn(
                StateManager::builder(MemoryStore::new())
                    .session_cache(0)
                    .deadline(patient)
                    .build()
                    .unwrap(),
            ),
            ours: [
                Ours::over(url, KeyLayout::FiveKeys).await,
                Ours::over(url, KeyLayout::OneKey).await,
            ],
            bare: Way::Bare(plain().await),
            specification: Way::Specification(plain().await),
        }
    }

    fn groups(&self, criterion: &mut Criterion, runtime: &Runtime) {
        let ways = [
            ("memory", &self.memory),
            ("redis", &self.ours[0].cold),
            ("redis warm", &self.ours[0].warm),
            ("redis one key", &self.ours[1].cold),
            ("redis one key warm", &self.ours[1].warm),
            ("get+set", &self.bare),
            ("5 get+3 set", &self.specification),
        ];
        for (name, what, tasks) in [
            ("load", What::Load, 1),
            ("turn", What::Turn, 1),
            ("turn", What::Turn, 64),
            ("contended", What::Contended, 64),
        ] {
            let mut group = criterion.benchmark_group(name);
            group
                .throughput(Throughput::Elements(1))
                .sample_size(20)
                .measurement_time(Duration::from_secs(4));
            let ways = if what == What::Contended {
                &ways[..5]
            } else {
                &ways
            };
            for (way_name, way) in ways {
                group.bench_function(BenchmarkId::new(*way_name, format!("{tasks} tasks")), |b| {
                    b.iter_custom(|count| runtime.block_on(side_by_side(way, what, tasks, count)));
                });
            }
            group.finish();
        }
    }

    async fn ratios(&self) {
        let [five, one] = &self.ours;
        let ways = [
            &five.cold,
            &five.warm,
            &one.cold,
            &one.warm,
            &self.bare,
            &self.specification,
        ];

        // A hundred turns of each way, many times over, so that a busy second of the machine hits
        // all of them.
        let mut times = ways.map(|_| Vec::new());
        let state = State::of(655);
        for n in 0..60 {
            for (way, times) in ways.iter().zip(&mut times) {
                for m in 0..100 {
                    let user = user((n * 100 + m) % USERS);
                    let started = Instant::now();
                    way.turn(&user, &state).await;
                    times.push(started.elapsed());
                }
            }
        }
        let [cold, warm, one_cold, one_warm, bare, specification] =
            times.map(median).map(|time| time.as_secs_f64());
        println!("1 task, median of a turn; GET + SET {:.1} µs", bare * 1e6);
        println!(
            "  five keys: cold / (GET + SET)   = {:.2}  (at most 1.35)",
            cold / bare
        );
        println!("  five keys: warm / (GET + SET)   = {:.2}", warm / bare);
        println!("  one key:   cold / (GET + SET)   = {:.2}", one_cold / bare);
        println!("  one key:   warm / (GET + SET)   = {:.2}", one_warm / bare);
        println!(
            "  (5 GET + 3 SET) / five keys, cold = {:.2}  (at least 3)",
            specification / cold
        );

        let ways = [&five.cold, &five.warm, &one.cold, &one.warm, &self.bare];
        let mut rates = ways.map(|_| Vec::new());
        for _ in 0..15 {
            for (way, rates) in ways.iter().zip(&mut rates) {
                rates.push(6400.0 / side_by_side(way, What::Turn, 64, 6400).await.as_secs_f64());
            }
        }
        let [cold, warm, one_cold, one_warm, bare] = rates.map(median);
        println!("64 tasks, turns a second; GET + SET {bare:.0} pairs a second");
        println!(
            "  five keys: cold / (GET + SET)   = {:.2}  (at least 0.30)",
            cold / bare
        );
        println!(
            "  five keys: warm / (GET + SET)   = {:.2}  (at least 0.45)",
            warm / bare
        );
        println!("  one key:   cold / (GET + SET)   = {:.2}", one_cold / bare);
        println!(
            "  one key:   warm / (GET + SET)   = {:.2}  (at least 0.65)",
            one_warm / bare
        );
    }

    /// What the server itself says of a commit, a load and a plain SET, all of 1 KiB.
    async fn server_time(&self) {
        let mut redis = self.redis.clone();
        let state = State::of(1024);
        let mut set = Vec::new();
        let mut spent_by = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
        for _ in 0..9 {
            for (ours, (commits, loads)) in self.ours.iter().zip(&mut spent_by) {
                let _: () = redis::cmd("CONFIG")
                    .arg("RESETSTAT")
                    .query_async(&mut redis)
                    .await
                    .unwrap();
                for n in 0..1000 {
                    ours.cold.turn(&user(n % USERS), &state).await;
                }
                commits.push(spent(&mut redis, "evalsha").await);
                loads.push(spent(&mut redis, "exec").await);
            }
            let _: () = redis::cmd("CONFIG")
                .arg("RESETSTAT")
                .query_async(&mut redis)
                .await
                .unwrap();
            for n in 0..1000 {
                let () = redis
                    .set_ex(user(n % USERS).expose(), state.json(), TTL)
                    .await
                    .unwrap();
            }
            set.push(spent(&mut redis, "setex").await);
        }
        let set = median(set);
        println!("server time, 1 KiB; SET EX {set:.2} µs");
        for (ours, (commits, loads)) in self.ours.iter().zip(spent_by) {
            let (commit, load) = (median(commits), median(loads));
            let most = if ours.layout == KeyLayout::OneKey {
                6
            } else {
                12
            };
            println!(
                "  {:?}: commit {commit:.2} µs, load {load:.2} µs; commit / SET = {:.1}  \
                 (at most {most})",
                ours.layout,
                commit / set
            );
        }
    }

    async fn memory(&self) {
        let mut redis = self.redis.clone();
        for ours in &self.ours {
            let user = UserId::new("memory").unwrap();
            ours.cold.turn(&user, &State::of(655)).await;
            let mut sum = 0;
            let keys: Vec<String> = redis
                .keys(format!("{:?}.cold:{}*", ours.layout, user.expose()))
                .await
                .unwrap();
            for key in &keys {
                let bytes: u64 = redis::cmd("MEMORY")
                    .arg("USAGE")
                    .arg(key)
                    .query_async(&mut redis)
                    .await
                    .unwrap();
                sum += bytes;
            }
            let number = keys.len();
            println!(
                "{:?}: a session with 655 bytes of data and one commit id takes {sum} bytes in \
                 {number} keys",
                ours.layout
            );
        }
    }
}

/// Microseconds a call, by INFO commandstats.
async fn spent(redis: &mut MultiplexedConnection, command: &str) -> f64 {
    let stats: String = redis::cmd("INFO")
        .arg("commandstats")
        .query_async(redis)
        .await
        .unwrap();
    let line = stats
        .lines()
        .find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:")))
        .unwrap();
    line.split(',')
        .find_map(|field| field.strip_prefix("usec_per_call="))
        .unwrap()
        .parse()
        .unwrap()
}

fn median<T: PartialOrd + Copy>(mut times: Vec<T>) -> T {
    times.sort_by(|a, b| a.partial_cmp(b).unwrap());
    times[times.len() / 2]
}

fn main() {
    let runtime = Runtime::new().unwrap();
    let given = std::env::var("REDIS_URL").ok();
    let server = given.is_none().then(Server::start);
    let url = given.unwrap_or_else(|| server.as_ref().unwrap().url());
    let ways = runtime.block_on(Ways::over(&url));
    if !std::env::args().any(|arg| arg == "ratios") {
        let mut criterion = Criterion::default().configure_from_args();
        ways.groups(&mut criterion, &runtime);
        criterion.final_summary();
    }
    // `cargo test --benches` only asks whether it runs.
    if std::env::args().any(|arg| arg == "--bench") {
        runtime.block_on(async {
            ways.ratios().await;
            ways.server_time().await;
            ways.memory().await;
        });
    }
}
