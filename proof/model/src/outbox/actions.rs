//! The steps that can happen next, and what they change.

use stateright::{Model, Property};

use crate::outbox::action::Action;
use crate::outbox::process::{Part, Process, Sweep, Task, Turn};
use crate::outbox::promises;
use crate::outbox::request::{Lane, Message, Work};
use crate::outbox::scenario::{Index, Scenario};
use crate::outbox::work::Effort;
use crate::outbox::world::World;

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::of(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let can_wait = |process: &Process| process.stopped || !process.is_pressed();
        if world.processes.iter().all(can_wait) {
            actions.push(Action::Tick);
        }
        for process in 0..world.processes.len() {
            self.turns(world, process, actions);
            self.steps(world, process, actions);
            self.faults_of(world, process, actions);
        }
        actions.extend((0..world.wire.len()).map(|copy| Action::DeliverCopy { copy }));
        if world.bank.under_way.is_some() {
            actions.push(Action::BankPerforms);
        }
        if self.finds_by_scan(world) {
            actions.push(Action::Scan);
        }
        let left = world.left;
        if left.expiries > 0 && world.server.live {
            actions.push(Action::Expire);
        }
        if left.evictions > 0 {
            actions.extend([Action::EvictOutbox, Action::EvictLine]);
        }
        if left.deletes > 0 && !world.server.is_absent() {
            actions.push(Action::Delete);
        }
        if left.failovers > 0 {
            actions.extend([Action::Replicate, Action::FailOver]);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.take(action, self);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = promises::always();
        properties.extend(promises::sometimes(self));
        properties
    }
}

impl Scenario {
    fn message(&self, world: &World, process: usize) -> Option<Message> {
        let handled = usize::from(world.processes[process].handled);
        self.deliveries[process].get(handled).copied()
    }

    pub(crate) fn finds_by_scan(&self, world: &World) -> bool {
        self.design.scans && world.index.is_none() && world.server.has_work()
    }

    /// The user's messages.
    fn turns(&self, world: &World, process: usize, actions: &mut Vec<Action>) {
        let its = &world.processes[process];
        if its.turn != Turn::Idle || self.message(world, process).is_none() {
            return;
        }
        let needs_hint = self.index == Index::Hints && self.design.hint_before && its.hint == 0;
        actions.push(if needs_hint {
            Action::WriteHint { process }
        } else {
            Action::LoadAndSend { process }
        });
    }

    /// What a process does without a fault and without a new message.
    pub(crate) fn steps(&self, world: &World, process: usize, actions: &mut Vec<Action>) {
        let its = &world.processes[process];
        if its.turn == Turn::Hinting {
            actions.push(Action::WriteHint { process });
        }
        for part in Part::ALL {
            if its.waiting(part).is_some() {
                actions.push(Action::Deliver { process, part });
            }
        }
        for lane in Lane::BOTH {
            if let Task::Working { clock, .. } = its.tasks[lane as usize] {
                actions.push(if clock > 0 {
                    let effort = Effort::Answered;
                    Action::Work {
                        process,
                        lane,
                        effort,
                    }
                } else {
                    Action::LetGo { process, lane }
                });
            }
        }
        match its.sweep {
            Sweep::Idle if world.index == Some(0) && process < self.sweepers => {
                actions.push(Action::Claim { process });
            }
            Sweep::Idle => {}
            Sweep::Claimed { .. } => actions.push(Action::Look { process }),
            Sweep::Tidying { .. } => actions.push(Action::Tidy { process }),
        }
    }

    fn faults_of(&self, world: &World, process: usize, actions: &mut Vec<Action>) {
        let its = &world.processes[process];
        let left = world.left;
        for part in Part::ALL {
            if its.waiting(part).is_none() {
                continue;
            }
            if left.lost > 0 {
                actions.push(Action::LoseAnswer { process, part });
            }
            if left.given_up > 0 {
                actions.push(Action::StopWaiting { process, part });
            }
            if left.copies > 0 {
                actions.push(Action::LeaveCopy { process, part });
            }
        }
        for lane in Lane::BOTH {
            let Task::Working { clock, work, .. } = its.tasks[lane as usize] else {
                continue;
            };
            let can_be_slow = matches!(
                work,
                Work::Call {
                    may_perform: true,
                    ..
                }
            );
            let efforts = [
                (Effort::AnswerLost, left.lost > 0),
                (Effort::NotSent, left.unsent > 0),
                (
                    Effort::Slow,
                    left.slow > 0 && can_be_slow && world.bank.under_way.is_none(),
                ),
            ];
            for (effort, can_be) in efforts {
                if can_be && clock > 0 {
                    actions.push(Action::Work {
                        process,
                        lane,
                        effort,
                    });
                }
            }
            if clock == 0 {
                actions.push(Action::WorkAfterAStop { process, lane });
            }
        }
        if left.stops > 0 && !its.stopped && its.is_pressed() {
            actions.push(Action::Stop { process });
        }
        if left.deaths > 0 && !its.is_idle() {
            actions.push(Action::Die { process });
        }
    }
}

impl World {
    pub(crate) fn take(&mut self, action: Action, scenario: &Scenario) {
        match action {
            Action::Tick => self.tick(scenario),
            Action::WriteHint { process } => self.write_hint(process, scenario),
            Action::LoadAndSend { process } => {
                if let Some(message) = scenario.message(self, process) {
                    self.handle(process, message, scenario);
                }
            }
            Action::Deliver { process, part } => {
                if let Some(waiting) = self.processes[process].waiting(part) {
                    let answer = self.execute(waiting.sent, scenario);
                    self.receive(process, part, waiting, answer, scenario);
                }
            }
            Action::LoseAnswer { process, part } => {
                self.left.lost -= 1;
                if let Some(waiting) = self.processes[process].waiting(part) {
                    self.execute(waiting.sent, scenario);
                }
            }
            Action::StopWaiting { process, part } => {
                self.left.given_up -= 1;
                self.stop_waiting(process, part);
            }
            Action::LeaveCopy { process, part } => {
                self.left.copies -= 1;
                if let Some(waiting) = self.processes[process].waiting(part) {
                    let at = self.wire.partition_point(|sent| *sent < waiting.sent);
                    self.wire.insert(at, waiting.sent);
                }
            }
            Action::DeliverCopy { copy } => {
                let sent = self.wire.remove(copy);
                self.execute(sent, scenario);
            }
            Action::Work {
                process,
                lane,
                effort,
            } => {
                match effort {
                    Effort::Answered => {}
                    Effort::AnswerLost => self.left.lost -= 1,
                    Effort::NotSent => self.left.unsent -= 1,
                    Effort::Slow => self.left.slow -= 1,
                }
                self.work(process, lane, effort, scenario);
            }
            Action::Stop { process } => {
                self.left.stops -= 1;
                self.processes[process].stopped = true;
            }
            Action::WorkAfterAStop { process, lane } => {
                self.note_stop(process, lane);
                self.processes[process].stopped = false;
                self.work(process, lane, Effort::Answered, scenario);
            }
            Action::LetGo { process, lane } => {
                let its = &mut self.processes[process];
                its.tasks[lane as usize] = Task::Idle;
                its.stopped = false;
            }
            Action::BankPerforms => {
                if let Some((call, _)) = self.bank.under_way.take() {
                    self.bank.perform(call, scenario.repeats);
                }
            }
            Action::Claim { process } => self.claim(process, scenario),
            Action::Look { process } => self.look(process, scenario),
            Action::Tidy { process } => self.tidy(process),
            Action::Scan => self.write_index(Some(1)),
            Action::Die { process } => {
                self.left.deaths -= 1;
                self.note_death(process);
                self.processes[process].die();
            }
            Action::Expire => {
                self.left.expiries -= 1;
                self.server.expire();
            }
            Action::EvictOutbox => {
                self.left.evictions -= 1;
                self.evict_outbox();
            }
            Action::EvictLine => {
                self.left.evictions -= 1;
                self.server.evict_line();
            }
            Action::Delete => {
                self.left.deletes -= 1;
                self.delete(scenario);
            }
            Action::Replicate => self.replicate(),
            Action::FailOver => {
                self.left.failovers -= 1;
                self.fail_over(scenario);
            }
        }
    }
}
