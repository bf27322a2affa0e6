//! A store that lets others go first, before and after each call: every call has its await points, as over a network.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, LeaseHolder, Loaded, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

pub struct Hesitant<S>(pub S);

/// Shows nobody, so that what a manager shows is its own.
impl<S> fmt::Debug for Hesitant<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hesitant")
    }
}

async fn hesitating<T>(call: impl Future<Output = T>) -> T {
    yield_now().await;
    let done = call.await;
    yield_now().await;
    done
}

#[async_trait]
impl<S: StateStore> StateStore for Hesitant<S> {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        hesitating(self.0.load(user, commit, deadline)).await
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        hesitating(self.0.commit(user, commit)).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        hesitating(self.0.resolve(user, commit, deadline)).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        hesitating(self.0.put_token(user, put)).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        hesitating(self.0.acquire_refresh_lease(user, owner, lease, deadline)).await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        hesitating(self.0.delete(user, deadline)).await
    }

    fn retention(&self) -> Duration {
        self.0.retention()
    }

    fn namespace(&self) -> &str {
        self.0.namespace()
    }
}
