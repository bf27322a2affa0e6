//! The outbox of a user: the slot of the call, the queue of replies, and the lease of each lane.

use crate::outbox::bank::pass;
use crate::outbox::design::Design;
use crate::outbox::request::{Answer, Call, Entry, Lane, Settled, Tag, View, Work};
use crate::outbox::scenario::{
    BACK_OFF, FOREVER, LAST_ATTEMPT, LEASE, Repeats, SLOWEST, Scenario, Ticks,
};

/// A call that is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    pub call: Call,
    /// For how long it may be performed.
    perform: Ticks,
    /// How long an earlier attempt can still take effect.
    unsettled: Ticks,
    attempts: u8,
    not_before: Ticks,
}

impl Slot {
    pub fn new(call: Call, perform: Ticks) -> Self {
        Self {
            call,
            perform,
            // A failover may have lost an earlier announcement of the same call.
            unsettled: LEASE + SLOWEST,
            attempts: 0,
            not_before: 0,
        }
    }
}

/// A reply that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Queued {
    pub entry: Entry,
    pub attempts: u8,
    not_before: Ticks,
    pub in_doubt: bool,
}

/// The right to work on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    pub holder: Tag,
    pub left: Ticks,
}

/// The outbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Outbox {
    pub slot: Option<Slot>,
    pub queue: Vec<Queued>,
    pub leases: [Option<Lease>; 2],
}

impl Outbox {
    pub fn push(&mut self, entry: Entry) {
        self.queue.push(Queued {
            entry,
            attempts: 0,
            not_before: 0,
            in_doubt: false,
        });
    }

    /// In how many ticks the lane's work may be tried. `None` if there is no work.
    fn not_before(&self, lane: Lane, design: Design) -> Option<Ticks> {
        match lane {
            Lane::Replies if self.slot.is_some() && !design.call_apart => None,
            Lane::Replies => self.queue.first().map(|head| head.not_before),
            Lane::Call => self.slot.map(|slot| slot.not_before),
        }
    }

    pub fn has_work(&self, lane: Lane) -> bool {
        match lane {
            Lane::Replies => !self.queue.is_empty(),
            Lane::Call => self.slot.is_some(),
        }
    }

    pub fn is_free(&self, lane: Lane) -> bool {
        self.leases[lane as usize].is_none_or(|lease| lease.left == 0)
    }

    pub fn is_held_by(&self, lane: Lane, tag: Tag) -> bool {
        self.leases[lane as usize].is_some_and(|lease| lease.holder == tag)
    }

    /// Whether this attempt may take the lane. What it holds itself need not be due: that its own
    /// attempt was counted has set the time before the next one.
    pub fn is_open_to(&self, lane: Lane, tag: Tag, design: Design) -> bool {
        let Some(not_before) = self.not_before(lane, design) else {
            return false;
        };
        self.is_free(lane) && not_before == 0 || self.is_held_by(lane, tag)
    }

    /// In how many ticks a lane needs a worker. `None` if there is no work.
    pub fn next_wake_up(&self, design: Design) -> Option<Ticks> {
        let wake_up = |lane: Lane| {
            let not_before = self.not_before(lane, design)?;
            let lease = self.leases[lane as usize].map_or(0, |lease| lease.left);
            Some(lease.max(not_before))
        };
        Lane::BOTH.into_iter().filter_map(wake_up).min()
    }

    /// Hands out the lane's next entry: counted, and not to be tried again at once.
    pub fn hand_out(&mut self, lane: Lane, tag: Tag, scenario: &Scenario) -> Option<Work> {
        let counted = u8::from(scenario.design.counts_before);
        let work = match lane {
            Lane::Replies => {
                let head = self.queue.first_mut()?;
                let in_doubt = head.in_doubt;
                head.attempts = count(head.attempts, counted);
                head.not_before = BACK_OFF;
                head.in_doubt = true;
                Work::Send {
                    entry: head.entry,
                    attempt: head.attempts,
                    in_doubt,
                }
            }
            Lane::Call => {
                let slot = self.slot.as_mut()?;
                slot.attempts = count(slot.attempts, counted);
                slot.not_before = BACK_OFF;
                let is_first = slot.attempts <= 1;
                let may_perform =
                    slot.perform > 0 && (is_first || scenario.repeats != Repeats::Never);
                let is_settled = slot.unsettled == 0;
                if may_perform {
                    slot.unsettled = LEASE + SLOWEST;
                }
                Work::Call {
                    call: slot.call,
                    attempt: slot.attempts,
                    may_perform,
                    is_settled,
                }
            }
        };
        self.lease(lane, tag);
        Some(work)
    }

    /// What an answer says about a lane that this attempt has not taken with its request.
    pub fn view(&self, lane: Lane, tag: Tag, design: Design) -> View {
        if self.is_open_to(lane, tag, design) {
            View::Waits
        } else {
            View::Nothing
        }
    }

    pub fn take(&mut self, lane: Lane, tag: Tag, scenario: &Scenario) -> Answer {
        if !self.is_open_to(lane, tag, scenario.design) {
            return Answer::Nothing;
        }
        let work = self.hand_out(lane, tag, scenario);
        work.map_or(Answer::Nothing, Answer::Handed)
    }

    pub fn settle(
        &mut self,
        lane: Lane,
        tag: Tag,
        (id, attempt): (u8, u8),
        result: Settled,
        scenario: &Scenario,
    ) -> Answer {
        let design = scenario.design;
        if design.settle_checks_holder && !self.is_held_by(lane, tag) {
            return Answer::Refused;
        }
        let Some((head, last)) = self.head(lane) else {
            return Answer::Refused;
        };
        if head != id && design.settle_names_entry {
            // The same settle was executed before. It handed out the head, which is not counted
            // again: this may be a late copy, whose answer is read by no one.
            return self.hand_out_again(lane, tag);
        }
        if let Settled::Retry { in_doubt } = result {
            let is_newest = last == attempt || !design.settle_names_attempt;
            self.retry(lane, in_doubt || !is_newest, design);
            return Answer::Nothing;
        }
        if lane == Lane::Replies {
            self.queue.remove(0);
        }
        if let Some(work) = self.hand_out(lane, tag, scenario) {
            return Answer::Handed(work);
        }
        if !design.atomic_release {
            return Answer::Empty;
        }
        self.leases[lane as usize] = None;
        Answer::Nothing
    }

    /// The name of a lane's next entry, and its attempts.
    fn head(&self, lane: Lane) -> Option<(u8, u8)> {
        match lane {
            Lane::Replies => self.queue.first().map(|head| (head.entry, head.attempts)),
            Lane::Call => self.slot.map(|slot| (slot.call.key, slot.attempts)),
        }
    }

    /// Hands out the reply that the holder has in hand.
    fn hand_out_again(&mut self, lane: Lane, tag: Tag) -> Answer {
        let Some(head) = self.queue.first().filter(|_| lane == Lane::Replies) else {
            return Answer::Refused;
        };
        let work = Work::Send {
            entry: head.entry,
            attempt: head.attempts,
            in_doubt: true,
        };
        // The holder counts its time from this settle, so the lease must as well. If a late copy
        // of its take gave it the lease, there is less left.
        self.lease(lane, tag);
        Answer::Handed(work)
    }

    fn lease(&mut self, lane: Lane, tag: Tag) {
        self.leases[lane as usize] = Some(Lease {
            holder: tag,
            left: LEASE,
        });
    }

    fn retry(&mut self, lane: Lane, in_doubt: bool, design: Design) {
        let counted = u8::from(!design.counts_before);
        match lane {
            Lane::Replies => {
                if let Some(head) = self.queue.first_mut() {
                    head.attempts = count(head.attempts, counted);
                    head.not_before = BACK_OFF;
                    head.in_doubt = in_doubt;
                }
            }
            Lane::Call => {
                if let Some(slot) = &mut self.slot {
                    slot.attempts = count(slot.attempts, counted);
                    slot.not_before = BACK_OFF;
                }
            }
        }
        self.leases[lane as usize] = None;
    }

    pub fn tick(&mut self) {
        for lease in self.leases.iter_mut().flatten() {
            pass(&mut lease.left);
        }
        for queued in &mut self.queue {
            pass(&mut queued.not_before);
        }
        if let Some(slot) = &mut self.slot {
            pass(&mut slot.perform);
            pass(&mut slot.unsettled);
            pass(&mut slot.not_before);
        }
    }
}

/// For how long a call may be performed, from the time of its question.
pub fn perform_window(repeats: Repeats) -> Ticks {
    match repeats {
        Repeats::For(ticks) => ticks,
        Repeats::Always | Repeats::Never => FOREVER,
    }
}

/// What comes after the last attempt is the same.
fn count(attempts: u8, more: u8) -> u8 {
    (attempts + more).min(LAST_ATTEMPT + 1)
}
