//! One state of the model.

use crate::commit::promises::Promised;
use crate::commit::store::{CommitRequest, Store};
use crate::commit::worker::Worker;
use crate::commit::{Faults, Scenario};

/// The store, the workers and the network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) store: Store,
    /// What the replica knows.
    pub(crate) replica: Store,
    pub(crate) workers: Vec<Worker>,
    /// Every commit that was ever sent, in the order of their tags: the network may deliver each of
    /// them at any time, any number of times, or never. This includes a worker that sends the same
    /// bytes again.
    pub(crate) wire: Vec<CommitRequest>,
    pub(crate) left: Faults,
    pub(crate) promised: Promised,
    /// Whether a failover has lost something that was acknowledged.
    pub(crate) lost: bool,
}

impl World {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self {
            store: Store::default(),
            replica: Store::default(),
            workers: scenario.deliveries.iter().map(|_| Worker::new()).collect(),
            wire: Vec::new(),
            left: scenario.faults,
            promised: Promised::default(),
            lost: false,
        }
    }

    pub(crate) fn send(&mut self, request: CommitRequest) {
        let at = self
            .wire
            .partition_point(|sent| sent.version.tag < request.version.tag);
        self.wire.insert(at, request);
    }

    /// The newest commits are gone, and with them the promises about them. All other promises
    /// stay.
    pub(crate) fn fail_over(&mut self) {
        self.store = self.replica;
        let known = self.promised.acknowledged.within(self.store.history());
        self.lost |= known != self.promised.acknowledged;
        self.promised.acknowledged = known;
        self.promised.given_up = self.promised.given_up.within(self.store.fenced());
    }
}
