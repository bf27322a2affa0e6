//! What decides a run: the messages, the bank, the kind of store, and how often each fault may
//! happen.

use crate::outbox::design::Design;
use crate::outbox::request::{Message, Question};

/// Time on the server's clock. What has a time is over at 0.
pub type Ticks = u8;

/// Never over.
pub const FOREVER: Ticks = Ticks::MAX;
/// How long a lease lasts.
pub const LEASE: Ticks = 2;
/// The time before the next attempt.
pub const BACK_OFF: Ticks = 1;
/// How long a hint is relied on after it is written.
pub const WINDOW: Ticks = 3;
/// How long a sweeper's claim lasts.
pub const CLAIM: Ticks = 1;
/// How long a request to the bank may be under way.
pub const SLOWEST: Ticks = 1;
/// The attempt after which a call is given up and a reply is reported.
pub const LAST_ATTEMPT: u8 = 3;

/// What a message of the user says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Says {
    /// Yes, by the button of this question: announces a call if the question is open.
    Yes(Question),
    /// Anything else: is answered with a reply.
    Hello,
}

/// How often the bank may be asked to perform a call under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeats {
    /// As often as needed: it never forgets a key.
    Always,
    /// For so many ticks. The bank forgets a key some ticks later.
    For(Ticks),
    /// The bank knows no keys.
    Never,
}

/// How the wake-ups of a user are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Index {
    /// Beside the outbox: every script writes both in one step.
    SameServer,
    /// On another server: hints.
    Hints,
}

/// How often each fault may happen in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Faults {
    /// A process dies. Its message is delivered again.
    pub deaths: u8,
    /// A process stops between the look at its clock and the work, and goes on after its lease.
    pub stops: u8,
    /// The answer of the store, the bank or the channel is lost.
    pub lost: u8,
    /// A reply or a call surely did not leave the process.
    pub unsent: u8,
    /// A process gives up a request to the store, which may have arrived or not.
    pub given_up: u8,
    /// A copy of a request stays on the network, and arrives at any time.
    pub copies: u8,
    /// The bank is slower than its client waits.
    pub slow: u8,
    /// The session expires.
    pub expiries: u8,
    /// The outbox or the version line is evicted.
    pub evictions: u8,
    /// The host deletes the user.
    pub deletes: u8,
    /// The store falls back to what its replica knew.
    pub failovers: u8,
}

impl Faults {
    /// No fault happens.
    pub const NONE: Self = Self {
        deaths: 0,
        stops: 0,
        lost: 0,
        unsent: 0,
        given_up: 0,
        copies: 0,
        slow: 0,
        expiries: 0,
        evictions: 0,
        deletes: 0,
        failovers: 0,
    };
}

/// A run to be explored.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What each message says.
    pub says: &'static [Says],
    /// The messages of each process, one after the other.
    pub deliveries: &'static [&'static [Message]],
    /// Whether replies are sent. Otherwise only the money is looked at.
    pub replies: bool,
    /// How many replies the queue holds.
    pub capacity: usize,
    /// How often the bank may be asked.
    pub repeats: Repeats,
    /// How wake-ups are kept.
    pub index: Index,
    /// How many of the processes sweep.
    pub sweepers: usize,
    /// The faults that may happen.
    pub faults: Faults,
    /// The protocol.
    pub design: Design,
}
