//! A store in which something happens in the middle of a call: as it arrives, or when it is carried out and not answered yet.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, LeaseHolder, Loaded, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, MemoryStore, StateStore, StoreError, UserId};

/// A point in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Load,
    Claim,
    Claimed,
    Put,
    HasPut,
}

type Event = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

#[derive(Clone)]
pub struct Midway {
    store: MemoryStore,
    events: Arc<Mutex<Vec<(At, Event)>>>,
}

impl Midway {
    pub fn new(store: MemoryStore) -> Self {
        Self {
            store,
            events: Arc::default(),
        }
    }

    /// Lets something happen once, the next time a call comes to this point; where it fails, so does the call. What is said
    /// first happens first.
    pub fn once(
        &self,
        at: At,
        event: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    ) {
        self.events.lock().unwrap().push((at, Box::pin(event)));
    }

    async fn reach(&self, at: At) -> Result<(), StoreError> {
        let event = {
            let mut events = self.events.lock().unwrap();
            events
                .iter()
                .position(|(then, _)| *then == at)
                .map(|next| events.remove(next).1)
        };
        match event {
            Some(event) => event.await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Midway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Midway")
    }
}

#[async_trait]
impl StateStore for Midway {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.reach(At::Load).await?;
        self.store.load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.store.commit(user, commit).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.store.resolve(user, commit, deadline).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        self.reach(At::Put).await?;
        let outcome = self.store.put_token(user, put).await?;
        self.reach(At::HasPut).await?;
        Ok(outcome)
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        self.reach(At::Claim).await?;
        let claim = self
            .store
            .acquire_refresh_lease(user, owner, lease, deadline)
            .await?;
        self.reach(At::Claimed).await?;
        Ok(claim)
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
