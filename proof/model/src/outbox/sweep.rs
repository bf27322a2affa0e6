//! Wake-ups: hints that are written, and sweepers that look after those that are due.

use crate::outbox::process::{Sweep, Turn};
use crate::outbox::request::Lane;
use crate::outbox::scenario::{CLAIM, LEASE, Scenario, WINDOW};
use crate::outbox::world::World;

impl World {
    /// A process writes a hint, on which it relies until the window is over.
    pub(crate) fn write_hint(&mut self, process: usize, scenario: &Scenario) {
        let to = match self.index {
            Some(old) if old >= WINDOW || !scenario.design.hints_move_later => old,
            _ => WINDOW,
        };
        self.write_index(Some(to));
        let its = &mut self.processes[process];
        its.hint = WINDOW;
        if its.turn == Turn::Hinting {
            its.turn = Turn::Idle;
        }
    }

    /// A sweeper claims the hint that is due.
    pub(crate) fn claim(&mut self, process: usize, scenario: &Scenario) {
        let claim = if scenario.design.claim_is_short {
            CLAIM
        } else {
            WINDOW
        };
        self.write_index(Some(claim));
        self.processes[process].sweep = Sweep::Claimed { unchanged: true };
    }

    /// A sweeper reads the outbox, and takes what is free.
    pub(crate) fn look(&mut self, process: usize, scenario: &Scenario) {
        let Sweep::Claimed { unchanged } = self.processes[process].sweep else {
            return;
        };
        let mut to = self.server.next_wake_up(scenario);
        let tag = self.fresh_tag();
        let is_lost = self.server.outbox.slot.is_none() && self.server.pending().is_some();
        for lane in Lane::BOTH {
            let is_open = self.server.outbox.is_open_to(lane, tag, scenario.design);
            if is_open || lane == Lane::Call && is_lost {
                self.start_take(process, lane, tag);
                to = to.map(|_| LEASE);
            }
        }
        self.processes[process].sweep = Sweep::Tidying { unchanged, to };
    }

    /// A sweeper moves or removes its own hint, if that is unchanged.
    pub(crate) fn tidy(&mut self, process: usize) {
        if let Sweep::Tidying { unchanged, to } = self.processes[process].sweep {
            if unchanged {
                self.write_index(to);
            }
            self.processes[process].sweep = Sweep::Idle;
        }
    }
}
