//! A process: the message that it handles, its task on each lane, and its sweeper.

use crate::outbox::bank::pass;
use crate::outbox::design::Design;
use crate::outbox::request::{Lane, Request, Sent, Tag, Work};
use crate::outbox::scenario::{LEASE, Ticks};

/// A request that a process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waiting {
    pub sent: Sent,
    /// What is left of a lease that it may bring, counted from before it was sent.
    pub clock: Ticks,
    /// What is left of the lease that the process holds.
    pub held: Ticks,
}

impl Waiting {
    pub fn new(tag: Tag, request: Request) -> Self {
        Self {
            sent: Sent { tag, request },
            clock: LEASE,
            held: LEASE,
        }
    }
}

/// How far a process is with its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    Idle,
    Committing(Waiting),
    /// Only if hints are written after the commit.
    Hinting,
}

/// What a process does on one of the lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    Idle,
    Asking(Waiting),
    Working { tag: Tag, clock: Ticks, work: Work },
}

/// How far a process is with a hint that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sweep {
    Idle,
    /// `unchanged`: since its claim.
    Claimed {
        unchanged: bool,
    },
    /// It has read the outbox: the hint is to be moved, or removed.
    Tidying {
        unchanged: bool,
        to: Option<Ticks>,
    },
}

/// A step of a process is about one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The message that it handles.
    Turn,
    /// Its task on a lane.
    Task(Lane),
}

impl Part {
    /// Each of them.
    pub const ALL: [Self; 3] = [
        Self::Turn,
        Self::Task(Lane::Replies),
        Self::Task(Lane::Call),
    ];
}

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    pub turn: Turn,
    /// How many of its messages it has handled.
    pub handled: u8,
    pub tasks: [Task; 2],
    pub sweep: Sweep,
    /// For how long it relies on the hint that it wrote last.
    pub hint: Ticks,
    /// It may be slower than its leases.
    pub stopped: bool,
}

impl Process {
    pub fn new() -> Self {
        Self {
            turn: Turn::Idle,
            handled: 0,
            tasks: [Task::Idle; 2],
            sweep: Sweep::Idle,
            hint: 0,
            stopped: false,
        }
    }

    /// The process starts again, and its message is delivered again.
    pub fn die(&mut self) {
        *self = Self {
            handled: self.handled,
            ..Self::new()
        };
    }

    pub fn is_idle(&self) -> bool {
        let is_idle = |task: &Task| *task == Task::Idle;
        self.turn == Turn::Idle && self.sweep == Sweep::Idle && self.tasks.iter().all(is_idle)
    }

    pub fn is_free(&self, lane: Lane) -> bool {
        self.tasks[lane as usize] == Task::Idle
    }

    /// What it waits for in this part.
    pub fn waiting(&self, part: Part) -> Option<Waiting> {
        match part {
            Part::Turn => match self.turn {
                Turn::Committing(waiting) => Some(waiting),
                _ => None,
            },
            Part::Task(lane) => match self.tasks[lane as usize] {
                Task::Asking(waiting) => Some(waiting),
                _ => None,
            },
        }
    }

    /// Sends a request about a lane, and goes on to hold the lease that it holds.
    pub fn start(&mut self, lane: Lane, tag: Tag, request: Request) {
        let held = match self.tasks[lane as usize] {
            Task::Idle => LEASE,
            Task::Asking(waiting) => waiting.held,
            Task::Working { clock, .. } => clock,
        };
        self.tasks[lane as usize] = Task::Asking(Waiting {
            held,
            ..Waiting::new(tag, request)
        });
    }

    /// Whether a lease that it holds, or asks for, is over with the next tick.
    pub fn is_pressed(&self) -> bool {
        let is_pressed = |task: &Task| match task {
            Task::Idle => false,
            Task::Asking(waiting) => waiting.held == 1 || waiting.clock == 1,
            Task::Working { clock, .. } => *clock == 1,
        };
        let turn = self.waiting(Part::Turn);
        turn.is_some_and(|waiting| waiting.clock == 1) || self.tasks.iter().any(is_pressed)
    }

    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        let working = self.tasks.into_iter().filter_map(|task| match task {
            Task::Working { tag, .. } => Some(tag),
            _ => None,
        });
        let parts = Part::ALL.into_iter();
        let waiting = parts.filter_map(|part| self.waiting(part));
        waiting
            .flat_map(|waiting| waiting.sent.tags())
            .chain(working)
    }

    pub fn tick(&mut self, design: Design) {
        pass(&mut self.hint);
        if let Turn::Committing(waiting) = &mut self.turn {
            waiting.tick(design);
        }
        for task in &mut self.tasks {
            match task {
                Task::Idle => {}
                Task::Asking(waiting) => waiting.tick(design),
                Task::Working { clock, .. } => pass(clock),
            }
        }
        if let Sweep::Tidying { to: Some(to), .. } = &mut self.sweep {
            pass(to);
        }
    }
}

impl Waiting {
    fn tick(&mut self, design: Design) {
        pass(&mut self.clock);
        pass(&mut self.held);
        self.sent.tick(design);
    }
}

impl Sent {
    /// The tags that must not be given to another attempt while this may arrive.
    pub fn tags(self) -> impl Iterator<Item = Tag> {
        let others = match self.request {
            Request::Commit(commit) => [commit.precondition.version, None],
            Request::Conclude {
                precondition,
                holder,
                ..
            } => [precondition.version, Some(holder)],
            _ => [None; 2],
        };
        others.into_iter().flatten().chain([self.tag])
    }

    /// Instants that it carries come nearer.
    pub fn tick(&mut self, design: Design) {
        if let Request::Commit(commit) = &mut self.request {
            if let Some(hint) = &mut commit.hint {
                pass(hint);
            }
            if let Some((_, perform)) = &mut commit.announces
                && design.window_of_question
            {
                pass(perform);
            }
        }
    }
}
