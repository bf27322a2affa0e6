//! What a run consists of: who gets which messages, and what may go wrong how often.

use crate::Design;
use crate::store::Message;

/// How often each fault may happen in one run. The network's are not counted: it may always do its
/// worst.
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
    /// What is interesting about it.
    pub name: &'static str,
    /// What each worker gets, one message after the other; the same message may come to several.
    pub deliveries: &'static [&'static [Message]],
    /// How often a worker decides at the most, all its messages together.
    pub attempts: u8,
    /// What may go wrong.
    pub faults: Faults,
    /// The protocol.
    pub design: Design,
}

/// The runs in which nothing may be violated.
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
