//! How many loads and commits a message costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Due, Loaded, Outbox, OutboxChanges, OutboxCommit,
    OutboxStore, Settled, Settlement, Take, Taken,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

use crate::accounts_api::Behaviour;
use crate::harness::Talk;

/// A memory store that counts its loads, its commits, and its other calls.
#[derive(Debug, Default)]
pub struct Counting {
    store: MemoryStore,
    loads: AtomicU32,
    commits: AtomicU32,
    others: AtomicU32,
}

impl Counting {
    /// The loads, the commits and the other calls since the last call of this function.
    fn counts(&self) -> (u32, u32, u32) {
        (
            self.loads.swap(0, Ordering::Relaxed),
            self.commits.swap(0, Ordering::Relaxed),
            self.others.swap(0, Ordering::Relaxed),
        )
    }
}

#[async_trait]
impl StateStore for Counting {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.store.load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.store.commit(user, request).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.store.resolve(user, commit, deadline).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.store.delete(user, deadline).await
    }

    fn retention(&self) -> Duration {
        self.store.retention()
    }

    fn namespace(&self) -> &str {
        self.store.namespace()
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}

#[async_trait]
impl OutboxStore for Counting {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.store.commit_with(user, request, changes).await
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        self.others.fetch_add(1, Ordering::Relaxed);
        self.store.take(user, take).await
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        self.others.fetch_add(1, Ordering::Relaxed);
        self.store.settle(user, settlement).await
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.others.fetch_add(1, Ordering::Relaxed);
        self.store.read(user, deadline).await
    }

    async fn show(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.others.fetch_add(1, Ordering::Relaxed);
        self.store.show(user, deadline).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        self.others.fetch_add(1, Ordering::Relaxed);
        self.store.due(limit, claim, deadline).await
    }
}

#[tokio::test]
async fn queries_of_a_warm_message_cost_one_commit() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("what?").await;
    assert_eq!(store.counts(), (1, 1, 1), "the first message has to load");
    // The dashboard; the dashboard and an account; the offers, twice.
    for text in ["hi", "10=>grace", "hi", "2", "1", "hi", "4", "next"] {
        talk.say(text).await;
        assert_eq!(store.counts(), (0, 1, 1), "{text}");
    }
}

#[tokio::test]
async fn a_failed_query_costs_one_load_more() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("hi").await;
    store.counts();
    talk.world().reads_fail = true;
    // The session is not written, and a cached one may be stale, so it is decided again on a loaded
    // one. The query is not made again.
    assert!(talk.say("hi").await.contains("try again"));
    assert_eq!(store.counts(), (1, 1, 1));
    assert_eq!(std::mem::take(&mut talk.world().reads), 2);
}

#[tokio::test]
async fn a_call_costs_two_commits_and_no_load() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("hi").await;
    talk.say("10=>grace").await;
    store.counts();
    talk.world().behaviour = Behaviour::Accepts;
    assert!(talk.say("yes").await.starts_with("✅"));
    assert_eq!(store.counts(), (0, 2, 1));
}
