//! What a commit changes in the outbox.

use std::time::Duration;

use tokio::time::Instant;

use super::lane::LaneLease;
use super::{Call, Reply, UserOutbox};
use crate::id::CommitId;
use crate::session::{Record, Version};
use crate::store::memory::agenda::later;
use crate::store::{
    CommitOutcome, Delivery, EntryId, Lane, LaneState, LeaseHolder, NewCall, NewReply, Outbox,
    OutboxChanges, OutboxCommit, OutboxRefusal, QueuedReply, SessionWrite, StoredCall, WakeUp,
};

/// The lanes as a commit leaves or finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::memory) struct Lanes {
    replies: LaneState,
    call: LaneState,
}

impl Lanes {
    pub(in crate::store::memory) const EMPTY: Self = Self {
        replies: LaneState::Empty,
        call: LaneState::Empty,
    };

    /// What a commit with this outcome is told of them.
    pub(in crate::store::memory) fn answer(self, outcome: CommitOutcome) -> OutboxCommit {
        OutboxCommit::Answered {
            outcome,
            replies: self.replies,
            call: self.call,
        }
    }
}

impl UserOutbox {
    /// Why these changes must not be made; `None` if they may.
    pub(in crate::store::memory) fn refuse(
        &self,
        changes: &OutboxChanges<'_>,
        now: Instant,
    ) -> Option<OutboxRefusal> {
        let call = self.call.as_ref();
        let key = call.map(|call| call.stored.key);
        if changes.concludes.is_some() && changes.concludes != key {
            return Some(OutboxRefusal::NoSuchCall);
        }
        let is_holder = |holder| self.call_lease.is_held_by(holder, now);
        if changes.concludes.is_some() && !changes.concluded_by.as_ref().is_none_or(is_holder) {
            return Some(OutboxRefusal::NotHolder);
        }
        let unsent = |reply: &Reply| !reply.shown || reply.delivery == Delivery::Push;
        if changes.only_if_sent && self.kept(changes).any(unsent) {
            return Some(OutboxRefusal::Unsent);
        }
        let stays = call.filter(|_| changes.concludes.is_none());
        if let Some(call) = stays.filter(|_| changes.call.is_some()) {
            return Some(OutboxRefusal::CallPending(call.at(now)));
        }
        let is_pending = stays.is_some() || changes.call.is_some();
        (!self.has_room(changes, is_pending)).then_some(OutboxRefusal::Full)
    }

    /// The replies that are not removed as shown.
    fn kept(&self, changes: &OutboxChanges<'_>) -> impl Iterator<Item = &Reply> {
        let drop_shown = changes.drop_shown;
        let replies = self.replies.iter();
        replies.filter(move |reply| !(drop_shown && reply.shown))
    }

    fn has_room(&self, changes: &OutboxChanges<'_>, is_pending: bool) -> bool {
        // Nothing is added, or it is a conclusion, whose room was reserved.
        let adds = changes.reply.is_some() || changes.call.is_some();
        if !adds || (changes.concludes.is_some() && !is_pending) {
            return true;
        }
        let added = changes.reply.map(|reply| reply.body.len());
        // For the conclusion of the call that is pending after this commit.
        let reserved = is_pending.then_some(Record::MAX_REPLY);
        let replaces = replaces(changes);
        let kept = self
            .kept(changes)
            .filter(|reply| !(replaces && reply.gives_way()))
            .map(|reply| reply.queued.body.len());
        let sizes = kept.chain(added).chain(reserved);
        let (number, bytes) =
            sizes.fold((0, 0), |(number, bytes), size| (number + 1, bytes + size));
        number <= Outbox::MAX_REPLIES && bytes <= Outbox::MAX_BYTES
    }

    /// About how many bytes these changes add at most.
    pub(in crate::store::memory) fn growth(changes: &OutboxChanges<'_>) -> usize {
        let reply = changes.reply.map_or(0, |reply| {
            Self::REPLY_WEIGHT + reply.body.len() + reply.to.map_or(0, str::len)
        });
        reply + changes.call.map_or(0, |call| call.body.len())
    }

    /// Makes changes that are not refused, for the commit that makes this version.
    pub(in crate::store::memory) fn apply(
        &mut self,
        id: &CommitId,
        version: Version,
        changes: &OutboxChanges<'_>,
        now: Instant,
    ) -> Lanes {
        if changes.drop_shown {
            self.retain_replies(|reply| !reply.shown);
        }
        if changes.concludes.is_some() {
            self.call = None;
            self.call_lease = LaneLease::default();
        }
        if replaces(changes) {
            // What is first now waits as long as what was first: the channel has asked for that.
            self.replies.retain(|reply| !reply.gives_way());
            if self.replies.is_empty() {
                self.reply_lease.held = None;
            }
        }
        if let Some(reply) = &changes.reply {
            if self.replies.is_empty() {
                // Most queues never hold more than one.
                self.replies.reserve_exact(1);
            }
            self.replies.push_back(Reply::new(id, reply));
            for queued in &mut self.replies {
                queued.delivery = reply.delivery;
            }
        }
        if let Some(call) = &changes.call {
            self.call = Some(Call::new(call, now));
        }
        if let Some(lease) = &changes.lease {
            // Only for what this commit adds: the caller has no other entry at hand.
            let reply = changes.reply.map(|_| EntryId::Reply(*id));
            let call = changes.call.map(|call| EntryId::Call(call.key));
            for (lane, added) in [(Lane::Replies, reply), (Lane::Call, call)] {
                if added.is_some() && self.first(lane) == added {
                    let _ = self.hand_out(lane, lease, now);
                }
            }
        }
        self.set_wake_up(version, changes, now);
        self.plan_work(now);
        self.lanes(id, changes, now)
    }

    /// Removes what belongs to a login.
    pub(in crate::store::memory) fn end_login(&mut self, now: Instant) {
        self.retain_replies(|reply| reply.queued.is_outcome && !reply.shown);
        self.drop_wake_up();
        self.plan_work(now);
    }

    fn retain_replies(&mut self, keep: impl Fn(&Reply) -> bool) {
        let first = self.head(Lane::Replies);
        self.replies.retain(keep);
        let next = self.head(Lane::Replies);
        if next != first {
            self.reply_lease.not_before = None;
        }
        if next.is_none() {
            self.reply_lease.held = None;
        }
    }

    fn set_wake_up(&mut self, version: Version, changes: &OutboxChanges<'_>, now: Instant) {
        match changes.wake_up {
            WakeUp::Drop => self.drop_wake_up(),
            WakeUp::DropIf(last) => {
                if self.wake_up.is_some_and(|(bound_to, _)| bound_to == last) {
                    self.drop_wake_up();
                }
            }
            WakeUp::Keep(None) => {}
            WakeUp::Keep(Some(last)) => {
                // A commit that writes no session makes no version to bind it to.
                if changes.session != SessionWrite::Nothing
                    && let Some((bound_to, _)) = &mut self.wake_up
                    && *bound_to == last
                {
                    *bound_to = version;
                }
            }
            WakeUp::After(time) => {
                let at = later(now, time);
                self.wake_up = Some((version, at));
                self.plan.reminder = Some(at);
            }
        }
    }

    fn drop_wake_up(&mut self) {
        self.wake_up = None;
        self.plan.reminder = None;
    }

    /// The lanes, as the commit with these changes is told of them: a lease is acquired if it is
    /// the committer's, for the entry that the commit added.
    pub(in crate::store::memory) fn lanes(
        &self,
        id: &CommitId,
        changes: &OutboxChanges<'_>,
        now: Instant,
    ) -> Lanes {
        let holder = changes.lease.map(|lease| lease.holder);
        let reply = EntryId::Reply(*id);
        let call = changes.call.map(|call| EntryId::Call(call.key));
        Lanes {
            replies: self.state_for(Lane::Replies, Some(reply), holder, now),
            call: self.state_for(Lane::Call, call, holder, now),
        }
    }

    fn state_for(
        &self,
        lane: Lane,
        added: Option<EntryId>,
        holder: Option<LeaseHolder>,
        now: Instant,
    ) -> LaneState {
        let is_holder = holder.is_some_and(|holder| self.lease(lane).is_held_by(&holder, now));
        if is_holder && added.is_some() && self.first(lane) == added {
            return LaneState::Acquired;
        }
        self.state(lane, now)
    }
}

impl Reply {
    fn new(id: &CommitId, reply: &NewReply<'_>) -> Self {
        Self {
            queued: QueuedReply {
                id: *id,
                body: reply.body.into(),
                to: reply.to.map(Into::into),
                is_outcome: reply.is_outcome,
                attempt: 0,
                in_doubt: false,
            },
            delivery: reply.delivery,
            shown: false,
            is_replaceable: reply.is_replaceable,
        }
    }
}

fn replaces(changes: &OutboxChanges<'_>) -> bool {
    changes.reply.is_some_and(|reply| reply.is_replaceable)
}

impl Call {
    fn new(call: &NewCall<'_>, now: Instant) -> Self {
        Self {
            stored: StoredCall {
                key: call.key,
                body: call.body.into(),
                age: Duration::ZERO,
                attempt: 0,
            },
            announced: now,
        }
    }
}
