//! One state of the model.

use crate::outbox::bank::{Bank, Channel, Entries, pass};
use crate::outbox::process::{Process, Sweep, Task, Waiting};
use crate::outbox::request::{
    Answer, ENTRIES, Entry, Lane, Outcome, QUESTIONS, Request, Sent, Tag, Work,
};
use crate::outbox::scenario::{Faults, Index, Scenario, Ticks};
use crate::outbox::server::Server;

/// The keys of the user, and the wake-up of the user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replica {
    pub server: Server,
    pub index: Option<Ticks>,
}

/// What an observer knows, and no process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Observer {
    /// Replies that may be shown twice, because of a fault between the send and the settle.
    pub excused: Entries,
    /// Replies that an eviction has lost.
    pub lost: Entries,
    /// Replies whose commit a failover has lost. A process that holds one may show it before its
    /// second commit.
    pub uncommitted: Entries,
    pub told_twice: bool,
    pub out_of_order: bool,
    /// How many processes died at work on each reply.
    pub killed: [u8; ENTRIES],
    /// The questions whose calls were announced.
    pub announced: [bool; QUESTIONS],
    pub performed_unannounced: bool,
    /// The questions whose users were told that there is no effect, and never will be.
    pub denied: [bool; QUESTIONS],
    pub failed_over: bool,
    /// The user was deleted, and has not written since.
    pub is_deleted: bool,
    pub was_deleted: bool,
    pub stopped: bool,
    /// How many replies were committed up to the last announcement.
    pub announced_after: u8,
    /// A reply that was committed after the announcement was shown before the conclusion.
    pub shown_while_pending: bool,
}

/// The store, the index, the processes, the network and the world outside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) server: Server,
    pub(crate) index: Option<Ticks>,
    pub(crate) replica: Option<Box<Replica>>,
    pub(crate) processes: Vec<Process>,
    /// Copies of requests that can still arrive.
    pub(crate) wire: Vec<Sent>,
    pub(crate) bank: Bank,
    pub(crate) channel: Channel,
    pub(crate) left: Faults,
    pub(crate) observer: Observer,
}

impl World {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let server = Server::new(scenario);
        let replica = Replica {
            server: server.clone(),
            index: None,
        };
        Self {
            server,
            index: None,
            replica: (scenario.faults.failovers > 0).then(|| Box::new(replica)),
            processes: scenario.deliveries.iter().map(|_| Process::new()).collect(),
            wire: Vec::new(),
            bank: Bank::default(),
            channel: Channel::default(),
            left: scenario.faults,
            observer: Observer::default(),
        }
    }

    /// The smallest tag that nothing refers to.
    pub(crate) fn fresh_tag(&self) -> Tag {
        let mut used: u64 = 1;
        let mut mark = |tag: Tag| used |= 1 << tag;
        let replica = self.replica.iter().map(|replica| &replica.server);
        for server in replica.chain([&self.server]) {
            server.line.iter().for_each(|line| mark(line.version));
            let leases = server.outbox.leases.iter().flatten();
            leases.for_each(|lease| mark(lease.holder));
        }
        for process in &self.processes {
            process.tags().for_each(&mut mark);
        }
        for sent in &self.wire {
            sent.tags().for_each(&mut mark);
        }
        used.trailing_ones() as Tag
    }

    /// The store executes a request.
    pub(crate) fn execute(&mut self, sent: Sent, scenario: &Scenario) -> Answer {
        let had_work = self.server.has_work();
        let had_slot = self.server.outbox.slot.is_some();
        let answer = self.server.execute(sent, scenario);
        self.observer.is_deleted &= !self.server.live;
        for (denied, outcome) in self.observer.denied.iter_mut().zip(self.server.outcomes) {
            *denied |= outcome == Some(Outcome::NotDone);
        }
        if let Some(slot) = self.server.outbox.slot
            && !had_slot
        {
            let question = usize::from(slot.call.question);
            self.observer.announced[question] = true;
            // After a failover that lost the conclusion, the user has said yes again.
            self.observer.denied[question] = false;
            self.observer.announced_after = self.server.order.len() as u8;
        }
        if scenario.index == Index::SameServer && (had_work || self.server.has_work()) {
            // A release that is no part of the settle takes the settle's word for it that no entry
            // is left.
            let wake_up = match (sent.request, answer) {
                (_, Answer::Empty) => self.index,
                (Request::Release(_), _) => None,
                _ => self.server.next_wake_up(scenario).map(|ticks| ticks.max(1)),
            };
            self.write_index(wake_up);
        }
        answer
    }

    /// Writes the wake-up. Every sweeper whose claim this changes will notice.
    pub(crate) fn write_index(&mut self, to: Option<Ticks>) {
        // What was due is in the past, so it is never the same instant.
        if self.index != to || to == Some(0) {
            for process in &mut self.processes {
                match &mut process.sweep {
                    Sweep::Idle => {}
                    Sweep::Claimed { unchanged } | Sweep::Tidying { unchanged, .. } => {
                        *unchanged = false;
                    }
                }
            }
        }
        self.index = to;
    }

    pub(crate) fn tick(&mut self, scenario: &Scenario) {
        self.server.tick();
        if let Some(index) = &mut self.index {
            pass(index);
        }
        if let Some(replica) = &mut self.replica {
            replica.server.tick();
            if let Some(index) = &mut replica.index {
                pass(index);
            }
        }
        for process in &mut self.processes {
            process.tick(scenario.design);
            // A settle that is later than its lease: the reply may be shown twice.
            if let Task::Asking(waiting) = process.tasks[Lane::Replies as usize]
                && let Request::Settle { id, .. } = waiting.sent.request
                && waiting.held == 0
            {
                self.observer.excused.add(id);
            }
        }
        for sent in &mut self.wire {
            sent.tick(scenario.design);
        }
        self.bank.tick();
    }

    pub(crate) fn replicate(&mut self) {
        if let Some(replica) = &mut self.replica {
            replica.server = self.server.clone();
            replica.index = self.index;
        }
    }

    /// The newest commits are gone.
    pub(crate) fn fail_over(&mut self, scenario: &Scenario) {
        if let Some(replica) = &self.replica {
            let index = replica.index;
            let lost = self.server.clone();
            self.server = replica.server.clone();
            for entry in &lost.order {
                if !self.server.order.contains(entry) {
                    self.observer.uncommitted.add(*entry);
                }
            }
            self.server.concluded_twice |= lost.concluded_twice;
            self.server.refused_conclusion |= lost.refused_conclusion;
            if scenario.index == Index::SameServer {
                self.write_index(index);
            }
        }
        self.observer.failed_over = true;
        self.observer.excused = Entries::ALL;
    }

    /// The channel shows a reply.
    pub(crate) fn show(&mut self, entry: Entry) {
        let observer = &mut self.observer;
        let shown = self.channel.shown[usize::from(entry)];
        if shown > 0 {
            observer.told_twice |= !observer.excused.contains(entry);
        } else if !observer.uncommitted.contains(entry) {
            let order = &self.server.order;
            let before = order.iter().position(|other| *other == entry).unwrap_or(0);
            let is_missing = |other: &Entry| {
                self.channel.shown[usize::from(*other)] == 0
                    && !self.channel.reported.contains(*other)
                    && !observer.lost.contains(*other)
            };
            observer.out_of_order |= order[..before].iter().any(is_missing);
        }
        let after = usize::from(observer.announced_after);
        let is_later = self
            .server
            .order
            .iter()
            .skip(after)
            .any(|other| *other == entry);
        observer.shown_while_pending |= is_later && self.server.outbox.slot.is_some();
        self.channel.shown[usize::from(entry)] = (shown + 1).min(2);
    }

    /// A process stops before it works, and works after its lease: the reply may be shown twice.
    pub(crate) fn note_stop(&mut self, process: usize, lane: Lane) {
        self.observer.stopped = true;
        if let Task::Working { work, .. } = self.processes[process].tasks[lane as usize]
            && let Work::Send { entry, .. } = work
        {
            self.observer.excused.add(entry);
        }
    }

    /// A process dies. A reply that it has sent and not settled may be shown twice.
    pub(crate) fn note_death(&mut self, process: usize) {
        match self.processes[process].tasks[Lane::Replies as usize] {
            Task::Working {
                work: Work::Send { entry, .. },
                ..
            } => self.observer.killed[usize::from(entry)] += 1,
            Task::Asking(Waiting {
                sent:
                    Sent {
                        request: Request::Settle { id, .. },
                        ..
                    },
                ..
            }) => self.observer.excused.add(id),
            _ => {}
        }
    }

    /// The host deletes the user. What waits is not told.
    pub(crate) fn delete(&mut self, scenario: &Scenario) {
        self.server.delete();
        if scenario.index == Index::SameServer {
            self.write_index(None);
        }
        self.observer.is_deleted = true;
        self.observer.was_deleted = true;
        self.observer.excused = Entries::ALL;
        self.observer.lost = Entries::ALL;
    }

    /// The outbox is evicted.
    pub(crate) fn evict_outbox(&mut self) {
        for queued in &self.server.outbox.queue {
            self.observer.lost.add(queued.entry);
        }
        self.server.outbox = Default::default();
    }
}
