//! What a process does with its message, with the answers of the store, and with an entry that is
//! handed to it.

use crate::outbox::lanes::perform_window;
use crate::outbox::process::{Part, Task, Turn, Waiting};
use crate::outbox::request::{
    Answer, Call, Commit, Lane, Message, Outcome, QUESTIONS, Request, Settled, Tag, View, Work,
};
use crate::outbox::scenario::{Index, LAST_ATTEMPT, SLOWEST, Says, Scenario};
use crate::outbox::world::World;

/// How the work itself goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effort {
    /// It is done, and the answer arrives.
    Answered,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It surely did not leave the process.
    NotSent,
    /// The bank may perform the call later.
    Slow,
}

impl World {
    /// The call that a yes announces, unless the question is not open.
    fn announces(&self, message: Message, scenario: &Scenario) -> Option<Commit> {
        let mut commit = Commit {
            message,
            precondition: self.server.precondition(),
            announces: None,
            takes: [false; 2],
            hint: None,
        };
        if let Says::Yes(question) = scenario.says[usize::from(message)] {
            let open = self.server.open.filter(|open| open.question == question)?;
            let key = if scenario.design.key_of_question {
                question
            } else {
                QUESTIONS as u8 + message
            };
            let perform = if scenario.design.window_of_question {
                open.perform
            } else {
                perform_window(scenario.repeats)
            };
            commit.announces = Some((Call { key, question }, perform));
        }
        Some(commit)
    }

    /// A process loads the session, decides, and sends its commit.
    pub(crate) fn handle(&mut self, process: usize, message: Message, scenario: &Scenario) {
        let tag = self.fresh_tag();
        let its = self.processes[process];
        if self.server.has_recorded(message) {
            self.processes[process].handled += 1;
            for lane in Lane::BOTH {
                if self.server.outbox.is_open_to(lane, tag, scenario.design) {
                    self.start_take(process, lane, tag);
                }
            }
            return;
        }
        let Some(mut commit) = self.announces(message, scenario) else {
            self.processes[process].handled += 1;
            return;
        };
        if let Some((call, _)) = commit.announces
            && !scenario.design.announces_first
        {
            self.perform(call, Effort::Answered, scenario);
        }
        commit.takes = Lane::BOTH.map(|lane| its.is_free(lane));
        if scenario.index == Index::Hints && scenario.design.hint_before {
            commit.hint = Some(its.hint);
        }
        self.processes[process].turn = Turn::Committing(Waiting::new(tag, Request::Commit(commit)));
    }

    pub(crate) fn start_take(&mut self, process: usize, lane: Lane, tag: Tag) {
        let its = &mut self.processes[process];
        if its.is_free(lane) {
            its.start(lane, tag, Request::Take(lane));
        }
    }

    /// A process gets the answer that it waits for.
    pub(crate) fn receive(
        &mut self,
        process: usize,
        part: Part,
        waiting: Waiting,
        answer: Answer,
        scenario: &Scenario,
    ) {
        let tag = waiting.sent.tag;
        let its = &mut self.processes[process];
        match part {
            Part::Turn => its.turn = Turn::Idle,
            Part::Task(lane) => its.tasks[lane as usize] = Task::Idle,
        }
        its.stopped = false;
        match (answer, part) {
            (Answer::Committed(views), _) => {
                if part == Part::Turn {
                    its.handled += 1;
                    if scenario.index == Index::Hints && !scenario.design.hint_before {
                        its.turn = Turn::Hinting;
                    }
                }
                for lane in Lane::BOTH {
                    match views[lane as usize] {
                        View::Nothing => {}
                        View::Waits => self.start_take(process, lane, tag),
                        View::Holds(work) => self.start_work(process, lane, waiting, work),
                    }
                }
            }
            (Answer::CallPending, Part::Turn) => its.handled += 1,
            (Answer::HintOver, _) => its.hint = 0,
            (Answer::Handed(work), Part::Task(lane)) => {
                self.start_work(process, lane, waiting, work);
            }
            (Answer::Empty, Part::Task(lane)) => its.start(lane, tag, Request::Release(lane)),
            // It decides again on the newest session.
            (Answer::Conflict | Answer::OutboxFull, Part::Task(lane)) => {
                if let Request::Conclude {
                    call,
                    outcome,
                    holder,
                    ..
                } = waiting.sent.request
                {
                    self.conclude(process, lane, holder, (call, outcome));
                }
            }
            _ => {}
        }
    }

    fn start_work(&mut self, process: usize, lane: Lane, waiting: Waiting, work: Work) {
        let its = &mut self.processes[process];
        if its.is_free(lane) {
            its.tasks[lane as usize] = Task::Working {
                tag: waiting.sent.tag,
                clock: waiting.clock,
                work,
            };
        }
    }

    fn conclude(
        &mut self,
        process: usize,
        lane: Lane,
        holder: Tag,
        (call, outcome): (Call, Outcome),
    ) {
        let tag = self.fresh_tag();
        let precondition = self.server.precondition();
        let request = Request::Conclude {
            call,
            outcome,
            holder,
            precondition,
        };
        self.processes[process].start(lane, tag, request);
    }

    /// A process does the work that was handed to it.
    pub(crate) fn work(&mut self, process: usize, lane: Lane, effort: Effort, scenario: &Scenario) {
        let Task::Working { tag, work, .. } = self.processes[process].tasks[lane as usize] else {
            return;
        };
        match work {
            Work::Send { entry, attempt, .. } => {
                let result = self.send(work, effort, scenario);
                self.settle(process, lane, tag, (entry, attempt), result);
            }
            Work::Call {
                call,
                attempt,
                may_perform,
                is_settled,
            } => {
                if may_perform && !self.may_leave(tag, scenario) {
                    self.processes[process].tasks[lane as usize] = Task::Idle;
                    return;
                }
                let outcome = if may_perform {
                    self.perform(call, effort, scenario)
                } else {
                    self.outcome_of(call, is_settled, effort)
                };
                let given_up = (attempt >= LAST_ATTEMPT).then_some(Outcome::GivenUp);
                match outcome.or(given_up) {
                    Some(outcome) => self.conclude(process, lane, tag, (call, outcome)),
                    None => {
                        let result = Settled::Retry { in_doubt: true };
                        self.settle(process, lane, tag, (call.key, attempt), result);
                    }
                }
            }
        }
    }

    fn settle(
        &mut self,
        process: usize,
        lane: Lane,
        tag: Tag,
        (id, attempt): (u8, u8),
        result: Settled,
    ) {
        let request = Request::Settle {
            lane,
            id,
            attempt,
            result,
        };
        self.processes[process].start(lane, tag, request);
    }

    fn send(&mut self, work: Work, effort: Effort, scenario: &Scenario) -> Settled {
        let Work::Send {
            entry,
            attempt,
            in_doubt,
        } = work
        else {
            return Settled::Done;
        };
        if attempt > LAST_ATTEMPT {
            self.channel.reported.add(entry);
            return Settled::Done;
        }
        if effort == Effort::NotSent {
            let in_doubt = in_doubt && scenario.design.restores_doubt;
            return Settled::Retry { in_doubt };
        }
        self.show(entry);
        if effort == Effort::Answered {
            return Settled::Done;
        }
        self.observer.excused.add(entry);
        Settled::Retry { in_doubt: true }
    }

    /// If the replica must know the announcement and its attempt, then so must the server: after a
    /// failover it may not.
    fn may_leave(&mut self, tag: Tag, scenario: &Scenario) -> bool {
        if !scenario.design.waits_for_replica {
            return true;
        }
        let is_known = self.server.outbox.is_held_by(Lane::Call, tag);
        if is_known {
            self.replicate();
        }
        is_known
    }

    fn perform(&mut self, call: Call, effort: Effort, scenario: &Scenario) -> Option<Outcome> {
        let was_announced = self.observer.announced[usize::from(call.question)];
        self.observer.performed_unannounced |= !was_announced;
        match effort {
            Effort::NotSent => {}
            Effort::Slow => self.bank.under_way = Some((call, SLOWEST)),
            Effort::Answered | Effort::AnswerLost => self.bank.perform(call, scenario.repeats),
        }
        (effort == Effort::Answered).then_some(Outcome::Done)
    }

    fn outcome_of(&self, call: Call, is_settled: bool, effort: Effort) -> Option<Outcome> {
        if effort != Effort::Answered {
            return None;
        }
        if self.bank.has_performed(call) {
            return Some(Outcome::Done);
        }
        is_settled.then_some(Outcome::NotDone)
    }

    /// A process gives up a request to the store, and does not know its outcome.
    pub(crate) fn stop_waiting(&mut self, process: usize, part: Part) {
        let Some(waiting) = self.processes[process].waiting(part) else {
            return;
        };
        let its = &mut self.processes[process];
        match part {
            Part::Turn => its.turn = Turn::Idle,
            Part::Task(lane) => its.tasks[lane as usize] = Task::Idle,
        }
        match waiting.sent.request {
            // It may hold the lease without knowing.
            Request::Commit(commit) => {
                for lane in Lane::BOTH {
                    if commit.takes[lane as usize] {
                        self.start_take(process, lane, waiting.sent.tag);
                    }
                }
            }
            Request::Settle {
                lane: Lane::Replies,
                id,
                ..
            } => self.observer.excused.add(id),
            _ => {}
        }
    }
}
