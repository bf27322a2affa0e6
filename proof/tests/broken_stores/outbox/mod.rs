//! The outbox calls of the flawed store.

mod commits;
pub mod flaws;
mod menus;
mod removals;
mod work;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use vimbiso_state::store::{
    CommitRequest, Delivery, Due, EntryId, Lane, LeaseHolder, LeaseRequest, NewReply, Outbox,
    OutboxChanges, OutboxCommit, OutboxStore, Removal, SessionWrite, Settled, Settlement, Take,
    Taken, WakeUp,
};
use vimbiso_state::{CommitId, StateStore, StoreError, UserId};

use self::flaws::OutboxFlaw;
use super::flaws::Flaw;
use super::store::{Flawed, LONG, RETENTION, lower_case, soon};
use super::tokens::empty;

/// What the wrapper remembers of an outbox, because a flaw needs it.
#[derive(Debug, Default)]
pub struct KeptOutbox {
    /// When the last commit was.
    pub committed: Option<Instant>,
    /// Who took a lane last.
    pub taker: Option<LeaseHolder>,
    /// What was settled last.
    pub settled: Option<EntryId>,
    pub was_due: bool,
    pub was_woken: bool,
    pub was_postponed: bool,
    /// How the first reply of the queue is delivered.
    pub delivery: Option<Delivery>,
}

impl Flawed {
    fn outbox_flaw(&self) -> Option<OutboxFlaw> {
        match self.flaw {
            Flaw::Outbox(flaw) => Some(flaw),
            _ => None,
        }
    }

    fn outbox_key(&self, user: &UserId) -> UserId {
        match self.outbox_flaw() {
            Some(OutboxFlaw::OutboxesOfOneCase) => lower_case(user),
            _ => self.session_key(user),
        }
    }

    /// Fails if the store is silent, or the outbox cannot be read.
    async fn can_answer(&self, user: &UserId, deadline: Instant) -> Result<(), StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        let is_corrupt = self.corrupt_outboxes.lock().unwrap().contains(user);
        if is_corrupt && self.outbox_flaw() != Some(OutboxFlaw::OverwritesUnreadable) {
            return Err(StoreError::corrupt("an outbox of a later release"));
        }
        Ok(())
    }

    /// The outbox without a flaw.
    async fn stored(&self, user: &UserId) -> Result<Outbox, StoreError> {
        self.store.read(user, soon()).await
    }

    /// Takes a lane without a flaw.
    async fn taken(
        &self,
        user: &UserId,
        lane: Lane,
        lease: LeaseRequest,
    ) -> Result<Taken, StoreError> {
        let take = Take {
            lane,
            lease,
            deadline: soon(),
        };
        self.store.take(user, take).await
    }

    /// Makes these changes to the outbox in a commit that writes no session.
    pub async fn change_outbox(
        &self,
        user: &UserId,
        changes: OutboxChanges<'_>,
    ) -> Result<(), StoreError> {
        // A conclusion is checked against the session.
        let loaded = self.store.load(user, None, soon()).await?;
        let request = CommitRequest {
            id: &CommitId::random(),
            precondition: &loaded.precondition,
            record: &Arc::new(empty(None)),
            reply: None,
            drop_token: false,
            ttl: LONG,
            max_lifetime: LONG,
            deadline: soon(),
        };
        let changes = OutboxChanges {
            session: SessionWrite::Nothing,
            wake_up: WakeUp::Keep(None),
            ..changes
        };
        let _ = self.store.commit_with(user, request, changes).await?;
        Ok(())
    }

    /// Deletes a user, but not the replies, if that is the flaw.
    pub async fn delete_outbox(&self, user: &UserId) -> Result<(), StoreError> {
        self.corrupt_outboxes.lock().unwrap().remove(user);
        let outbox = self.stored(user).await?;
        self.store.delete(user, soon()).await?;
        match outbox.replies.first() {
            Some(_) if self.outbox_flaw() == Some(OutboxFlaw::DeleteKeepsOutbox) => {
                let changes = OutboxChanges {
                    reply: Some(NewReply {
                        body: b"1",
                        to: None,
                        is_outcome: false,
                        is_replaceable: false,
                        delivery: Delivery::Push,
                    }),
                    ..Default::default()
                };
                self.change_outbox(user, changes).await
            }
            _ => Ok(()),
        }
    }

    /// Whether what is kept was last renewed by a commit, and that is too long ago.
    pub fn is_forgotten(&self, user: &UserId, by: OutboxFlaw) -> bool {
        let committed = self.keep(user, |kept| kept.outbox.committed);
        self.outbox_flaw() == Some(by) && committed.is_some_and(|at| at.elapsed() > RETENTION)
    }
}

#[async_trait]
impl OutboxStore for Flawed {
    async fn commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        let user = self.outbox_key(user);
        self.flawed_commit_with(&user, request, changes).await
    }

    async fn take(&self, user: &UserId, take: Take) -> Result<Taken, StoreError> {
        let user = self.outbox_key(user);
        self.can_answer(&user, take.deadline).await?;
        self.flawed_take(&user, take).await
    }

    async fn settle(&self, user: &UserId, settlement: Settlement) -> Result<Settled, StoreError> {
        let user = self.outbox_key(user);
        self.can_answer(&user, settlement.deadline).await?;
        self.flawed_settle(&user, settlement).await
    }

    async fn read(&self, user: &UserId, deadline: Instant) -> Result<Outbox, StoreError> {
        let user = self.outbox_key(user);
        if self.is_silent() && self.outbox_flaw() == Some(OutboxFlaw::SilenceIsAnEmptyOutbox) {
            return Ok(Outbox::default());
        }
        self.can_answer(&user, deadline).await?;
        self.flawed_read(&user).await
    }

    async fn show(
        &self,
        user: &UserId,
        leave_out: &[CommitId],
        deadline: Instant,
    ) -> Result<Outbox, StoreError> {
        let user = self.outbox_key(user);
        self.can_answer(&user, deadline).await?;
        let leave_out = match self.outbox_flaw() {
            Some(OutboxFlaw::ShowsWhatIsLeftOut) => &[],
            _ => leave_out,
        };
        self.store.show(&user, leave_out, deadline).await
    }

    async fn remove(
        &self,
        user: &UserId,
        removal: Removal,
        deadline: Instant,
    ) -> Result<bool, StoreError> {
        let user = self.outbox_key(user);
        self.can_answer(&user, deadline).await?;
        self.flawed_remove(&user, removal).await
    }

    async fn due(
        &self,
        limit: usize,
        claim: Duration,
        deadline: Instant,
    ) -> Result<Vec<Due>, StoreError> {
        if self.is_silent() {
            return Err(self.no_answer(deadline).await);
        }
        self.flawed_due(limit, claim).await
    }
}
