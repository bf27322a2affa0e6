//! What decides a run: which worker gets which messages, and how often each fault may happen.

use crate::commit::Design;
use crate::commit::store::Message;

/// How often each fault may happen in one run. The faults of the network are not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Faults {
    /// The session expires.
    pub expiries: u8,
    /// A key of the session is evicted.
    pub evictions: u8,
    /// A worker dies, and its message is delivered again.
    pub crashes: u8,
    /// The store falls back to what its replica knew.
    pub failovers: u8,
}

/// A run to be explored.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The messages of each worker, one after the other. Several workers may get the same message.
    pub deliveries: &'static [&'static [Message]],
    /// How often a worker decides at most, for all its messages together.
    pub attempts: u8,
    /// The faults that may happen.
    pub faults: Faults,
    /// The protocol.
    pub design: Design,
}

/// The runs in which every promise must hold.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "two workers, both messages delivered to both",
        deliveries: &[&[0, 1], &[0, 1]],
        attempts: 3,
        faults: Faults {
            expiries: 1,
            evictions: 1,
            crashes: 2,
            failovers: 0,
        },
        design: Design::WHOLE,
    },
    Scenario {
        name: "two workers, three messages, one of them twice",
        deliveries: &[&[0, 1], &[0, 2]],
        attempts: 3,
        faults: Faults {
            expiries: 1,
            evictions: 1,
            crashes: 1,
            failovers: 0,
        },
        design: Design::WHOLE,
    },
    Scenario {
        name: "two workers, a failover",
        deliveries: &[&[0, 1], &[0, 2]],
        attempts: 3,
        faults: Faults {
            expiries: 1,
            evictions: 0,
            crashes: 0,
            failovers: 1,
        },
        design: Design::WHOLE,
    },
    Scenario {
        name: "three workers, one message delivered to all",
        deliveries: &[&[0], &[0], &[0]],
        attempts: 3,
        faults: Faults {
            expiries: 0,
            evictions: 0,
            crashes: 2,
            failovers: 0,
        },
        design: Design::WHOLE,
    },
    Scenario {
        name: "three workers, three messages, one of them twice",
        deliveries: &[&[0, 1], &[0], &[2]],
        attempts: 2,
        faults: Faults {
            expiries: 1,
            evictions: 1,
            crashes: 1,
            failovers: 0,
        },
        design: Design::WHOLE,
    },
];
