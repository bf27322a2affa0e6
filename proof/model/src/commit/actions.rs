//! The steps that can happen next, and what they change.

use stateright::{Model, Property};

use crate::commit::store::{Key, Message};
use crate::commit::worker::{Phase, Told};
use crate::commit::{Scenario, World, promises};

/// A step of a worker, of the network or of a fault. Workers and commits have numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Load { worker: usize },
    UseCache { worker: usize },
    DecideAndSend { worker: usize },
    GiveUpContended { worker: usize },
    Deliver { commit: usize, answer_arrives: bool },
    StopWaiting { worker: usize },
    Resolve { worker: usize, answer_arrives: bool },
    Crash { worker: usize },
    Expire,
    EvictData,
    EvictStage,
    EvictVersion,
    Replicate,
    FailOver,
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::of(self)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for worker in 0..world.workers.len() {
            self.steps(world, worker, actions);
        }
        for commit in 0..world.wire.len() {
            actions.extend([true, false].map(|answer_arrives| Action::Deliver {
                commit,
                answer_arrives,
            }));
        }
        let left = world.left;
        let alive = world.store.is_alive();
        if left.expiries > 0 && alive {
            actions.push(Action::Expire);
        }
        if left.evictions > 0 && alive {
            actions.extend([Action::EvictData, Action::EvictStage, Action::EvictVersion]);
        }
        if left.failovers > 0 {
            actions.extend([Action::Replicate, Action::FailOver]);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.take(action, self);
        next.note(world, self);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = promises::always();
        properties.extend(promises::sometimes(self));
        properties
    }
}

impl Scenario {
    fn message(&self, world: &World, worker: usize) -> Option<Message> {
        self.deliveries[worker]
            .get(world.workers[worker].handled())
            .copied()
    }

    fn steps(&self, world: &World, worker: usize, actions: &mut Vec<Action>) {
        let Some(message) = self.message(world, worker) else {
            return;
        };
        let its = &world.workers[worker];
        match its.phase {
            Phase::Delivered => {
                actions.push(Action::Load { worker });
                // A worker asks the store about the message that it committed last.
                if its.cached.is_some_and(|(_, last)| last != message) {
                    actions.push(Action::UseCache { worker });
                }
            }
            Phase::Ready(_) if its.attempts < self.attempts => {
                actions.push(Action::DecideAndSend { worker })
            }
            Phase::Ready(_) => actions.push(Action::GiveUpContended { worker }),
            Phase::Waiting(_) => actions.push(Action::StopWaiting { worker }),
            Phase::Unknown(_) if self.design.commit_ids => {
                actions.extend([true, false].map(|answer_arrives| Action::Resolve {
                    worker,
                    answer_arrives,
                }));
            }
            Phase::Unknown(_) => {}
        }
        if world.left.crashes > 0 && its.phase != Phase::Delivered {
            actions.push(Action::Crash { worker });
        }
    }
}

impl World {
    fn take(&mut self, action: Action, scenario: &Scenario) {
        match action {
            Action::Load { worker } => {
                let status = scenario
                    .message(self, worker)
                    .and_then(|message| self.store.status(message));
                let status = status.filter(|_| scenario.design.commit_ids);
                self.workers[worker].load(status, self.store.load());
            }
            Action::UseCache { worker } => {
                let its = &mut self.workers[worker];
                if let Some((loaded, _)) = its.cached {
                    its.use_cache(loaded);
                }
            }
            Action::DecideAndSend { worker } => {
                let message = scenario.message(self, worker);
                if let (Some(message), Phase::Ready(loaded)) = (message, self.workers[worker].phase)
                {
                    let request = self.workers[worker].send(worker as u8, message, loaded);
                    self.send(request);
                }
            }
            Action::GiveUpContended { worker } => self.workers[worker].tell(Told::Contended),
            Action::Deliver {
                commit,
                answer_arrives,
            } => {
                let request = self.wire[commit];
                let outcome = self.store.commit(&request, scenario.design);
                let its = &mut self.workers[usize::from(request.version.tag.worker)];
                if answer_arrives && its.phase == Phase::Waiting(request) {
                    its.receive(&request, outcome);
                }
            }
            Action::StopWaiting { worker } => {
                let its = &mut self.workers[worker];
                if let Phase::Waiting(request) = its.phase {
                    its.phase = Phase::Unknown(request.message);
                    its.cached = None;
                }
            }
            Action::Resolve {
                worker,
                answer_arrives,
            } => {
                if let Phase::Unknown(message) = self.workers[worker].phase {
                    let status = self.store.resolve(message, scenario.design);
                    if answer_arrives {
                        self.workers[worker].resolved(status);
                    }
                }
            }
            Action::Crash { worker } => {
                self.left.crashes -= 1;
                self.workers[worker].crash();
            }
            Action::Expire => {
                self.left.expiries -= 1;
                self.store.expire();
            }
            Action::EvictData => self.evict(Key::Data),
            Action::EvictStage => self.evict(Key::Stage),
            Action::EvictVersion => self.evict(Key::Version),
            Action::Replicate => self.replica = self.store,
            Action::FailOver => {
                self.left.failovers -= 1;
                self.fail_over();
            }
        }
    }

    /// Records what a host was told in this step as a promise.
    fn note(&mut self, before: &Self, scenario: &Scenario) {
        for (worker, (its, before)) in self.workers.iter().zip(&before.workers).enumerate() {
            let last = before.handled();
            let Some(told) = its.told.get(last).copied().flatten() else {
                continue;
            };
            let message = scenario.deliveries[worker][last];
            if told.acknowledges() {
                self.promised.acknowledged = self.promised.acknowledged.with(message);
            }
            if told.gives_up() {
                self.promised.given_up = self.promised.given_up.with(message);
            }
        }
    }

    fn evict(&mut self, key: Key) {
        self.left.evictions -= 1;
        self.store.evict(key);
    }
}
