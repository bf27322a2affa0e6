//! What a seed decides: which worker gets which message when, and what goes wrong.

use std::time::Duration;

use proof::list::Message;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};

/// How much happens in a history.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub sessions: u8,
    pub messages: u16,
}

/// One delivery of a message to a worker.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    pub message: Message,
    pub pause: Duration,
    /// How often it is delivered again at most, if it is not acknowledged.
    pub again: u8,
    /// Whether the worker resolves an unknown outcome, rather than delivering the message again.
    pub asks: bool,
    /// Whether the session is read afterwards.
    pub reads: bool,
}

/// The server is killed when so many deliveries are through.
#[derive(Debug, Clone, Copy)]
pub struct Outage {
    pub after: usize,
    pub lasts: Duration,
    pub comes_back: ComesBack,
}

/// What a server has when it is back.
#[derive(Debug, Clone, Copy)]
pub enum ComesBack {
    WithAll,
    /// A copy of its files, taken when so many deliveries were through.
    WithCopy {
        copied_after: usize,
        /// Whether the workers are held back meanwhile, as if a backup is restored on purpose.
        holds_workers: bool,
    },
}

/// A session moves to another node when so many deliveries are through.
#[derive(Debug, Clone, Copy)]
pub struct Move {
    pub after: usize,
    pub session: u8,
    /// How many nodes further.
    pub by: usize,
    /// How many of its keys move at once, and how much later the others follow.
    pub first: usize,
    pub lasts: Duration,
}

/// Which servers a history runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// One server.
    Server,
    /// One server that is killed and restarted; in most histories it comes back with less than it
    /// had.
    KilledServer,
    /// A cluster whose sessions move from node to node.
    Cluster,
}

pub struct Plan {
    /// For each worker and each of its tasks, in order.
    pub deliveries: Vec<Vec<Vec<Delivery>>>,
    pub deadline: Duration,
    pub response_timeout: Duration,
    /// The longest time between two mishaps of one network.
    pub mishaps_apart: Duration,
    pub outages: Vec<Outage>,
    pub moves: Vec<Move>,
    /// Draws the mishaps of each network during the run.
    pub networks: Vec<StdRng>,
}

impl Plan {
    pub fn of(seed: u64, size: Size, setup: Setup) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let workers = rng.random_range(3..=5);
        let tasks = rng.random_range(1..=3);
        let mut messages: Vec<_> = (0..size.sessions)
            .flat_map(|session| (1..=size.messages).map(move |number| Message { session, number }))
            .flat_map(|message| {
                std::iter::repeat_n(message, if rng.random_bool(0.3) { 2 } else { 1 })
            })
            .collect();
        messages.shuffle(&mut rng);
        let total = messages.len();
        let mut deliveries = vec![vec![Vec::new(); tasks]; workers];
        for message in messages {
            let delivery = Delivery {
                message,
                pause: Duration::from_micros(rng.random_range(0..6000)),
                again: *[0, 2, 8].choose(&mut rng).unwrap_or(&0),
                asks: rng.random_bool(0.5),
                reads: rng.random_bool(0.25),
            };
            deliveries[rng.random_range(0..workers)][rng.random_range(0..tasks)].push(delivery);
        }
        let millis =
            |rng: &mut StdRng, of: &[u64]| Duration::from_millis(*of.choose(rng).unwrap_or(&100));
        Self {
            deliveries,
            deadline: millis(&mut rng, &[120, 300, 800, 2000]),
            response_timeout: millis(&mut rng, &[15, 40]),
            mishaps_apart: millis(&mut rng, &[100, 300, 1000]),
            outages: if setup == Setup::KilledServer {
                outages(&mut rng, total)
            } else {
                Vec::new()
            },
            networks: (0..workers).map(|_| StdRng::from_rng(&mut rng)).collect(),
            moves: if setup == Setup::Cluster {
                moves(&mut rng, total, size.sessions)
            } else {
                Vec::new()
            },
        }
    }
}

/// One to three outages, of which most take back what a tenth of the deliveries did.
fn outages(rng: &mut StdRng, deliveries: usize) -> Vec<Outage> {
    let mut due = vec![15, 40, 65];
    due.shuffle(rng);
    due.truncate(rng.random_range(1..=3));
    due.sort_unstable();
    let mut outage = |from: usize| {
        let mut at = |from: usize, to: usize| deliveries * rng.random_range(from..=to) / 100;
        let copied_after = at(from, from + 5);
        let after = at(from + 8, from + 15);
        let with_copy = ComesBack::WithCopy {
            copied_after,
            holds_workers: rng.random_bool(0.75),
        };
        let comes_back = if rng.random_bool(0.7) {
            with_copy
        } else {
            ComesBack::WithAll
        };
        Outage {
            after,
            lasts: Duration::from_millis(rng.random_range(0..40)),
            comes_back,
        }
    };
    due.into_iter().map(&mut outage).collect()
}

/// Three to eight moves.
fn moves(rng: &mut StdRng, deliveries: usize, sessions: u8) -> Vec<Move> {
    let mut due: Vec<_> = (0..rng.random_range(3..=8))
        .map(|_| rng.random_range(0..deliveries))
        .collect();
    due.sort_unstable();
    let mut next = |after| Move {
        after,
        session: rng.random_range(0..sessions),
        by: rng.random_range(1..=2),
        first: rng.random_range(0..=4),
        lasts: Duration::from_millis(rng.random_range(0..40)),
    };
    due.into_iter().map(&mut next).collect()
}
