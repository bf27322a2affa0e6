//! The crate's Redis store with one idea removed, so that nothing else can cause a violation.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{CommitOutcome, CommitRequest, CommitStatus, Loaded, TokenStore};
use vimbiso_state::{CommitId, RedisStore, StateStore, StoreError, UserId};

use super::{Design, last_write_wins, no_commit_ids, number_only};

#[derive(Debug)]
pub struct Broken {
    pub store: RedisStore,
    pub design: Design,
}

#[async_trait]
impl StateStore for Broken {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        match self.design {
            Design::Correct => self.store.load(user, commit, deadline).await,
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
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        match self.design {
            Design::Correct => self.store.commit(user, request).await,
            Design::LastWriteWins => last_write_wins::commit(&self.store, user, &request).await,
            Design::NoCommitIds => no_commit_ids::commit(&self.store, user, &request).await,
            Design::NumberOnly => number_only::commit(&self.store, user, &request).await,
        }
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        match self.design {
            Design::Correct | Design::NumberOnly => {
                self.store.resolve(user, commit, deadline).await
            }
            Design::LastWriteWins | Design::NoCommitIds => Err(StoreError::misconfigured(
                "this design recognises no commit id",
            )),
        }
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

    fn tokens(&self) -> Option<&dyn TokenStore> {
        self.store.tokens()
    }
}
