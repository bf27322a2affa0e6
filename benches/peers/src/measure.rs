//! How the peers are measured: in short slices that alternate, so that noise of the machine hits
//! all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::cpu;
use crate::peers::{Entry, USERS};
use crate::server::Server;

/// The figures of one peer at one number of tasks.
pub struct Figures {
    pub name: &'static str,
    pub guarantees: &'static str,
    pub tasks: usize,
    /// Nanoseconds a turn.
    pub latency: Histogram<u64>,
    /// Turns a second, one figure a round.
    pub rates: Vec<f64>,
    pub round_trips: Option<f64>,
    /// Time on CPU, of this process and of the server.
    client: Option<Duration>,
    server: Option<Duration>,
}

impl Figures {
    pub fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    /// The median over the rounds of our rate to theirs, in the same round.
    pub fn rate_to(&self, other: &Self) -> f64 {
        median(
            self.rates
                .iter()
                .zip(&other.rates)
                .map(|(ours, theirs)| ours / theirs)
                .collect(),
        )
    }

    /// Microseconds on CPU a turn, of this process and of the server.
    pub fn cpu(&self) -> [Option<f64>; 2] {
        let turns = self.latency.len() as f64;
        [self.client, self.server].map(|time| Some(time?.as_secs_f64() * 1e6 / turns))
    }

    pub fn p50(&self) -> f64 {
        self.latency.value_at_quantile(0.5) as f64 / 1e3
    }

    pub fn p99(&self) -> f64 {
        self.latency.value_at_quantile(0.99) as f64 / 1e3
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Each turn of a run gets its own number, and so its own message id.
static TURNS: AtomicU64 = AtomicU64::new(0);

/// Runs every peer for `slice`, one after the other, `rounds` times.
pub async fn alternate(
    peers: &[Arc<Entry>],
    tasks: usize,
    rounds: usize,
    slice: Duration,
    server: Option<&Server>,
) -> Vec<Figures> {
    let mut figures: Vec<_> = peers.iter().map(|peer| empty(peer, tasks)).collect();
    for round in 0..rounds {
        // Each round begins with another peer, so that none always comes first.
        for at in 0..peers.len() {
            let at = (at + round) % peers.len();
            let times = || {
                let client = cpu::time(std::process::id());
                (
                    client,
                    server.and_then(|server| cpu::time(server.process())),
                )
            };
            let before = times();
            let (latency, rate) = run(&peers[at], tasks, slice).await;
            let after = times();
            let row = &mut figures[at];
            row.latency.add(latency).expect("one range");
            row.rates.push(rate);
            row.client = added(row.client, before.0, after.0);
            row.server = added(row.server, before.1, after.1);
        }
    }
    figures
}

fn added(
    sum: Option<Duration>,
    before: Option<Duration>,
    after: Option<Duration>,
) -> Option<Duration> {
    Some(sum? + after?.saturating_sub(before?))
}

fn empty(peer: &Entry, tasks: usize) -> Figures {
    let latency = Histogram::new(3).expect("three digits");
    Figures {
        name: peer.name,
        guarantees: peer.guarantees,
        tasks,
        latency,
        rates: Vec::new(),
        round_trips: None,
        client: Some(Duration::ZERO),
        server: Some(Duration::ZERO),
    }
}

/// One turn for every user, so that every session exists and every cache is warm.
pub async fn warm_up(peer: &Entry) {
    for user in 0..USERS {
        peer.peer
            .turn(user, TURNS.fetch_add(1, Ordering::Relaxed))
            .await;
    }
}

/// How often the server reads from its sockets for a turn, on average. A request that the client
/// writes in one piece is read once.
pub async fn round_trips(peer: &Entry, server: &Server) -> f64 {
    const TURNS_COUNTED: u64 = 1000;
    let before = server.info("stats", "total_reads_processed").await;
    for user in 0..TURNS_COUNTED {
        peer.peer
            .turn(user as usize, TURNS.fetch_add(1, Ordering::Relaxed))
            .await;
    }
    // The INFO itself takes two reads: one for the client's greeting as it connects, one for INFO.
    let after = server.info("stats", "total_reads_processed").await;
    ((after - before).saturating_sub(2)) as f64 / TURNS_COUNTED as f64
}

async fn run(peer: &Arc<Entry>, tasks: usize, slice: Duration) -> (Histogram<u64>, f64) {
    let begin = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let peer = Arc::clone(peer);
            tokio::spawn(async move {
                let mut latency = Histogram::<u64>::new(3).expect("three digits");
                let mut user = task.wrapping_mul(7919) % USERS;
                while begin.elapsed() < slice {
                    let turn = Instant::now();
                    peer.peer
                        .turn(user, TURNS.fetch_add(1, Ordering::Relaxed))
                        .await;
                    latency
                        .record(turn.elapsed().as_nanos() as u64)
                        .expect("within range");
                    // 7,927 is prime, so each user's turn comes once in a round of all users.
                    user = (user + 7927) % USERS;
                }
                latency
            })
        })
        .collect();
    let mut latency = Histogram::new(3).expect("three digits");
    for task in running {
        latency.add(task.await.expect("a task")).expect("one range");
    }
    let rate = latency.len() as f64 / begin.elapsed().as_secs_f64();
    (latency, rate)
}
