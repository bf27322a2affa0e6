//! The guarantees of the three contracts.

use std::fmt;

/// A contract that a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// The [contract](crate::StateStore#contract) for sessions.
    StateStore,
    /// The [contract](crate::store::TokenStore#contract) for tokens.
    TokenStore,
    /// The [contract](crate::store::OutboxStore#contract) for outboxes.
    OutboxStore,
}

/// One numbered guarantee. Displayed as `StateStore 4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guarantee {
    /// The contract.
    pub contract: Contract,
    /// Its number there, from 1.
    pub number: usize,
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.contract, self.number)
    }
}

/// Every guarantee, and its first words.
pub const GUARANTEES: &[(Guarantee, &str)] = &[
    session(1, "A load changes nothing."),
    session(
        2,
        "Absent, live, expired and corrupt are four different answers.",
    ),
    session(3, "A commit is atomic."),
    session(4, "A commit has a precondition."),
    session(5, "A commit id takes effect once."),
    session(6, "The same attempt may be sent again."),
    session(
        7,
        "A session lives until `min(now + ttl, start + max_lifetime)`",
    ),
    session(8, "Resolve is final."),
    session(9, "Delete leaves nothing of the user"),
    session(10, "Users are isolated."),
    session(11, "A call returns by its deadline."),
    session(12, "A full store refuses"),
    session(13, "A dropped future does no harm"),
    token(1, "Tokens are independent of sessions."),
    token(2, "A token is put only over the expected one"),
    token(3, "A refresh lease has one holder"),
    token(
        4,
        "Releasing a lease that one does not hold changes nothing.",
    ),
    outbox(1, "One step."),
    outbox(2, "Apart from the session."),
    outbox(3, "One call."),
    outbox(4, "Replies in order."),
    outbox(5, "Bounded."),
    outbox(6, "One holder."),
    outbox(7, "Attempts are counted first."),
    outbox(8, "Settling is atomic."),
    outbox(9, "Not before its time."),
    outbox(10, "Nothing is forgotten."),
    outbox(11, "Own commits do no harm."),
    outbox(12, "What a later release wrote is left alone."),
    outbox(13, "A login ends, and its calls do not."),
    outbox(14, "A newer menu replaces an unsent one."),
];

// Constant functions, so that the list above stays one line a guarantee.
const fn session(number: usize, text: &'static str) -> (Guarantee, &'static str) {
    let contract = Contract::StateStore;
    (Guarantee { contract, number }, text)
}

const fn token(number: usize, text: &'static str) -> (Guarantee, &'static str) {
    let contract = Contract::TokenStore;
    (Guarantee { contract, number }, text)
}

const fn outbox(number: usize, text: &'static str) -> (Guarantee, &'static str) {
    let contract = Contract::OutboxStore;
    (Guarantee { contract, number }, text)
}
