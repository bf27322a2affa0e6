//! The outbox calls of a hooked store.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitRequest, Due, Outbox, OutboxChanges, OutboxCommit, OutboxStore, Removal, Settled,
    Settlement, Take, Taken,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::{Call, Hook, Hooked};

impl<S: StateStore, H: Hook> Hooked<S, H> {
    fn inner_outbox(&self) -> &dyn OutboxStore {
        self.store.outbox().expect("the store keeps outboxes")
    }
}

#[async_trait]
impl<S: StateStore, H: Hook> OutboxStore for Hooked<S, H> {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let outbox = self.inner_outbox();
        let run = outbox.commit_with(user, request.clone(), changes);
        let answer = self.around(Call::CommitWith, user, run).await;
        if self.hook.loses_answer(&changes).await {
            return outbox.commit_with(user, request, changes).await;
        }
        answer
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        let run = self.inner_outbox().take(user, take);
        let taken = self.around(Call::Take, user, run).await?;
        self.hook.taken(&taken);
        Ok(taken)
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        let run = self.inner_outbox().settle(user, settlement);
        self.around(Call::Settle, user, run).await
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        let run = self.inner_outbox().read(user, deadline);
        self.around(Call::ReadOutbox, user, run).await
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        let run = self.inner_outbox().show(user, leave_out, deadline);
        self.around(Call::ShowOutbox, user, run).await
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let run = self.inner_outbox().remove(user, removal, deadline);
        self.around(Call::Remove, user, run).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        // It is for no user in particular.
        let all = UserId::encode("all users").expect("a short text is a user id");
        let run = self.inner_outbox().due(limit, claim, deadline);
        self.around(Call::Due, &all, run).await
    }
}
