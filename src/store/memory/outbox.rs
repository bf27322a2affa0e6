//! The outbox of one user, and what the contract makes of it at a given instant. No I/O.

mod changes;
mod lane;

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::changes::Lanes;
use self::lane::LaneLease;
use super::agenda::{Appointment, Plan, later};
use crate::id::{CallKey, CommitId};
use crate::session::Version;
use crate::store::{
    Delivery, EntryId, Lane, LaneState, LeaseRequest, Outbox, QueuedReply, Reminder, Settled,
    Settlement, StoredCall, Take, Taken, Work,
};

/// The outbox of one user. A lane that is empty has no lease.
#[derive(Debug)]
pub(super) struct UserOutbox {
    replies: VecDeque<Reply>,
    call: Option<Call>,
    reply_lease: LaneLease,
    call_lease: LaneLease,
    /// The version that a wake-up is bound to, and when it is due.
    wake_up: Option<(Version, Instant)>,
    plan: Plan,
    /// When its retention is over.
    expires: Instant,
}

#[derive(Debug)]
struct Reply {
    /// `in_doubt` is that of the next attempt.
    queued: QueuedReply,
    /// That of the newest reply, so the same for all.
    delivery: Delivery,
    shown: bool,
    is_replaceable: bool,
}

impl Reply {
    /// Whether a newer one replaces it: only if it cannot have reached the user.
    fn gives_way(&self) -> bool {
        self.is_replaceable && !self.shown && !self.queued.in_doubt
    }
}

#[derive(Debug)]
struct Call {
    /// With an age of zero.
    stored: StoredCall,
    announced: Instant,
}

impl Call {
    fn at(&self, now: Instant) -> StoredCall {
        StoredCall {
            age: now.saturating_duration_since(self.announced),
            ..self.stored.clone()
        }
    }
}

impl UserOutbox {
    /// An empty one, which is kept once it is [renewed](Self::renew).
    pub(super) fn new(now: Instant) -> Self {
        Self {
            replies: VecDeque::new(),
            call: None,
            reply_lease: LaneLease::default(),
            call_lease: LaneLease::default(),
            wake_up: None,
            plan: Plan::default(),
            expires: now,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.call.is_none() && self.wake_up.is_none()
    }

    pub(super) fn plan(&self) -> Plan {
        self.plan
    }

    pub(super) fn expires(&self) -> Instant {
        self.expires
    }

    /// Starts the retention anew. A wake-up is kept for a retention after it is due.
    pub(super) fn renew(&mut self, now: Instant, retention: Duration) {
        let last = self.wake_up.map_or(now, |(_, at)| at.max(now));
        self.expires = later(last, retention);
    }

    pub(super) fn read(&self, now: Instant) -> Outbox {
        Outbox {
            replies: self
                .replies
                .iter()
                .map(|reply| reply.queued.clone())
                .collect(),
            call: self.call.as_ref().map(|call| call.at(now)),
            reminder: self.wake_up.map(|(version, at)| Reminder {
                version,
                after: at.saturating_duration_since(now),
            }),
        }
    }

    pub(super) fn call_key(&self) -> Option<CallKey> {
        self.call.as_ref().map(|call| call.stored.key)
    }

    pub(super) fn show(&mut self, leave_out: &[CommitId], now: Instant) -> Outbox {
        for reply in &mut self.replies {
            reply.shown = !leave_out.contains(&reply.queued.id);
        }
        // Stable, so that both parts keep their order.
        self.replies
            .make_contiguous()
            .sort_by_key(|reply| !reply.shown);
        self.read(now)
    }

    /// The answer to a take that hands out nothing; `None` if it hands out an entry.
    pub(super) fn refuse_take(&self, take: &Take, now: Instant) -> Option<Taken> {
        let lease = self.lease(take.lane);
        if let Some(remaining) = lease.held_by_another(&take.lease.holder, now) {
            return Some(Taken::Held { remaining });
        }
        (!self.is_due(take.lane, now)).then_some(Taken::Idle)
    }

    /// Carries out a take that is not refused.
    pub(super) fn take(&mut self, take: &Take, now: Instant) -> Taken {
        let work = self.hand_out(take.lane, &take.lease, now);
        self.plan_work(now);
        work.map_or(Taken::Idle, Taken::Work)
    }

    /// Whether a settlement comes from the holder. A lease that is over is the holder's until
    /// another takes it: then nothing was done twice.
    pub(super) fn may_settle(&self, settlement: &Settlement) -> bool {
        self.lease(lane_of(settlement.entry))
            .belongs_to(&settlement.holder)
    }

    /// Carries out a settlement of the holder.
    pub(super) fn settle(&mut self, settlement: &Settlement, now: Instant) -> Settled {
        let lane = lane_of(settlement.entry);
        // Otherwise it was settled before.
        let is_first = self.head(lane) == Some(settlement.entry);
        let released = match (settlement.entry, settlement.retry) {
            _ if !is_first => false,
            (EntryId::Reply(_), None) => {
                self.replies.pop_front();
                self.reply_lease.not_before = None;
                false
            }
            // Its conclusion removes it.
            (EntryId::Call(_), None) => true,
            (_, Some(retry)) => {
                self.lease_mut(lane).not_before = Some(later(now, retry.after));
                if let (Lane::Replies, Some(reply)) = (lane, self.replies.front_mut()) {
                    reply.queued.in_doubt = retry.in_doubt;
                }
                true
            }
        };
        let next = match released {
            true => None,
            false => {
                let lease = LeaseRequest {
                    holder: settlement.holder,
                    length: settlement.length,
                };
                if !is_first {
                    self.take_back(lane);
                }
                self.hand_out(lane, &lease, now)
            }
        };
        if next.is_none() {
            self.lease_mut(lane).held = None;
        }
        self.plan_work(now);
        next.map_or(Settled::Released, Settled::Next)
    }

    /// Sets when the user is due again. Returns `false` if the user is due at another time than the
    /// appointment says, because another caller was faster.
    pub(super) fn claim(&mut self, appointment: &Appointment, until: Instant) -> bool {
        if self.plan.at(appointment.is_reminder) != Some(appointment.at) {
            return false;
        }
        let at = match appointment.is_reminder {
            true => &mut self.plan.reminder,
            false => &mut self.plan.work,
        };
        *at = Some(until);
        true
    }

    /// About how many bytes it takes.
    pub(super) fn weight(&self) -> usize {
        let replies = self.replies.iter().map(|reply| {
            let to = reply.queued.to.as_ref().map_or(0, |to| to.len());
            Self::REPLY_WEIGHT + reply.queued.body.len() + to
        });
        let call = self.call.as_ref();
        let call = call.map_or(0, |call| call.stored.body.len());
        Self::FIXED_WEIGHT + replies.sum::<usize>() + call
    }

    // 160: two appointments, each with its slot in the tree.
    pub(super) const FIXED_WEIGHT: usize = size_of::<Self>() + 160;
    // A queue has room for twice as many as are in it.
    const REPLY_WEIGHT: usize = size_of::<Reply>() * 3 / 2;

    /// Takes the lease and counts an attempt at the first entry, if that is due.
    fn hand_out(&mut self, lane: Lane, lease: &LeaseRequest, now: Instant) -> Option<Work> {
        if !self.is_due(lane, now) {
            return None;
        }
        self.lease_mut(lane).take(lease, now);
        match lane {
            Lane::Replies => self.replies.front_mut().map(|reply| {
                let reply = &mut reply.queued;
                reply.attempt = reply.attempt.saturating_add(1);
                let taken = reply.clone();
                // Before it is sent: this worker may never say what became of it.
                reply.in_doubt = true;
                Work::Reply(taken)
            }),
            Lane::Call => self.call.as_mut().map(|call| {
                call.stored.attempt = call.stored.attempt.saturating_add(1);
                Work::Call(call.at(now))
            }),
        }
    }

    /// Uncounts the attempt at the first entry, which the holder has at hand: an earlier copy of
    /// its settlement has handed it out.
    fn take_back(&mut self, lane: Lane) {
        match lane {
            Lane::Replies => {
                if let Some(reply) = self.replies.front_mut().map(|reply| &mut reply.queued) {
                    reply.attempt = reply.attempt.saturating_sub(1);
                    reply.in_doubt = reply.attempt > 0;
                }
            }
            Lane::Call => {
                if let Some(call) = &mut self.call {
                    call.stored.attempt = call.stored.attempt.saturating_sub(1);
                }
            }
        }
    }

    /// The first entry of a lane.
    fn head(&self, lane: Lane) -> Option<EntryId> {
        match lane {
            Lane::Replies => {
                let first = self.replies.front();
                first.map(|reply| EntryId::Reply(reply.queued.id))
            }
            Lane::Call => self.call_key().map(EntryId::Call),
        }
    }

    /// The first entry of a lane, if it makes work.
    fn first(&self, lane: Lane) -> Option<EntryId> {
        let is_pushed = |reply: &Reply| reply.delivery == Delivery::Push;
        let makes_work = lane == Lane::Call || self.replies.front().is_some_and(is_pushed);
        self.head(lane).filter(|_| makes_work)
    }

    fn is_due(&self, lane: Lane, now: Instant) -> bool {
        self.first(lane).is_some() && self.lease(lane).is_time(now)
    }

    fn state(&self, lane: Lane, now: Instant) -> LaneState {
        let is_empty = match lane {
            Lane::Replies => self.replies.is_empty(),
            Lane::Call => self.call.is_none(),
        };
        if is_empty {
            LaneState::Empty
        } else if self.lease(lane).ends(now).is_some() {
            LaneState::Held
        } else if self.is_due(lane, now) {
            LaneState::Due
        } else {
            LaneState::Later
        }
    }

    /// Plans the work in the outbox anew, after each change to it.
    fn plan_work(&mut self, now: Instant) {
        let due = |lane| self.first(lane).map(|_| self.lease(lane).next(now));
        self.plan.work = [Lane::Replies, Lane::Call]
            .into_iter()
            .filter_map(due)
            .min();
    }

    fn lease(&self, lane: Lane) -> &LaneLease {
        match lane {
            Lane::Replies => &self.reply_lease,
            Lane::Call => &self.call_lease,
        }
    }

    fn lease_mut(&mut self, lane: Lane) -> &mut LaneLease {
        match lane {
            Lane::Replies => &mut self.reply_lease,
            Lane::Call => &mut self.call_lease,
        }
    }
}

fn lane_of(entry: EntryId) -> Lane {
    match entry {
        EntryId::Reply(_) => Lane::Replies,
        EntryId::Call(_) => Lane::Call,
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
