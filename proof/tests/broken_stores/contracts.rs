//! The calls of the flawed store, and what a test can do with it from outside.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use proof::BoxError;
use tokio::time::Instant;
use vimbiso_state::store::conformance::Fixture;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Lease, LeaseHolder, Loaded, OutboxStore,
    StoredToken, TokenOutcome, TokenPut, TokenStore,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::flaws::Flaw;
use super::store::{Flawed, RETENTION, soon};

/// The fixture.
pub struct Bench(pub Flawed);

#[async_trait]
impl Fixture for Bench {
    fn store(&self) -> &dyn StateStore {
        &self.0
    }

    async fn corrupt(&self, user: &UserId) -> Result<(), BoxError> {
        let loaded = self.0.store.load(user, None, soon()).await?;
        let version = loaded.session.version().ok_or("no session to corrupt")?;
        self.0.corrupt.lock().unwrap().insert(user.clone(), version);
        Ok(())
    }

    async fn corrupt_outbox(&self, user: &UserId) -> Result<(), BoxError> {
        self.0.corrupt_outboxes.lock().unwrap().insert(user.clone());
        Ok(())
    }

    async fn stall(&self) -> Result<(), BoxError> {
        self.0.silent.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn resume(&self) -> Result<(), BoxError> {
        self.0.silent.store(false, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl StateStore for Flawed {
    async fn load(
        &self,
        user: &UserId,
        id: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.flawed_load(&self.session_key(user), id, deadline)
            .await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        self.flawed_commit(&self.session_key(user), request).await
    }

    async fn resolve(
        &self,
        user: &UserId,
        id: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        self.flawed_resolve(&self.session_key(user), id, deadline)
            .await
    }

    async fn delete(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        self.flawed_delete(&self.session_key(user), deadline).await
    }

    fn retention(&self) -> Duration {
        if self.flaw == Flaw::ShortMemory {
            RETENTION * 2
        } else {
            RETENTION
        }
    }

    fn namespace(&self) -> &str {
        ""
    }

    fn tokens(&self) -> Option<&dyn TokenStore> {
        (self.flaw != Flaw::NoTokens).then_some(self)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        (self.flaw != Flaw::NoOutboxes).then_some(self)
    }
}

#[async_trait]
impl TokenStore for Flawed {
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError> {
        self.flawed_load_token(&self.token_key(user), deadline)
            .await
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        self.flawed_put(&self.token_key(user), put).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        self.flawed_acquire(&self.token_key(user), holder, length, deadline)
            .await
    }

    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        self.flawed_release(&self.token_key(user), holder, deadline)
            .await
    }
}
