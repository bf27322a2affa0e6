//! Commits with changes to the outbox, with a flaw.

use tokio::task::yield_now;
use tokio::time::Instant;
use vimbiso_state::session::Record;
use vimbiso_state::store::{
    CommitOutcome, CommitRequest, Delivery, Lane, LaneState, NewReply, Outbox, OutboxChanges,
    OutboxCommit, OutboxRefusal, OutboxStore, SessionWrite, Taken, WakeUp,
};
use vimbiso_state::{StateStore, StoreError, UserId};

use super::Flawed;
use super::flaws::OutboxFlaw;
use super::menus::is_menu;
use crate::store::{soon, unavailable};

impl Flawed {
    pub async fn flawed_commit_with(
        &self,
        user: &UserId,
        request: CommitRequest<'_>,
        changes: OutboxChanges<'_>,
    ) -> Result<OutboxCommit, StoreError> {
        if self.is_silent() {
            if self.outbox_flaw() == Some(OutboxFlaw::SilentButCommitted) {
                let _ = self.store.commit_with(user, request, changes).await?;
                return Err(unavailable());
            }
            let cause = self.no_answer(request.deadline).await;
            return Err(StoreError::unknown(*request.id).with_source(cause));
        }
        self.can_answer(user, request.deadline).await?;
        self.keep(user, |kept| kept.outbox.committed = Some(Instant::now()));
        let before = self.stored(user).await?;
        if let Some(refusal) = self.early_refusal(&before, &changes) {
            return Ok(OutboxCommit::Refused(refusal));
        }
        let id = Some(request.id);
        let is_known = self
            .store
            .load(user, id, soon())
            .await?
            .commit_status
            .is_some();
        let altered = self.altered_changes(user, &before, changes).await?;
        let mut request = request;
        let loaded = self.store.load(user, None, soon()).await?;
        match (self.outbox_flaw(), changes.session) {
            (
                Some(OutboxFlaw::NothingBegins | OutboxFlaw::ConcludesInAnySession),
                SessionWrite::Nothing,
            ) => request.precondition = &loaded.precondition,
            (Some(OutboxFlaw::OwnCommitsDropToken), session) => {
                request.drop_token |= session != SessionWrite::Prolong
            }
            _ => {}
        }
        let answer = self
            .store
            .commit_with(user, request.clone(), altered)
            .await?;
        let commit = Commit {
            request,
            changes,
            before,
            is_known,
        };
        self.after_commit_with(user, commit, answer).await
    }

    /// A refusal before anything else is looked at.
    fn early_refusal(&self, before: &Outbox, changes: &OutboxChanges<'_>) -> Option<OutboxRefusal> {
        let key = before.call.as_ref().map(|call| call.key);
        let pending = || before.call.clone().map(OutboxRefusal::CallPending);
        let bytes: usize = before.replies.iter().map(|reply| reply.body.len()).sum();
        let added = changes.reply.map_or(0, |reply| reply.body.len());
        let has_room = before.replies.len() < Outbox::MAX_REPLIES - 1
            && bytes + added + Record::MAX_REPLY <= Outbox::MAX_BYTES;
        match self.outbox_flaw()? {
            OutboxFlaw::OutboxBeforeSession if changes.concludes.is_some() => {
                (changes.concludes != key).then_some(OutboxRefusal::NoSuchCall)
            }
            OutboxFlaw::RefusesBeforeIds if changes.call.is_some() => pending(),
            OutboxFlaw::ConclusionAnnouncesNothing if changes.concludes.is_some() => {
                changes.call.and_then(|_| pending())
            }
            OutboxFlaw::ConclusionsNeedRoom if changes.concludes.is_some() => {
                (!has_room).then_some(OutboxRefusal::Full)
            }
            OutboxFlaw::CountsWhatIsReplaced if is_menu(changes) => {
                (before.replies.len() == Outbox::MAX_REPLIES).then_some(OutboxRefusal::Full)
            }
            _ => None,
        }
    }

    /// The changes with a part of them changed.
    async fn altered_changes<'a>(
        &self,
        user: &UserId,
        before: &Outbox,
        changes: OutboxChanges<'a>,
    ) -> Result<OutboxChanges<'a>, StoreError> {
        let Some(flaw) = self.outbox_flaw() else {
            return Ok(changes);
        };
        let mut altered = self.altered_menu(user, before, flaw, changes).await?;
        let key = before.call.as_ref().map(|call| call.key);
        match flaw {
            OutboxFlaw::LosesReceiver => {
                altered.reply = changes.reply.map(|reply| NewReply { to: None, ..reply })
            }
            OutboxFlaw::PullIsPush => {
                let delivery = Delivery::Push;
                altered.reply = changes.reply.map(|reply| NewReply { delivery, ..reply })
            }
            OutboxFlaw::FirstReplySaysTheDelivery => {
                altered.reply = changes.reply.map(|reply| {
                    let is_first = before.replies.is_empty();
                    let delivery = self.keep(user, |kept| match is_first {
                        true => *kept.outbox.delivery.insert(reply.delivery),
                        false => *kept.outbox.delivery.get_or_insert(reply.delivery),
                    });
                    NewReply { delivery, ..reply }
                })
            }
            OutboxFlaw::WakesWithoutAVersion if changes.check().is_err() => {
                altered.wake_up = WakeUp::Keep(None)
            }
            OutboxFlaw::AddsRepliesLater => altered.reply = None,
            OutboxFlaw::ReplacesTheCall if changes.call.is_some() => altered.concludes = key,
            OutboxFlaw::ConcludesAnyCall if changes.concludes.is_some() => altered.concludes = key,
            OutboxFlaw::LooksThenAnnounces if changes.call.is_some() && key.is_none() => {
                yield_now().await;
                altered.concludes = self.stored(user).await?.call.map(|call| call.key);
            }
            OutboxFlaw::LooksThenConcludes if key.is_some() && changes.concludes == key => {
                yield_now().await;
                altered.concludes = self.stored(user).await?.call.map(|call| call.key);
            }
            OutboxFlaw::AnyoneConcludes => altered.concluded_by = None,
            OutboxFlaw::IgnoresUnsent => altered.only_if_sent = false,
            OutboxFlaw::DropsUnshownToo if changes.drop_shown => {
                let _ = self.store.show(user, &[], soon()).await?;
            }
            OutboxFlaw::DropsNothing => altered.drop_shown = false,
            OutboxFlaw::KeepsTheShownThatIsSent => {
                let is_sent = before
                    .replies
                    .first()
                    .is_some_and(|reply| reply.attempt > 0);
                altered.drop_shown &= !is_sent;
            }
            OutboxFlaw::AcquiresNothing => altered.lease = None,
            OutboxFlaw::ReportsAnOldLane if !before.replies.is_empty() => {
                yield_now().await;
                altered.lease = None;
            }
            OutboxFlaw::FirstWakeUpStays if before.reminder.is_some() => {
                altered.wake_up = WakeUp::Keep(None)
            }
            OutboxFlaw::KeepBindsNothing => {
                if let WakeUp::Keep(_) = changes.wake_up {
                    altered.wake_up = WakeUp::Keep(None);
                }
            }
            OutboxFlaw::KeepDrops => {
                if let WakeUp::Keep(_) = changes.wake_up {
                    altered.wake_up = WakeUp::Drop;
                }
            }
            OutboxFlaw::DropsAnyWakeUp => {
                if let WakeUp::DropIf(_) = changes.wake_up {
                    altered.wake_up = WakeUp::Drop;
                }
            }
            _ => {}
        }
        altered.session = match (flaw, changes.session) {
            (OutboxFlaw::KeepExpiryProlongs, SessionWrite::KeepExpiry)
            | (OutboxFlaw::TombstoneRevives, SessionWrite::Tombstone)
            | (OutboxFlaw::NothingBegins, SessionWrite::Nothing)
            | (OutboxFlaw::NothingChecksTheSession, SessionWrite::Nothing) => SessionWrite::Prolong,
            (OutboxFlaw::TombstoneWritesNothing, SessionWrite::Tombstone) => SessionWrite::Nothing,
            (_, session) => session,
        };
        Ok(altered)
    }

    /// What happens after a commit, and how it is answered.
    async fn after_commit_with(
        &self,
        user: &UserId,
        commit: Commit<'_>,
        answer: OutboxCommit,
    ) -> Result<OutboxCommit, StoreError> {
        let Some(flaw) = self.outbox_flaw() else {
            return Ok(answer);
        };
        let (outcome, mut replies, mut call) = match answer {
            OutboxCommit::Refused(refusal) => {
                return self.after_refusal(user, commit, refusal).await;
            }
            OutboxCommit::Answered {
                outcome,
                replies,
                call,
            } => (outcome, replies, call),
        };
        let changes = commit.changes;
        let alone = OutboxChanges {
            reply: changes.reply,
            ..Default::default()
        };
        let applied = matches!(outcome, CommitOutcome::Applied(_));
        match flaw {
            OutboxFlaw::ConflictAddsReply if matches!(outcome, CommitOutcome::Conflict(_)) => {
                self.change_outbox(user, alone).await?;
            }
            OutboxFlaw::ResendAddsReply if applied && commit.is_known => {
                self.change_outbox(user, alone).await?;
            }
            OutboxFlaw::ResendForgetsLease if commit.is_known => replies = LaneState::Held,
            OutboxFlaw::AddsRepliesLater if applied && !commit.is_known => {
                yield_now().await;
                self.change_outbox(user, alone).await?;
            }
            OutboxFlaw::OneLeaseForBothLanes if call == LaneState::Acquired => {
                if let Some(lease) = changes.lease
                    && let Taken::Work(_) = self.taken(user, Lane::Replies, lease).await?
                {
                    replies = LaneState::Held;
                }
            }
            OutboxFlaw::AcquiresNothing if changes.lease.is_some() => {
                if changes.reply.is_some() && replies == LaneState::Due {
                    replies = LaneState::Acquired;
                }
                if changes.call.is_some() && call == LaneState::Due {
                    call = LaneState::Acquired;
                }
            }
            OutboxFlaw::TellsAcquiredForHeld if replies == LaneState::Held => {
                replies = LaneState::Acquired
            }
            OutboxFlaw::AcquiresBehindOthers if replies == LaneState::Due => {
                if let Some(lease) = changes.lease {
                    let _ = self.taken(user, Lane::Replies, lease).await?;
                    replies = LaneState::Acquired;
                }
            }
            OutboxFlaw::ReportsAnOldLane if !commit.before.replies.is_empty() => {
                replies = LaneState::Held
            }
            _ => {}
        }
        Ok(OutboxCommit::Answered {
            outcome,
            replies,
            call,
        })
    }

    async fn after_refusal(
        &self,
        user: &UserId,
        commit: Commit<'_>,
        refusal: OutboxRefusal,
    ) -> Result<OutboxCommit, StoreError> {
        let number = commit.before.replies.len();
        let is_full = matches!(refusal, OutboxRefusal::Full);
        let adds_anyway = match self.outbox_flaw() {
            Some(OutboxFlaw::ReplacesAndRefuses) if is_menu(&commit.changes) => {
                self.drop_replies(user).await?;
                false
            }
            Some(OutboxFlaw::RefusalWritesSession) => {
                let _ = self.store.commit(user, commit.request.clone()).await?;
                false
            }
            Some(OutboxFlaw::NeverFull) => is_full,
            Some(OutboxFlaw::CountsNoBytes) => is_full && number < Outbox::MAX_REPLIES - 1,
            Some(OutboxFlaw::ReservesNoPlace) => is_full && number == Outbox::MAX_REPLIES - 1,
            _ => false,
        };
        if !adds_anyway {
            return Ok(OutboxCommit::Refused(refusal));
        }
        // The session alone: no store below takes so many.
        let changes = OutboxChanges {
            reply: None,
            ..commit.changes
        };
        self.store.commit_with(user, commit.request, changes).await
    }
}

/// A commit, and what it found.
struct Commit<'a> {
    request: CommitRequest<'a>,
    changes: OutboxChanges<'a>,
    before: Outbox,
    is_known: bool,
}
