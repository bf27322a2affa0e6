//! A new session for a user whose call is still pending.

use tokio::time::Instant;
use tracing::Instrument;

use super::StateManager;
use super::attempt::{self, Attempt, Effort};
use super::commit::Committed;
use super::snapshot::Snapshot;
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::PendingCall;
use crate::store::{OutboxChanges, OutboxStore, SessionWrite};

impl<F: Flow> StateManager<F> {
    /// Puts a new session without a token in place of the old one, and keeps the outbox, if a call
    /// is pending. Returns whether one is: otherwise nothing is changed.
    ///
    /// A delete, and the call put back after it, would lose the call if the process died between
    /// the two.
    pub(super) async fn start_over_with_pending_call(&self, user: &UserId) -> Result<bool, Error> {
        let Some(outbox) = self.inner.store.outbox() else {
            return Ok(false);
        };
        let deadline = self.deadline();
        if outbox.read(user, deadline).await?.call.is_none() {
            return Ok(false);
        }
        let commit_id = CommitId::random();
        let mut effort = Effort::new();
        async {
            let done = self
                .inherit_call(user, commit_id, outbox, &mut effort, deadline)
                .await;
            effort.finish(done)
        }
        .instrument(attempt::span(user, &commit_id))
        .await?;
        Ok(true)
    }

    async fn inherit_call(
        &self,
        user: &UserId,
        commit_id: CommitId,
        outbox: &dyn OutboxStore,
        effort: &mut Effort,
        deadline: Instant,
    ) -> Result<(), Error> {
        loop {
            effort.attempts += 1;
            effort.round_trips += 2;
            let loaded = self.inner.store.load(user, None, deadline).await?;
            // After the load, so that a conclusion that comes after this is a conflict. If one came
            // before, the outbox stays all the same: its reply may not be sent yet.
            let pending = outbox.read(user, deadline).await?.call;
            let snapshot = Snapshot::loaded(user, loaded)?;
            let (mut attempt, mut turn) = Attempt::begin(snapshot, commit_id);
            attempt.drop_token = true;
            turn.label("start_session");
            turn.reset();
            turn.set_pending(pending.map(|call| PendingCall {
                key: call.key,
                inherited: true,
            }));
            let record = attempt.record(&mut turn, SessionWrite::Prolong)?;
            let changes = Some(OutboxChanges::default());
            let committed = self
                .commit(&attempt, turn, record, changes, effort, deadline)
                .await?;
            match committed {
                Committed::Applied(..) | Committed::Duplicate(..) => return Ok(()),
                Committed::Conflict(_) | Committed::Refused(_) => effort.back_off(deadline).await?,
            }
        }
    }
}
