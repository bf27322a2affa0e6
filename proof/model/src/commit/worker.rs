//! A worker: from the delivery of a message to what the host is told.

use crate::commit::store::{
    CommitOutcome, CommitRequest, CommitStatus, Loaded, Message, Messages, Precondition, Tag,
    Version,
};

/// How far a worker is with its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It has the message and no session.
    Delivered,
    /// It can decide on this session.
    Ready(Loaded),
    /// It has sent its commit, and waits for the answer.
    Waiting(CommitRequest),
    /// Its deadline is over, and it does not know whether the commit was applied.
    Unknown(Message),
}

/// Where the session comes from on which a worker decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Load,
    Cache,
    Conflict,
}

/// What the host is told about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    Committed(Source),
    Duplicate,
    Fenced,
    /// Other workers were faster until the deadline.
    Contended,
    /// After an unknown outcome: it had been applied.
    ResolvedApplied,
    /// After an unknown outcome: it never will be.
    ResolvedFenced,
}

impl Told {
    /// Whether it says that the message has taken effect.
    pub fn acknowledges(self) -> bool {
        matches!(
            self,
            Self::Committed(_) | Self::Duplicate | Self::ResolvedApplied
        )
    }

    /// Whether it says that the message never will.
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
    /// The session cache: what it committed last, and for which message.
    pub cached: Option<(Loaded, Message)>,
    source: Source,
    pub attempts: u8,
}

impl Worker {
    pub fn new() -> Self {
        Self {
            phase: Phase::Delivered,
            told: [None; 2],
            cached: None,
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
        self.phase = Phase::Delivered;
        self.source = Source::Load;
    }

    /// Takes the answer of a load with the message's commit id.
    pub fn load(&mut self, status: Option<CommitStatus>, loaded: Loaded) {
        match status {
            Some(CommitStatus::Applied(_)) => self.tell(Told::Duplicate),
            Some(CommitStatus::Fenced) => self.tell(Told::Fenced),
            None => self.ready(loaded, Source::Load),
        }
    }

    pub fn use_cache(&mut self, loaded: Loaded) {
        self.ready(loaded, Source::Cache);
    }

    fn ready(&mut self, loaded: Loaded, source: Source) {
        self.phase = Phase::Ready(loaded);
        self.source = source;
    }

    /// Decides: the message is added to what the session holds.
    pub fn send(&mut self, worker: u8, message: Message, loaded: Loaded) -> CommitRequest {
        let tag = Tag {
            worker,
            attempt: self.attempts,
        };
        let revision = loaded.precondition.line.map_or(0, |last| last.revision) + 1;
        let version = Version { tag, revision };
        let request = CommitRequest {
            version,
            message,
            precondition: loaded.precondition,
            content: loaded.content.with(message),
        };
        self.attempts += 1;
        self.phase = Phase::Waiting(request);
        request
    }

    /// Takes the answer to the commit that it waits for.
    pub fn receive(&mut self, request: &CommitRequest, outcome: CommitOutcome) {
        self.cached = None;
        match outcome {
            CommitOutcome::Applied(precondition) => {
                self.cache(precondition, request.content, request.message);
                self.tell(Told::Committed(self.source));
            }
            CommitOutcome::Duplicate => self.tell(Told::Duplicate),
            CommitOutcome::Conflict(newest) => self.ready(newest, Source::Conflict),
            CommitOutcome::Fenced => self.tell(Told::Fenced),
        }
    }

    fn cache(&mut self, precondition: Option<Precondition>, content: Messages, message: Message) {
        self.cached = precondition.map(|precondition| {
            (
                Loaded {
                    precondition,
                    content,
                },
                message,
            )
        });
    }

    pub fn resolved(&mut self, status: CommitStatus) {
        self.tell(match status {
            CommitStatus::Applied(_) => Told::ResolvedApplied,
            CommitStatus::Fenced => Told::ResolvedFenced,
        });
    }

    /// The process dies, or the caller drops the call. The channel delivers the message again,
    /// because it was not acknowledged.
    pub fn crash(&mut self) {
        self.phase = Phase::Delivered;
        self.cached = None;
        self.source = Source::Load;
    }
}
