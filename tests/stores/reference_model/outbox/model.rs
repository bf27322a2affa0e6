//! What a store must answer, in plain Rust: the contract for outboxes without a line of any
//! store's. Time is a number of seconds.

use vimbiso_state::CommitId;

use vimbiso_state::id::CallKey;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{EntryId, Lane, LaneState, LeaseHolder, Outbox};

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

/// A commit, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    pub(super) id: CommitId,
    pub(super) version: Version,
    pub(super) is_push: bool,
    pub(super) reply: Option<usize>,
    pub(super) call: Option<CallKey>,
    pub(super) concludes: Option<CallKey>,
    pub(super) lease: Option<(LeaseHolder, u64)>,
    pub(super) only_if_sent: bool,
    pub(super) drop_shown: bool,
    pub(super) wake_up: WakeUp,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum WakeUp {
    Drop,
    Keep,
    Bind(Version),
    DropIf(Version),
    After(u64),
}

impl User {
    pub(super) fn commit(&mut self, commit: &Commit, now: u64) -> Answer {
        if let Some(refusal) = self.refuse(commit, now) {
            return refusal;
        }
        self.replies
            .retain(|reply| !(commit.drop_shown && reply.is_shown));
        if commit.concludes.is_some() {
            self.call = None;
            self.call_lane = LaneTimes::default();
        }
        self.replies.extend(commit.reply.map(|len| Reply {
            id: commit.id,
            len,
            attempt: 0,
            in_doubt: false,
            is_shown: false,
            is_push: commit.is_push,
        }));
        self.call = self.call.take().or(commit.call.map(|key| Call {
            key,
            announced: now,
            attempt: 0,
        }));
        let added = [
            (
                Lane::Replies,
                commit.reply.map(|_| EntryId::Reply(commit.id)),
            ),
            (Lane::Call, commit.call.map(EntryId::Call)),
        ];
        for (lane, added) in added {
            if let Some((holder, length)) = commit.lease
                && added.is_some()
                && self.first(lane) == added
            {
                let _ = self.hand_out(lane, holder, length, now);
            }
        }
        match (commit.wake_up, &mut self.wake_up) {
            (WakeUp::Drop, wake_up) => *wake_up = None,
            (WakeUp::DropIf(last), wake_up) => drop(wake_up.take_if(|(bound, _)| *bound == last)),
            (WakeUp::Bind(last), Some((bound, _))) if *bound == last => *bound = commit.version,
            (WakeUp::Keep | WakeUp::Bind(_), _) => {}
            (WakeUp::After(time), wake_up) => {
                *wake_up = Some((commit.version, now + time));
                self.claimed[1] = 0;
            }
        }
        self.is_touched = true;
        let [replies, call] = added.map(|(lane, added)| self.state(lane, added, commit, now));
        Answer::Applied(replies, call)
    }

    fn refuse(&self, commit: &Commit, now: u64) -> Option<Answer> {
        let key = self.call.as_ref().map(|call| call.key);
        if commit.concludes.is_some() && commit.concludes != key {
            return Some(Answer::NoSuchCall);
        }
        let stays = |reply: &&Reply| !(commit.drop_shown && reply.is_shown);
        let kept: Vec<_> = self.replies.iter().filter(stays).collect();
        let is_unsent = |reply: &&Reply| reply.is_push || !reply.is_shown;
        if commit.only_if_sent && kept.iter().any(is_unsent) {
            return Some(Answer::Unsent);
        }
        let call = self.call.as_ref().filter(|_| commit.concludes.is_none());
        if let Some(call) = call.filter(|_| commit.call.is_some()) {
            return Some(Answer::CallPending(call.at(now)));
        }
        let is_pending = call.is_some() || commit.call.is_some();
        let is_last_word = commit.concludes.is_some() && !is_pending;
        if is_last_word || (commit.reply.is_none() && commit.call.is_none()) {
            return None;
        }
        let reserved = is_pending.then_some(Record::MAX_REPLY);
        let sizes: Vec<_> = kept
            .iter()
            .map(|reply| reply.len)
            .chain(commit.reply)
            .chain(reserved)
            .collect();
        let fits = sizes.len() <= Outbox::MAX_REPLIES;
        let fits = fits && sizes.iter().sum::<usize>() <= Outbox::MAX_BYTES;
        (!fits).then_some(Answer::Full)
    }

    fn state(&self, lane: Lane, added: Option<EntryId>, commit: &Commit, now: u64) -> LaneState {
        let is_empty = match lane {
            Lane::Replies => self.replies.is_empty(),
            Lane::Call => self.call.is_none(),
        };
        let holder = self.lane(lane).holder(now);
        let own = commit.lease.map(|(holder, _)| holder);
        match holder {
            _ if is_empty => LaneState::Empty,
            Some(_) if holder == own && added.is_some() && self.first(lane) == added => {
                LaneState::Acquired
            }
            Some(_) => LaneState::Held,
            None if self.is_due(lane, now) => LaneState::Due,
            None => LaneState::Later,
        }
    }

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

    pub(super) fn show(&mut self, now: u64) -> Answer {
        self.replies
            .iter_mut()
            .for_each(|reply| reply.is_shown = true);
        self.read(now)
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
    fn entry(&self) -> Entry {
        Entry::Reply(self.id, self.attempt, self.in_doubt)
    }
}

impl Call {
    fn at(&self, now: u64) -> Entry {
        Entry::Call(self.key, self.attempt, now - self.announced)
    }
}
