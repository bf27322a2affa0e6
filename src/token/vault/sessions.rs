//! The session calls of a vault: stored replies are sealed.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::Vault;
use super::envelope::Field;
use crate::error::StoreError;
use crate::id::{CommitId, UserId};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, OutboxStore, StateStore, TokenStore,
};

impl<S: StateStore> Vault<S> {
    fn open_reply(
        &self,
        user: &UserId,
        commit: &CommitId,
        sealed: Option<Box<[u8]>>,
    ) -> Option<Box<[u8]>> {
        self.open_bytes(user, Field::Reply(commit), &sealed?)
    }

    pub(super) fn seal_reply(
        &self,
        user: &UserId,
        commit: &CommitId,
        reply: Option<&[u8]>,
    ) -> Result<Option<String>, StoreError> {
        reply
            .map(|reply| self.seal(user, Field::Reply(commit), reply))
            .transpose()
    }

    pub(super) fn open_outcome(
        &self,
        user: &UserId,
        commit: &CommitId,
        outcome: CommitOutcome,
    ) -> CommitOutcome {
        match outcome {
            CommitOutcome::Duplicate {
                version,
                reply,
                current,
            } => CommitOutcome::Duplicate {
                version,
                reply: self.open_reply(user, commit, reply),
                current,
            },
            other => other,
        }
    }

    fn open_status(&self, user: &UserId, commit: &CommitId, status: CommitStatus) -> CommitStatus {
        match status {
            CommitStatus::Applied { version, reply } => CommitStatus::Applied {
                version,
                reply: self.open_reply(user, commit, reply),
            },
            CommitStatus::Fenced => CommitStatus::Fenced,
        }
    }
}

#[async_trait]
impl<S: StateStore> StateStore for Vault<S> {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        let mut loaded = self.store.load(user, commit, deadline).await?;
        if let Some(commit) = commit {
            let status = loaded.commit_status.take();
            loaded.commit_status = status.map(|status| self.open_status(user, commit, status));
        }
        Ok(loaded)
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let id = request.id;
        let reply = self.seal_reply(user, id, request.reply)?;
        let request = CommitRequest {
            reply: reply.as_deref().map(str::as_bytes),
            ..request
        };
        let outcome = self.store.commit(user, request).await?;
        Ok(self.open_outcome(user, id, outcome))
    }

    async fn resolve(
        &self,
        user: &UserId,
        commit: &CommitId,
        deadline: Instant,
    ) -> Result<CommitStatus, StoreError> {
        let status = self.store.resolve(user, commit, deadline).await?;
        Ok(self.open_status(user, commit, status))
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
        // The vault seals what its store keeps, and keeps nothing itself.
        self.store.tokens().map(|_| self as &dyn TokenStore)
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        self.store.outbox().map(|_| self as &dyn OutboxStore)
    }
}
