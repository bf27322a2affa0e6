//! How many loads and commits a message costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

use crate::harness::{Behaviour, Talk};

/// A memory store that counts its loads and commits.
#[derive(Debug, Default)]
pub struct Counting {
    store: MemoryStore,
    loads: AtomicU32,
    commits: AtomicU32,
}

impl Counting {
    /// The loads and the commits since the last call of this function.
    fn take(&self) -> (u32, u32) {
        (
            self.loads.swap(0, Ordering::Relaxed),
            self.commits.swap(0, Ordering::Relaxed),
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
}

#[tokio::test]
async fn queries_of_a_warm_message_cost_one_commit() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("what?").await;
    assert_eq!(store.take(), (1, 1), "the first message has to load");
    // The dashboard; the dashboard and an account; the offers, twice.
    for text in ["hi", "10=>grace", "hi", "2", "1", "hi", "4", "next"] {
        talk.say(text).await;
        assert_eq!(store.take(), (0, 1), "{text}");
    }
}

#[tokio::test]
async fn a_failed_query_costs_one_load() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("hi").await;
    store.take();
    talk.world().reads_fail = true;
    // The turn commits nothing, and a cached session may be stale, so it is decided again on a
    // loaded one.
    assert!(talk.say("hi").await.contains("try again"));
    assert_eq!(store.take(), (1, 0));
}

#[tokio::test]
async fn a_call_costs_two_commits_and_no_load() {
    let store = Arc::new(Counting::default());
    let mut talk = Talk::on(store.clone());
    talk.say("hi").await;
    talk.say("10=>grace").await;
    store.take();
    talk.world().behaviour = Behaviour::Accepts;
    assert!(talk.say("yes").await.starts_with("✅"));
    assert_eq!(store.take(), (0, 2));
}
