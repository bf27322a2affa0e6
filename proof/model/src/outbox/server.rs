//! What the store keeps of one user. Every method is one atomic step.

use crate::outbox::bank::{Entries, pass};
use crate::outbox::lanes::{Outbox, Slot, perform_window};
use crate::outbox::request::{
    Answer, Call, Commit, ENTRIES, Entry, Lane, Message, Outcome, Precondition, QUESTIONS,
    Question, Request, Sent, Tag, View,
};
use crate::outbox::scenario::{Says, Scenario, Ticks};

/// The tag of the first version.
const FIRST: Tag = 1;

/// The version line, which outlives the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line {
    pub version: Tag,
    /// A copy of the pending call.
    pub call: Option<Call>,
}

/// A question that is open, and for how long a call that answers it may be performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Open {
    pub question: Question,
    pub perform: Ticks,
}

/// The keys of one user, and what an observer knows about them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    pub line: Option<Line>,
    pub live: bool,
    pub open: Option<Open>,
    /// The commit ids of messages that are recorded.
    recorded: Entries,
    pub outbox: Outbox,
    /// Known to the observer: every reply in the order of their commits.
    pub order: Vec<Entry>,
    /// How each question's call was concluded. Its commit id is recorded with it.
    pub outcomes: [Option<Outcome>; QUESTIONS],
    /// Known to the observer: a call was concluded a second time.
    pub concluded_twice: bool,
    /// Known to the observer: a conclusion found no room in the queue.
    pub refused_conclusion: bool,
    /// Known to the observer: the session has expired, and the user was not told.
    pub expiry_untold: bool,
}

impl Server {
    /// A user to whom the first question was shown.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            line: Some(Line {
                version: FIRST,
                call: None,
            }),
            live: true,
            open: Some(Open {
                question: 0,
                perform: perform_window(scenario.repeats),
            }),
            recorded: Entries::default(),
            outbox: Outbox::default(),
            order: Vec::with_capacity(ENTRIES),
            outcomes: [None; QUESTIONS],
            concluded_twice: false,
            refused_conclusion: false,
            expiry_untold: false,
        }
    }

    pub fn precondition(&self) -> Precondition {
        Precondition {
            version: self.line.map(|line| line.version),
            live: self.live,
        }
    }

    pub fn has_recorded(&self, message: Message) -> bool {
        self.recorded.contains(message)
    }

    /// The call that is pending, by the slot or by the line alone.
    pub fn pending(&self) -> Option<Call> {
        let slot = self.outbox.slot.map(|slot| slot.call);
        slot.or(self.line.and_then(|line| line.call))
    }

    pub fn has_work(&self) -> bool {
        self.pending().is_some() || !self.outbox.queue.is_empty()
    }

    /// In how many ticks this user needs a worker.
    pub fn next_wake_up(&self, scenario: &Scenario) -> Option<Ticks> {
        let is_slot_lost = self.outbox.slot.is_none() && self.pending().is_some();
        let lost = is_slot_lost.then_some(0);
        let wake_up = self.outbox.next_wake_up(scenario.design);
        lost.into_iter().chain(wake_up).min()
    }

    /// A slot that the line alone names is lost. What became of its call is not known, so it may
    /// only be asked for.
    fn restore_slot(&mut self, scenario: &Scenario) {
        if scenario.design.restores_slot && self.outbox.slot.is_none() {
            self.outbox.slot = self.pending().map(|call| Slot::new(call, 0));
        }
    }

    pub fn execute(&mut self, sent: Sent, scenario: &Scenario) -> Answer {
        let tag = sent.tag;
        match sent.request {
            Request::Commit(commit) => self.commit(tag, commit, scenario),
            Request::Take(lane) => {
                self.restore_slot(scenario);
                self.outbox.take(lane, tag, scenario)
            }
            Request::Settle {
                lane,
                id,
                attempt,
                result,
            } => self
                .outbox
                .settle(lane, tag, (id, attempt), result, scenario),
            Request::Release(lane) => {
                if self.outbox.is_held_by(lane, tag) {
                    self.outbox.leases[lane as usize] = None;
                }
                Answer::Nothing
            }
            Request::Conclude {
                call,
                outcome,
                holder,
                precondition,
            } => {
                // A call that is not done is not done as long as no other attempt begins.
                let is_certain = outcome != Outcome::NotDone
                    || self.outbox.is_held_by(Lane::Call, holder)
                    || !scenario.design.denial_needs_lease;
                self.conclude(tag, call, outcome, is_certain, precondition, scenario)
            }
        }
    }

    fn views(&self, tag: Tag, scenario: &Scenario) -> [View; 2] {
        Lane::BOTH.map(|lane| self.outbox.view(lane, tag, scenario.design))
    }

    fn commit(&mut self, tag: Tag, commit: Commit, scenario: &Scenario) -> Answer {
        let design = scenario.design;
        let message = commit.message;
        if self.has_recorded(message) {
            return Answer::Committed(self.views(tag, scenario));
        }
        if self.precondition() != commit.precondition {
            return Answer::Conflict;
        }
        if commit.hint == Some(0) && design.checks_hint {
            return Answer::HintOver;
        }
        if commit.announces.is_some() && self.outbox.slot.is_some() {
            return Answer::CallPending;
        }
        let is_pending = self.pending().is_some() || commit.announces.is_some();
        let reserved = usize::from(is_pending && design.reserves_place);
        if scenario.replies && self.outbox.queue.len() + 1 + reserved > scenario.capacity {
            return Answer::OutboxFull;
        }
        self.restore_slot(scenario);
        let had_work = Lane::BOTH.map(|lane| self.outbox.has_work(lane));
        let call = commit.announces.map(|(call, _)| call);
        self.line = Some(Line {
            version: tag,
            call: call.or(self.pending()),
        });
        if scenario.says[usize::from(message)] == Says::Hello {
            self.expiry_untold = false;
        }
        self.live = true;
        self.recorded.add(message);
        if let Some((call, perform)) = commit.announces {
            self.open = None;
            self.outbox.slot = Some(Slot::new(call, perform));
        }
        if scenario.replies {
            self.push(message);
        }
        let view = |lane: Lane| {
            let at = lane as usize;
            let is_first = !had_work[at] && self.outbox.is_free(lane);
            let is_due = self.outbox.is_open_to(lane, tag, design);
            if is_first && is_due && commit.takes[at] {
                let work = self.outbox.hand_out(lane, tag, scenario);
                work.map_or(View::Nothing, View::Holds)
            } else {
                self.outbox.view(lane, tag, design)
            }
        };
        Answer::Committed(Lane::BOTH.map(view))
    }

    fn push(&mut self, entry: Entry) {
        self.outbox.push(entry);
        self.order.push(entry);
    }

    fn conclude(
        &mut self,
        tag: Tag,
        call: Call,
        outcome: Outcome,
        is_certain: bool,
        precondition: Precondition,
        scenario: &Scenario,
    ) -> Answer {
        let design = scenario.design;
        let question = usize::from(call.question);
        if design.conclusion_has_id && self.outcomes[question].is_some() {
            return Answer::Committed(self.views(tag, scenario));
        }
        let is_in_slot = self.outbox.slot.is_some_and(|slot| slot.call == call);
        if !is_in_slot && design.conclusion_needs_slot {
            return Answer::Refused;
        }
        if !is_certain {
            return Answer::Refused;
        }
        if self.precondition() != precondition {
            return Answer::Conflict;
        }
        if scenario.replies && self.outbox.queue.len() + 1 > scenario.capacity {
            self.refused_conclusion = true;
            return Answer::OutboxFull;
        }
        self.concluded_twice |= self.outcomes[question].is_some();
        self.outcomes[question] = Some(outcome);
        let announced_it = self.live && self.line.is_some_and(|line| line.call == Some(call));
        let next = call.question + 1;
        if announced_it && usize::from(next) < QUESTIONS {
            self.open = Some(Open {
                question: next,
                perform: perform_window(scenario.repeats),
            });
        }
        if !design.conclusion_keeps_tombstone {
            self.live = true;
        }
        if let Some(line) = &mut self.line {
            line.version = tag;
            line.call = line.call.filter(|pending| *pending != call);
        }
        if is_in_slot {
            self.outbox.slot = None;
            self.outbox.leases[Lane::Call as usize] = None;
        }
        let was_empty = self.outbox.queue.is_empty();
        if !scenario.replies {
            return Answer::Committed([View::Nothing; 2]);
        }
        self.push(call.conclusion());
        let mut views = self.views(tag, scenario);
        if was_empty && self.outbox.is_free(Lane::Replies) {
            let work = self.outbox.hand_out(Lane::Replies, tag, scenario);
            views[Lane::Replies as usize] = work.map_or(View::Nothing, View::Holds);
        }
        Answer::Committed(views)
    }

    /// The session expires. Its version line stays.
    pub fn expire(&mut self) {
        self.live = false;
        self.open = None;
        self.expiry_untold = true;
    }

    /// The version line is evicted, and the session cannot be read without it.
    pub fn evict_line(&mut self) {
        self.line = None;
        self.live = false;
        self.open = None;
        self.expiry_untold = false;
    }

    /// The host deletes the user. Nothing is left that a process could know the user by.
    pub fn delete(&mut self) {
        self.evict_line();
        self.recorded = Entries::default();
        self.outbox = Outbox::default();
        self.outcomes = [None; QUESTIONS];
    }

    /// Whether there is anything of the user.
    pub fn is_absent(&self) -> bool {
        !self.live && self.line.is_none() && !self.has_work()
    }

    pub fn tick(&mut self) {
        self.outbox.tick();
        if let Some(open) = &mut self.open {
            pass(&mut open.perform);
        }
    }
}
