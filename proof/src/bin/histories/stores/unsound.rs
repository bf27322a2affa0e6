//! The crate's Redis store with one idea taken away, so that nothing else can be what is caught.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    Claim, Commit, CommitOutcome, CommitStatus, LeaseHolder, Loaded, TokenOutcome, TokenPut,
};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

use super::{Design, last_write_wins, no_commit_ids, number_only};

#[derive(Debug)]
pub struct Unsound {
    pub store: RedisStore,
    pub design: Design,
}

#[async_trait]
impl StateStore for Unsound {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        match self.design {
            Design::CheckedTransitions => self.store.load(user, commit, deadline).await,
            Design::LastWriteWins | Design::NoCommitIds => {
                self.store.load(user, None, deadline).await
            }
            Design::NumberOnly => self
                .store
                .load(user, commit, deadline)
                .await
                .map(number_only::numbered),
        }
    }

    async fn commit(
        &self,
        user: &UserId,
        commit: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        match self.design {
            Design::CheckedTransitions => self.store.commit(user, commit).await,
            Design::LastWriteWins => last_write_wins::commit(&self.store, user, &commit).await,
            Design::NoCommitIds => no_commit_ids::commit(&self.store, user, &commit).await,
            Design::NumberOnly => number_only::commit(&self.store, user, &commit).await,
        }
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        match self.design {
            Design::CheckedTransitions | Design::NumberOnly => {
                self.store.resolve(user, commit, deadline).await
            }
            Design::LastWriteWins | Design::NoCommitIds => Err(StoreError::Misconfigured {
                what: "this design knows no commit again".into(),
                source: None,
            }),
        }
    }

    async fn put_token(
        &self,
        user: &UserId,
        put: TokenPut<'_>,
    ) -> Result<TokenOutcome, StoreError> {
        self.store.put_token(user, put).await
    }

    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        owner: &LeaseHolder,
        lease: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError> {
        self.store
            .acquire_refresh_lease(user, owner, lease, deadline)
            .await
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
