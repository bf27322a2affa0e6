//! A worker: from the delivery of a message to what the host is told.

use crate::store::{Basis, Done, Ground, Message, Messages, Reply, Request, Tag, Version};

/// How far a worker is with its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It has the message, and nothing else.
    Delivered,
    /// It can decide on this.
    Ready(Ground),
    /// It has sent its commit, and waits for the reply.
    Waiting(Request),
    /// It has waited long enough: what became of the commit is unknown.
    Unknown(Message),
}

/// Where a worker has its ground from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Load,
    Guess,
    Refusal,
}

/// What the host is told about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    Committed(Source),
    Duplicate,
    Fenced,
    /// Others were faster until the deadline.
    Contended,
    /// After an unknown outcome: it had been applied.
    ResolvedApplied,
    /// After an unknown outcome: it never will be.
    ResolvedFenced,
}

impl Told {
    /// Whether the host may take it that the message has taken effect.
    pub fn acknowledges(self) -> bool {
        matches!(
            self,
            Self::Committed(_) | Self::Duplicate | Self::ResolvedApplied
        )
    }

    /// Whether the host may take it that the message never will.
    pub fn gives_up(self) -> bool {
        matches!(self, Self::Fenced | Self::ResolvedFenced)
    }
}

/// A worker. It handles its messages one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Worker {
    pub phase: Phase,
    /// What it was told about each of its messages so far.
    pub told: [Option<Told>; 2],
    /// What it committed last, and under which message.
    pub guess: Option<(Ground, Message)>,
    source: Source,
    pub attempts: u8,
}

impl Worker {
    pub fn new() -> Self {
        Self {
            phase: Phase::Delivered,
            told: [None; 2],
            guess: None,
            source: Source::Load,
            attempts: 0,
        }
    }

    /// How many of its messages it has handled.
    pub fn handled(&self) -> usize {
        self.told.iter().flatten().count()
    }

    pub fn tell(&mut self, told: Told) {
        let next = self.handled();
        self.told[next] = Some(told);
        (self.phase, self.source) = (Phase::Delivered, Source::Load);
    }

    /// What a load under the message's commit id has found.
    pub fn loaded(&mut self, done: Option<Done>, ground: Ground) {
        match done {
            Some(Done::Applied(_)) => self.tell(Told::Duplicate),
            Some(Done::Fenced) => self.tell(Told::Fenced),
            None => (self.phase, self.source) = (Phase::Ready(ground), Source::Load),
        }
    }

    pub fn trust_guess(&mut self, ground: Ground) {
        (self.phase, self.source) = (Phase::Ready(ground), Source::Guess);
    }

    /// Decides: the message is added to what the session holds.
    pub fn send(&mut self, worker: u8, message: Message, ground: Ground) -> Request {
        let tag = Tag {
            worker,
            attempt: self.attempts,
        };
        let revision = ground.basis.line.map_or(0, |last| last.revision) + 1;
        let version = Version { tag, revision };
        let request = Request {
            version,
            message,
            basis: ground.basis,
            content: ground.content.with(message),
        };
        self.attempts += 1;
        self.phase = Phase::Waiting(request);
        request
    }

    /// Reads the reply to the commit that it waits for.
    pub fn receive(&mut self, request: &Request, reply: Reply) {
        self.guess = None;
        match reply {
            Reply::Applied(basis) => {
                self.keep(basis, request.content, request.message);
                self.tell(Told::Committed(self.source));
            }
            Reply::Duplicate => self.tell(Told::Duplicate),
            Reply::Conflict(newest) => {
                (self.phase, self.source) = (Phase::Ready(newest), Source::Refusal)
            }
            Reply::Fenced => self.tell(Told::Fenced),
        }
    }

    fn keep(&mut self, basis: Option<Basis>, content: Messages, message: Message) {
        self.guess = basis.map(|basis| (Ground { basis, content }, message));
    }

    pub fn resolved(&mut self, done: Done) {
        self.tell(match done {
            Done::Applied(_) => Told::ResolvedApplied,
            Done::Fenced => Told::ResolvedFenced,
        });
    }

    /// The process dies, or the caller goes. The channel delivers the message again, for it was not
    /// acknowledged.
    pub fn crash(&mut self) {
        (self.phase, self.guess, self.source) = (Phase::Delivered, None, Source::Load);
    }
}
