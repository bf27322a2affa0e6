//! What a commit must do.

use vimbiso_state::CommitId;
use vimbiso_state::id::CallKey;
use vimbiso_state::session::{Record, Version};
use vimbiso_state::store::{EntryId, Lane, LaneState, LeaseHolder, Outbox};

use super::{Call, LaneTimes, Reply, User};
use crate::reference_model::outbox::answer::Answer;

/// A commit, as far as it matters here.
#[derive(Debug, Clone)]
pub(in super::super) struct Commit {
    pub(in super::super) id: CommitId,
    pub(in super::super) version: Version,
    pub(in super::super) is_push: bool,
    pub(in super::super) is_outcome: bool,
    pub(in super::super) is_replaceable: bool,
    pub(in super::super) reply: Option<usize>,
    pub(in super::super) call: Option<CallKey>,
    pub(in super::super) concludes: Option<CallKey>,
    pub(in super::super) concluded_by: Option<LeaseHolder>,
    pub(in super::super) lease: Option<(LeaseHolder, u64)>,
    pub(in super::super) only_if_sent: bool,
    pub(in super::super) drop_shown: bool,
    pub(in super::super) wake_up: WakeUp,
}

#[derive(Debug, Clone, Copy)]
pub(in super::super) enum WakeUp {
    Drop,
    Keep,
    Bind(Version),
    DropIf(Version),
    After(u64),
}

impl Commit {
    fn replaces(&self, older: &Reply) -> bool {
        self.reply.is_some()
            && self.is_replaceable
            && older.is_replaceable
            && !older.may_have_reached_the_user()
    }
}

impl User {
    pub(in super::super) fn commit(&mut self, commit: &Commit, now: u64) -> Answer {
        if let Some(refusal) = self.refuse(commit, now) {
            return refusal;
        }
        if commit.drop_shown {
            self.retain_replies(|reply| !reply.is_shown);
        }
        if commit.concludes.is_some() {
            self.call = None;
            self.call_lane = LaneTimes::default();
        }
        self.replies.retain(|reply| !commit.replaces(reply));
        self.replies.extend(commit.reply.map(|len| Reply {
            id: commit.id,
            len,
            attempt: 0,
            in_doubt: false,
            is_shown: false,
            is_push: commit.is_push,
            is_outcome: commit.is_outcome,
            is_replaceable: commit.is_replaceable,
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
        let holder = self.call_lane.holder(now);
        if commit.concludes.is_some()
            && commit.concluded_by.is_some()
            && commit.concluded_by != holder
        {
            return Some(Answer::NotHolder);
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
            .filter(|reply| !commit.replaces(reply))
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
}
