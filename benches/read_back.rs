//! What it costs a warm turn that its data is read back before it is stored.
//!
//! ```text
//! cargo bench --bench read_back
//! ```
//!
//! The store is in memory, so there is no network: a round trip to Redis makes each share smaller.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use vimbiso_state::flow::{NoChoice, Row, row};
use vimbiso_state::session::check_state;
use vimbiso_state::{
    Flow, MemoryStore, MessageId, Stage, StateManager, Step, UserId, assert_transitions,
};

const ROUNDS: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Counter,
}

impl Stage for At {
    const START: Self = Self::Counter;
    const TABLE: &'static [Row<Self>] = &[row(Self::Counter, "counter", &[])];
}
assert_transitions!(At);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Drink {
    name: String,
    price: f64,
    sugar: Option<u8>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Order {
    guest: Option<String>,
    visits: u64,
    drinks: Vec<Drink>,
    notes: BTreeMap<String, String>,
}

impl Order {
    /// An order of about so many bytes as JSON.
    fn of(bytes: usize) -> Self {
        let mut order = Self::default();
        while serde_json::to_string(&order).map_or(0, |text| text.len()) < bytes {
            let n = order.drinks.len();
            order.drinks.push(Drink {
                name: format!("a flat white, number {n}"),
                price: 3.5,
                sugar: n.is_multiple_of(2).then_some(2),
            });
            order.notes.insert(
                format!("note {n}"),
                "with oat milk, to take away".to_owned(),
            );
        }
        order
    }
}

struct Cafe;

impl Flow for Cafe {
    const NAME: &'static str = "cafe";
    type Stage = At;
    type Choice = NoChoice;
    type Data = Order;
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// The median of one call. Not of several in a row, which another program would interrupt.
fn time<T>(mut call: impl FnMut() -> T) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let begin = Instant::now();
        black_box(call());
        begin.elapsed()
    });
    median(times.collect())
}

async fn warm_turn(order: &Order) -> f64 {
    let manager = StateManager::<Cafe>::new(MemoryStore::new());
    let user = UserId::new("263771234567").unwrap();
    let mut times = Vec::new();
    for n in 0..ROUNDS * 2 {
        let message = MessageId::new(format!("wamid.{n}")).unwrap();
        let begin = Instant::now();
        let handled = manager
            .handle(&user, &message, |turn| {
                if n == 0 {
                    *turn.data_mut() = order.clone();
                }
                turn.data_mut().visits += 1;
                Ok(Step::Commit(()))
            })
            .await;
        times.push(begin.elapsed());
        let _ = handled.unwrap();
    }
    assert!(manager.cache_stats().hits + 1 >= times.len() as u64);
    median(times)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    println!("µs, medians      turn  encode  checks  read back  share of the turn");
    for bytes in [200, 2_000, 20_000] {
        let order = Order::of(bytes);
        let text = serde_json::to_string(&order).unwrap();
        let turn = runtime.block_on(warm_turn(&order));
        let encode = time(|| serde_json::to_string(&order));
        let all = time(|| check_state::<Cafe>(&order).unwrap());
        let read_back = time(|| {
            let again: Order = serde_json::from_str(&text).unwrap();
            serde_json::to_writer(std::io::sink(), &again)
        });
        println!(
            "{:>6} bytes {turn:>9.1} {encode:>7.1} {:>7.1} {read_back:>10.1} {:>17.0} %",
            text.len(),
            all - encode - read_back,
            read_back / turn * 100.0
        );
    }
}
