//! A store that comes to a point before and after its calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use proof::payments::event::Point;
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, CommitStatus, Due, Loaded, Outbox, OutboxChanges, OutboxCommit,
    OutboxStore, Removal, Settled, Settlement, Take, Taken,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use super::points::Points;

pub struct PointedStore {
    pub store: Arc<dyn StateStore>,
    pub points: Points,
}

impl fmt::Debug for PointedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PointedStore")
    }
}

impl PointedStore {
    fn inner(&self) -> Result<&dyn OutboxStore, StoreError> {
        let outbox = self.store.outbox();
        outbox.ok_or_else(|| StoreError::misconfigured("the store keeps no outboxes"))
    }

    async fn between<T>(&self, before: Point, after: Point, run: impl Future<Output = T>) -> T {
        self.points.reach(before);
        let done = run.await;
        self.points.reach(after);
        done
    }
}

#[async_trait]
impl StateStore for PointedStore {
    async fn load(
        &self,
        user: &UserId,
        commit: Option<&CommitId>,
        deadline: Instant,
    ) -> Result<Loaded, StoreError> {
        self.store.load(user, commit, deadline).await
    }

    async fn commit(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
    ) -> Result<CommitOutcome, StoreError> {
        let run = self.store.commit(user, request);
        self.between(Point::BeforeCommit, Point::AfterCommit, run)
            .await
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
        self.store.outbox().map(|_| self as &dyn OutboxStore)
    }
}

#[async_trait]
impl OutboxStore for PointedStore {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let run = self.inner()?.commit_with(user, request, changes);
        self.between(Point::BeforeCommit, Point::AfterCommit, run)
            .await
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        let taken = self.inner()?.take(user, take).await;
        if let Ok(Taken::Work(_)) = taken {
            self.points.reach(Point::AfterTake);
        }
        taken
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        let run = self.inner()?.settle(user, settlement);
        self.between(Point::BeforeSettle, Point::AfterSettle, run)
            .await
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        self.inner()?.read(user, deadline).await
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        self.inner()?.show(user, leave_out, deadline).await
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        self.inner()?.remove(user, removal, deadline).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        self.inner()?.due(limit, claim, deadline).await
    }
}
