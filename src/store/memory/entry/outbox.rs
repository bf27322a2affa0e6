//! The outbox of one user, beside the session.

use std::time::Duration;

use tokio::time::Instant;

use super::Entry;
use crate::id::CommitId;
use crate::store::memory::agenda::{Appointment, Plan};
use crate::store::memory::outbox::{Lanes, UserOutbox};
use crate::store::{
    CommitRequest, Outbox, OutboxChanges, OutboxCommit, Removal, Settled, Settlement, Take, Taken,
    WakeUp,
};

impl Entry {
    /// The outbox, if anything is in it.
    pub(in crate::store::memory) fn outbox(&self, now: Instant) -> Option<&UserOutbox> {
        let outbox = self.rest.as_ref()?.outbox.as_deref();
        outbox.filter(|outbox| now < outbox.expires())
    }

    /// The answer to a commit with changes that must not be applied; `None` if it may.
    pub(in crate::store::memory) fn refuse_with(
        &self,
        request: &CommitRequest<'_>,
        changes: &OutboxChanges<'_>,
        now: Instant,
    ) -> Option<OutboxCommit> {
        if let Some(outcome) = self.refuse(request, Some(changes), now) {
            let outbox = self.outbox(now);
            let lanes = outbox.map(|outbox| outbox.lanes(request.id, changes, now));
            return Some(lanes.unwrap_or(Lanes::EMPTY).answer(outcome));
        }
        let refusal = match self.outbox(now) {
            Some(outbox) => outbox.refuse(changes, now),
            None => UserOutbox::new(now).refuse(changes, now),
        };
        refusal.map(OutboxCommit::Refused)
    }

    /// Applies a commit with changes that is not refused.
    pub(in crate::store::memory) fn apply_with(
        &mut self,
        request: &CommitRequest<'_>,
        changes: &OutboxChanges<'_>,
        now: Instant,
        retention: Duration,
    ) -> OutboxCommit {
        let outcome = self.apply(request, changes.session, now, retention);
        if self.outbox(now).is_none() && !adds(changes) {
            return Lanes::EMPTY.answer(outcome);
        }
        let version = request.record.version;
        let lanes = self.change_outbox(now, retention, |outbox| {
            outbox.apply(request.id, version, changes, now)
        });
        lanes.answer(outcome)
    }

    pub(in crate::store::memory) fn take(
        &mut self,
        take: &Take,
        now: Instant,
        retention: Duration,
    ) -> Taken {
        self.change_outbox(now, retention, |outbox| outbox.take(take, now))
    }

    pub(in crate::store::memory) fn settle(
        &mut self,
        settlement: &Settlement,
        now: Instant,
        retention: Duration,
    ) -> Settled {
        self.change_outbox(now, retention, |outbox| outbox.settle(settlement, now))
    }

    pub(in crate::store::memory) fn show(
        &mut self,
        leave_out: &[CommitId],
        now: Instant,
        retention: Duration,
    ) -> Outbox {
        self.change_outbox(now, retention, |outbox| outbox.show(leave_out, now))
    }

    /// Returns `false` if the slot holds another call than the removal names.
    pub(in crate::store::memory) fn remove(
        &mut self,
        removal: Removal,
        now: Instant,
        retention: Duration,
    ) -> bool {
        let pending = self.outbox(now).and_then(UserOutbox::call_key);
        if let Removal::User(expected) = removal
            && expected != pending
        {
            return false;
        }
        let outbox = self.rest.take().and_then(|rest| rest.outbox);
        *self = Self::default();
        if let (Removal::Login, Some(mut outbox)) = (removal, outbox)
            && now < outbox.expires()
        {
            outbox.end_login(now);
            if !outbox.is_empty() {
                outbox.renew(now, retention);
                self.expires_at(outbox.expires());
                self.rest().outbox = Some(outbox);
            }
        }
        true
    }

    /// When the user is due.
    pub(in crate::store::memory) fn plan(&self) -> Plan {
        let outbox = self.rest.as_ref().and_then(|rest| rest.outbox.as_ref());
        outbox.map_or(Plan::default(), |outbox| outbox.plan())
    }

    /// Sets when the user is due again. Returns `false` if the user was claimed meanwhile.
    pub(in crate::store::memory) fn claim(
        &mut self,
        appointment: &Appointment,
        until: Instant,
    ) -> bool {
        let outbox = self.rest.as_mut().and_then(|rest| rest.outbox.as_mut());
        outbox.is_some_and(|outbox| outbox.claim(appointment, until))
    }

    /// Changes the outbox. While anything is in it, it is kept, and the tombstone with it.
    fn change_outbox<T>(
        &mut self,
        now: Instant,
        retention: Duration,
        change: impl FnOnce(&mut UserOutbox) -> T,
    ) -> T {
        // What has expired may not be swept yet, and must not come back.
        let mut outbox = match self.rest().outbox.take() {
            Some(outbox) if now < outbox.expires() => outbox,
            _ => Box::new(UserOutbox::new(now)),
        };
        let changed = change(&mut outbox);
        if outbox.is_empty() {
            return changed;
        }
        outbox.renew(now, retention);
        let end = outbox.expires();
        self.expires_at(end);
        let rest = self.rest.get_or_insert_default();
        rest.outbox = Some(outbox);
        if let Some(newest) = self.newest.as_mut().filter(|newest| now < newest.forgotten) {
            newest.forgotten = newest.forgotten.max(end);
            // The reply of the newest commit is kept as long as its id.
            if let Some((_, until)) = rest.commits.get_mut(&newest.commit_id) {
                *until = newest.forgotten;
            }
        }
        changed
    }
}

/// Whether a commit puts anything into the outbox.
pub(super) fn adds(changes: &OutboxChanges<'_>) -> bool {
    let wakes = matches!(changes.wake_up, WakeUp::After(_));
    wakes || changes.reply.is_some() || changes.call.is_some()
}
