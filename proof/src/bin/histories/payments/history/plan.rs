//! What a seed decides: how users, services and workers behave, and what goes wrong when.

use std::collections::VecDeque;
use std::time::Duration;

use proof::payments::Setup;
use proof::payments::event::{Act, Point};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::crew::Strike;
use super::server::Outage;
use super::user::{self, Round};
use crate::payments::services::bank::Keys;
use crate::payments::worker::points::Trap;
use crate::payments::{Design, Settings};

/// How much happens in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub users: u8,
    pub rounds: u16,
}

pub struct Plan {
    pub setup: Setup,
    pub users: Vec<Vec<Round>>,
    pub workers: Vec<PlannedWorker>,
    pub strikes: Vec<(Duration, usize, Strike)>,
    pub outages: Vec<Outage>,
    /// The longest time between two mishaps of one network.
    pub mishaps_apart: Duration,
    pub networks: Vec<StdRng>,
    pub bank: PlannedBank,
    pub channel: PlannedChannel,
    /// How many users a worker works for at a time.
    pub permits: usize,
    pub ttl: u64,
    pub gateway_seed: u64,
}

pub struct PlannedWorker {
    pub traps: VecDeque<Option<Trap>>,
    pub stopped_for: Duration,
    pub ended_for: Duration,
}

/// Times are in milliseconds.
pub struct PlannedBank {
    pub seed: u64,
    pub keys: Keys,
    pub slow: u64,
    pub fails: u32,
    pub refuses: u32,
    pub repeat_for: u64,
    pub settles_within: Option<u64>,
    pub give_up_after: u64,
}

pub struct PlannedChannel {
    pub seed: u64,
    pub slow: u64,
    pub fails: u32,
    pub rejects: u32,
    pub knows: bool,
}

/// The longest stop of a worker, in milliseconds: longer than the lease. A stopped worker may pay
/// so much later than its bot has decided to.
const LONGEST_STOP: u64 = 6500;

/// How long a call may take, in milliseconds.
const CALL_TIMEOUT: u64 = 1000;

impl Plan {
    pub fn of(seed: u64, settings: Settings) -> Self {
        let Settings {
            size,
            setup,
            design,
        } = settings;
        let mut rng = StdRng::seed_from_u64(seed);
        let rng = &mut rng;
        let drawn = match rng.random_range(0..20) {
            0..10 => Setup::Server,
            10..14 => Setup::KilledServer,
            14..17 => Setup::Failover,
            _ => Setup::Expiry,
        };
        let setup = setup.unwrap_or(drawn);
        let ttl = if setup == Setup::Expiry {
            2000
        } else {
            300_000
        };
        let nap = (setup == Setup::Expiry).then_some(Duration::from_millis(ttl));
        let rounds = |rng: &mut StdRng| (0..size.rounds).map(|_| Round::draw(rng, nap)).collect();
        let count = rng.random_range(2..=3);
        let mut plan = Self {
            setup,
            users: (0..size.users).map(|_| rounds(rng)).collect(),
            workers: (0..count).map(|_| worker(rng)).collect(),
            strikes: strikes(rng, count),
            outages: outages(rng, setup),
            mishaps_apart: millis(rng, 200, 1500),
            networks: (0..count).map(|_| StdRng::from_rng(rng)).collect(),
            bank: bank(rng, setup, design),
            channel: PlannedChannel {
                seed: rng.random(),
                slow: *[10, 60, 300].choose(rng).unwrap_or(&10),
                fails: rng.random_range(0..8),
                rejects: *[0, 0, 3].choose(rng).unwrap_or(&0),
                knows: rng.random_bool(0.3),
            },
            permits: *[64, 64, 2].choose(rng).unwrap_or(&64),
            ttl,
            gateway_seed: rng.random(),
        };
        // The failover may have lost the first confirmation alone, and the bank its key.
        if let (Setup::Failover, Keys::For(known)) = (setup, plan.bank.keys) {
            let forgotten = Duration::from_millis(known + 1000);
            for rounds in &mut plan.users {
                user::confirm_again_after(forgotten, rounds);
            }
        }
        plan
    }
}

fn millis(rng: &mut StdRng, from: u64, to: u64) -> Duration {
    Duration::from_millis(rng.random_range(from..=to))
}

/// A short stop, or one that outlives the lease.
fn stop(rng: &mut StdRng) -> Duration {
    if rng.random_bool(0.4) {
        millis(rng, 5200, LONGEST_STOP)
    } else {
        millis(rng, 20, 900)
    }
}

fn worker(rng: &mut StdRng) -> PlannedWorker {
    let trap = |rng: &mut StdRng| {
        let point = *Point::ALL.choose(rng).unwrap_or(&Point::AfterCommit);
        let act = if rng.random_bool(0.6) {
            Act::Die
        } else {
            Act::Stop
        };
        let nth = rng.random_range(1..8);
        rng.random_bool(0.6).then_some(Trap { point, nth, act })
    };
    PlannedWorker {
        traps: (0..2).map(|_| trap(rng)).collect(),
        stopped_for: stop(rng),
        ended_for: millis(rng, 20, 400),
    }
}

fn strikes(rng: &mut StdRng, workers: usize) -> Vec<(Duration, usize, Strike)> {
    let mut after = Duration::ZERO;
    let count = rng.random_range(0..=2);
    let next = |_| {
        after += millis(rng, 200, 1200);
        let strike = if rng.random_bool(0.6) {
            Strike::Kill
        } else {
            Strike::Stop(stop(rng))
        };
        (after, rng.random_range(0..workers), strike)
    };
    (0..count).map(next).collect()
}

fn outages(rng: &mut StdRng, setup: Setup) -> Vec<Outage> {
    match setup {
        Setup::Server | Setup::Expiry => Vec::new(),
        Setup::KilledServer => (0..rng.random_range(1..=2))
            .map(|_| Outage::Killed {
                after: millis(rng, 200, 1500),
                lasts: millis(rng, 0, 500),
            })
            .collect(),
        Setup::Failover => vec![Outage::FailsOver {
            after: millis(rng, 300, 1500),
            behind: millis(rng, 50, 600),
        }],
    }
}

/// A bank that knows no keys is no bank for a store that may lose commits: it pays a second time if
/// the user confirms again. Nor is one that forgets them a bank for the naive designs.
fn bank(rng: &mut StdRng, setup: Setup, design: Design) -> PlannedBank {
    let always = (Keys::Always, 3_600_000, None, 8000);
    let repeat_for = 3 * CALL_TIMEOUT;
    let late = LONGEST_STOP + 2 * CALL_TIMEOUT;
    let (keys, repeat_for, settles_within, give_up_after) = match rng.random_range(0..10) {
        _ if design != Design::Outbox => always,
        0..2 if setup == Setup::Failover => always,
        0 => (Keys::Never, 0, Some(late), 25_000),
        1 => (Keys::Never, 0, None, 8000),
        2..4 => (Keys::For(repeat_for + late), repeat_for, None, 10_000),
        _ => always,
    };
    PlannedBank {
        seed: rng.random(),
        keys,
        slow: *[20, 300, 1500].choose(rng).unwrap_or(&20),
        fails: rng.random_range(0..12),
        refuses: *[0, 5, 20].choose(rng).unwrap_or(&0),
        repeat_for,
        settles_within,
        give_up_after,
    }
}
