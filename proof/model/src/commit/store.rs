//! The store: one session, and what is recorded under each commit id. Every method is one atomic
//! step.

/// A message, by its number; also the commit id of its effect.
pub type Message = u8;

/// How many different messages there are.
pub const MESSAGES: usize = 3;

/// Some of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Messages(u8);

impl Messages {
    pub fn contains(self, message: Message) -> bool {
        self.0 & 1 << message != 0
    }

    pub fn with(self, message: Message) -> Self {
        Self(self.0 | 1 << message)
    }

    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub fn within(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub fn are_all_in(self, others: Self) -> bool {
        self.within(others) == self
    }
}

/// What makes one attempt unlike any other: 128 random bits in the code, the worker and a number of
/// its own here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    pub worker: u8,
    pub attempt: u8,
}

/// A version of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub tag: Tag,
    pub revision: u8,
}

/// Which keys of the session exist: its data, and the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Parts {
    pub data: bool,
    pub rest: bool,
}

impl Parts {
    pub const NONE: Self = Self {
        data: false,
        rest: false,
    };
    pub const ALL: Self = Self {
        data: true,
        rest: true,
    };
}

/// What a commit must find unchanged: the version line, which outlives the session, and which keys
/// exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Precondition {
    pub line: Option<Version>,
    pub parts: Parts,
}

/// What a load finds: the messages that have taken effect in this session, and the precondition of
/// the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Loaded {
    pub precondition: Precondition,
    pub content: Messages,
}

/// A commit on the network. The same bytes may arrive any number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitRequest {
    pub version: Version,
    pub message: Message,
    pub precondition: Precondition,
    pub content: Messages,
}

/// What is recorded under a commit id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitStatus {
    Applied(Version),
    Fenced,
}

/// How a commit is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommitOutcome {
    Applied(Option<Precondition>),
    Duplicate,
    Conflict(Loaded),
    Fenced,
}

/// The protocol, and the parts that can be left out to see that they are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Design {
    /// Commits are recorded under an id, and looked up there.
    pub commit_ids: bool,
    /// A commit has a precondition.
    pub compares: bool,
    /// Versions have a random tag beside the number.
    pub tags: bool,
    /// The precondition holds which keys exist, not the version line alone.
    pub presence: bool,
    /// A resolve of a commit that is not recorded fences it.
    pub fences: bool,
}

impl Design {
    /// The protocol as it is.
    pub const WHOLE: Self = Self {
        commit_ids: true,
        compares: true,
        tags: true,
        presence: true,
        fences: true,
    };

    fn same_version(self, one: Version, other: Version) -> bool {
        one.revision == other.revision && (one.tag == other.tag || !self.tags)
    }

    fn same_precondition(self, one: Precondition, other: Precondition) -> bool {
        let same_line = match (one.line, other.line) {
            (Some(one), Some(other)) => self.same_version(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        same_line && (one.parts == other.parts || !self.presence)
    }
}

/// The session, and what an observer knows about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Store {
    precondition: Precondition,
    content: Messages,
    statuses: [Option<CommitStatus>; MESSAGES],
    /// Known to the observer alone: what took effect in sessions that have expired or were
    /// corrupted.
    ended: Messages,
    /// Known to the observer alone: a message took effect a second time.
    pub doubled: bool,
    /// Known to the observer alone: a commit was applied although its precondition did not hold.
    pub overwrote: bool,
}

impl Store {
    pub fn load(&self) -> Loaded {
        Loaded {
            precondition: self.precondition,
            content: self.content,
        }
    }

    pub fn status(&self, message: Message) -> Option<CommitStatus> {
        self.statuses[usize::from(message)]
    }

    /// Every message that has taken effect, in this session or an earlier one.
    pub fn history(&self) -> Messages {
        self.content.and(self.ended)
    }

    pub fn fenced(&self) -> Messages {
        let is_fenced = |message: &Message| self.status(*message) == Some(CommitStatus::Fenced);
        (0..MESSAGES as Message)
            .filter(is_fenced)
            .fold(Messages::default(), Messages::with)
    }

    pub fn commit(&mut self, request: &CommitRequest, design: Design) -> CommitOutcome {
        if design.commit_ids {
            match self.status(request.message) {
                Some(CommitStatus::Fenced) => return CommitOutcome::Fenced,
                Some(CommitStatus::Applied(version))
                    if design.same_version(version, request.version) =>
                {
                    let is_current = self.precondition.parts == Parts::ALL
                        && self.precondition.line == Some(request.version);
                    return CommitOutcome::Applied(is_current.then_some(self.precondition));
                }
                Some(CommitStatus::Applied(_)) => return CommitOutcome::Duplicate,
                None => {}
            }
        }
        if design.compares && !design.same_precondition(self.precondition, request.precondition) {
            return CommitOutcome::Conflict(self.load());
        }
        self.doubled |= self.history().contains(request.message);
        self.overwrote |= self.precondition != request.precondition;
        self.precondition = Precondition {
            line: Some(request.version),
            parts: Parts::ALL,
        };
        self.content = request.content;
        self.statuses[usize::from(request.message)] = Some(CommitStatus::Applied(request.version));
        CommitOutcome::Applied(Some(self.precondition))
    }

    pub fn resolve(&mut self, message: Message, design: Design) -> CommitStatus {
        let status = self.status(message).unwrap_or(CommitStatus::Fenced);
        if design.fences {
            self.statuses[usize::from(message)] = Some(status);
        }
        status
    }

    pub fn is_alive(&self) -> bool {
        self.precondition.parts != Parts::NONE
    }

    /// The session expires. Its version line stays.
    pub fn expire(&mut self) {
        self.precondition.parts = Parts::NONE;
        self.end();
    }

    /// A server that is short of memory evicts one of the keys.
    pub fn evict(&mut self, key: Key) {
        match key {
            Key::Data => self.precondition.parts.data = false,
            Key::Stage => self.precondition.parts.rest = false,
            Key::Version => self.precondition.line = None,
        }
        // Data is not read without its text or its version line. It is kept if the stage alone is
        // gone.
        if key != Key::Stage {
            self.end();
        }
    }

    fn end(&mut self) {
        self.ended = self.history();
        self.content = Messages::default();
    }
}

/// A key that can be evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Data,
    Stage,
    Version,
}
