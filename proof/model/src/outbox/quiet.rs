//! What happens if the network, the bank and all processes work from now on, and the user writes
//! no more. From every state, all work gets done.

use crate::outbox::action::Action;
use crate::outbox::request::Entry;
use crate::outbox::scenario::Scenario;
use crate::outbox::world::World;

/// How many steps each part of a process can take in a tick.
const STEPS_A_TICK: usize = 8;
/// After so many ticks without an end, work was forgotten.
const LAST_TICK: usize = 60;

impl World {
    /// Whether all work gets done. The messages that processes have not begun with never arrive.
    pub(crate) fn gets_done_if_left_alone(&self, scenario: &Scenario) -> bool {
        let mut world = self.clone();
        for _ in 0..LAST_TICK {
            for _ in 0..STEPS_A_TICK {
                if !world.take_quiet_steps(scenario) {
                    break;
                }
            }
            if world.is_quiet() {
                return world.has_told_all(scenario);
            }
            world.tick(scenario);
        }
        false
    }

    /// Every process takes each step that it can. Returns whether there was one.
    fn take_quiet_steps(&mut self, scenario: &Scenario) -> bool {
        let mut actions = Vec::new();
        for process in 0..self.processes.len() {
            scenario.steps(self, process, &mut actions);
        }
        if scenario.finds_by_scan(self) {
            actions.push(Action::Scan);
        }
        for action in &actions {
            self.take(*action, scenario);
        }
        !actions.is_empty()
    }

    /// Whether nothing is pending, and no process is at work.
    fn is_quiet(&self) -> bool {
        !self.server.has_work() && self.processes.iter().all(|process| process.is_idle())
    }

    /// Whether each reply was shown or reported, and each effect at the bank was concluded.
    fn has_told_all(&self, scenario: &Scenario) -> bool {
        let is_told = |entry: &Entry| {
            self.channel.shown[usize::from(*entry)] > 0
                || self.channel.reported.contains(*entry)
                || self.observer.lost.contains(*entry)
        };
        let is_concluded = |(paid, outcome): (&u8, &Option<_>)| *paid == 0 || outcome.is_some();
        let mut calls = self.bank.paid.iter().zip(&self.server.outcomes);
        let observer = self.observer;
        let has_concluded = observer.failed_over || observer.was_deleted || calls.all(is_concluded);
        has_concluded && (!scenario.replies || self.server.order.iter().all(is_told))
    }
}
