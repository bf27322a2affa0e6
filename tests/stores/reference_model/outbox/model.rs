//! What a store must answer, in plain Rust: the contract for outboxes without a line of any
//! store's. Time is a number of seconds.

mod commit;

use vimbiso_state::CommitId;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::Version;
use vimbiso_state::store::{EntryId, Lane, LeaseHolder, Removal};

pub(super) use self::commit::{Commit, WakeUp};
use super::answer::{Answer, Entry};

/// The outbox of one user.
#[derive(Debug, Default)]
pub(super) struct User {
    replies: Vec<Reply>,
    call: Option<Call>,
    reply_lane: LaneTimes,
    call_lane: LaneTimes,
    wake_up: Option<(Version, u64)>,
    /// Until when the user is claimed for work, and for the wake-up.
    claimed: [u64; 2],
    /// Whether a write came after the claim for work: it may make the user due again.
    is_touched: bool,
}

#[derive(Debug, Clone)]
struct Reply {
    id: CommitId,
    len: usize,
    attempt: u32,
    in_doubt: bool,
    is_shown: bool,
    is_push: bool,
    is_outcome: bool,
    is_replaceable: bool,
}

#[derive(Debug, Clone)]
struct Call {
    key: CallKey,
    announced: u64,
    attempt: u32,
}

#[derive(Debug, Default)]
struct LaneTimes {
    /// Who took it last, and until when.
    held: Option<(LeaseHolder, u64)>,
    not_before: u64,
}

impl LaneTimes {
    fn holder(&self, now: u64) -> Option<LeaseHolder> {
        self.held
            .filter(|(_, until)| now < *until)
            .map(|held| held.0)
    }
}

impl User {
    pub(super) fn take(&mut self, lane: Lane, lease: (LeaseHolder, u64), now: u64) -> Answer {
        let (holder, length) = lease;
        if let Some((_, until)) = self.lane(lane).held
            && self
                .lane(lane)
                .holder(now)
                .is_some_and(|other| other != holder)
        {
            return Answer::Held(until - now);
        }
        match self.hand_out(lane, holder, length, now) {
            Some(entry) => Answer::Work(entry),
            None => Answer::Idle,
        }
    }

    pub(super) fn settle(
        &mut self,
        entry: EntryId,
        holder: LeaseHolder,
        retry: Option<(u64, bool)>,
        length: u64,
        now: u64,
    ) -> Answer {
        let lane = match entry {
            EntryId::Reply(_) => Lane::Replies,
            EntryId::Call(_) => Lane::Call,
        };
        if self.lane(lane).held.is_none_or(|(last, _)| last != holder) {
            return Answer::NotHolder;
        }
        self.is_touched = true;
        if self.first(lane) == Some(entry) {
            if let Some((after, in_doubt)) = retry {
                *self.lane_mut(lane) = LaneTimes {
                    held: None,
                    not_before: now + after,
                };
                if lane == Lane::Replies {
                    self.replies[0].in_doubt = in_doubt;
                }
                return Answer::Released;
            }
            if lane == Lane::Call {
                *self.lane_mut(lane) = LaneTimes::default();
                return Answer::Released;
            }
            self.replies.remove(0);
        } else {
            self.take_back(lane);
        }
        match self.hand_out(lane, holder, length, now) {
            Some(entry) => Answer::Work(entry),
            None => {
                self.lane_mut(lane).held = None;
                Answer::Released
            }
        }
    }

    fn hand_out(
        &mut self,
        lane: Lane,
        holder: LeaseHolder,
        length: u64,
        now: u64,
    ) -> Option<Entry> {
        if !self.is_due(lane, now) {
            return None;
        }
        self.is_touched = true;
        self.lane_mut(lane).held = Some((holder, now + length));
        match lane {
            Lane::Replies => self.replies.first_mut().map(|reply| {
                reply.attempt += 1;
                let entry = reply.entry();
                reply.in_doubt = true;
                entry
            }),
            Lane::Call => self.call.as_mut().map(|call| {
                call.attempt += 1;
                call.at(now)
            }),
        }
    }

    /// The holder has the first entry at hand: it is the same attempt.
    fn take_back(&mut self, lane: Lane) {
        match lane {
            Lane::Replies => {
                if let Some(reply) = self.replies.first_mut() {
                    reply.attempt = reply.attempt.saturating_sub(1);
                    reply.in_doubt = reply.attempt > 0;
                }
            }
            Lane::Call => {
                if let Some(call) = &mut self.call {
                    call.attempt = call.attempt.saturating_sub(1);
                }
            }
        }
    }

    pub(super) fn show(&mut self, leave_out: &[CommitId], now: u64) -> Answer {
        for reply in &mut self.replies {
            reply.is_shown = !leave_out.contains(&reply.id);
        }
        // Stable, so that both parts keep their order.
        self.replies.sort_by_key(|reply| !reply.is_shown);
        self.read(now)
    }

    pub(super) fn remove(&mut self, removal: Removal) -> Answer {
        let key = self.call.as_ref().map(|call| call.key);
        match removal {
            Removal::User(expected) if expected != key => return Answer::Removed(false),
            Removal::User(_) => *self = Self::default(),
            Removal::Login => {
                self.retain_replies(|reply| reply.is_outcome && !reply.is_shown);
                self.wake_up = None;
                self.is_touched = true;
            }
        }
        Answer::Removed(true)
    }

    fn retain_replies(&mut self, keep: impl Fn(&Reply) -> bool) {
        let first = self.ids().next();
        self.replies.retain(keep);
        let next = self.ids().next();
        if next != first {
            self.reply_lane.not_before = 0;
        }
        if next.is_none() {
            self.reply_lane.held = None;
        }
    }

    /// The replies, in their order.
    pub(super) fn ids(&self) -> impl Iterator<Item = CommitId> {
        self.replies.iter().map(|reply| reply.id)
    }

    pub(super) fn read(&self, now: u64) -> Answer {
        let call = self.call.as_ref().map(|call| call.at(now));
        let entries = self.replies.iter().map(Reply::entry).chain(call);
        let wake_up = self
            .wake_up
            .map(|(version, at)| (version, at.saturating_sub(now)));
        Answer::Read(entries.collect(), wake_up)
    }

    /// Whether the user may be returned as due, for work or for the wake-up, and if so, must be.
    pub(super) fn due(&self, is_reminder: bool, now: u64) -> Option<bool> {
        let is_free = |lane| self.is_due(lane, now) && self.lane(lane).holder(now).is_none();
        let is_due = match is_reminder {
            true => self.wake_up.is_some_and(|(_, at)| now >= at),
            false => is_free(Lane::Replies) || is_free(Lane::Call),
        };
        let must = now >= self.claimed[usize::from(is_reminder)];
        (is_due && (must || self.is_touched && !is_reminder)).then_some(must)
    }

    pub(super) fn claim(&mut self, is_reminder: bool, until: u64) {
        self.claimed[usize::from(is_reminder)] = until;
        self.is_touched &= is_reminder;
    }

    /// The first entry of a lane, if it makes work.
    fn first(&self, lane: Lane) -> Option<EntryId> {
        match lane {
            Lane::Replies => {
                let first = self.replies.first().filter(|reply| reply.is_push);
                first.map(|reply| EntryId::Reply(reply.id))
            }
            Lane::Call => self.call.as_ref().map(|call| EntryId::Call(call.key)),
        }
    }

    fn is_due(&self, lane: Lane, now: u64) -> bool {
        self.first(lane).is_some() && now >= self.lane(lane).not_before
    }

    fn lane(&self, lane: Lane) -> &LaneTimes {
        match lane {
            Lane::Replies => &self.reply_lane,
            Lane::Call => &self.call_lane,
        }
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut LaneTimes {
        match lane {
            Lane::Replies => &mut self.reply_lane,
            Lane::Call => &mut self.call_lane,
        }
    }
}

impl Reply {
    fn may_have_reached_the_user(&self) -> bool {
        self.is_shown || self.in_doubt
    }

    fn entry(&self) -> Entry {
        Entry::Reply(self.id, self.attempt, self.in_doubt)
    }
}

impl Call {
    fn at(&self, now: u64) -> Entry {
        Entry::Call(self.key, self.attempt, now - self.announced)
    }
}
