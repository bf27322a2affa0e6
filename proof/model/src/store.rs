//! The store: one session, and what is recorded under each commit id. Every method is one atomic
//! step.

/// A message, by its number; also the commit id under which its effect is committed.
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

/// Which keys of the session there are: its state, and the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Parts {
    pub state: bool,
    pub rest: bool,
}

impl Parts {
    pub const NONE: Self = Self {
        state: false,
        rest: false,
    };
    pub const ALL: Self = Self {
        state: true,
        rest: true,
    };
}

/// What a decision stands on: the version line, which outlives the session, and the keys that there
/// are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Basis {
    pub line: Option<Version>,
    pub parts: Parts,
}

/// What a load finds: the messages that have taken effect in this session, and the basis of the
/// next decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ground {
    pub basis: Basis,
    pub content: Messages,
}

/// A commit on the wire. The same bytes may arrive any number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    pub version: Version,
    pub message: Message,
    pub basis: Basis,
    pub content: Messages,
}

/// What is recorded under a commit id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Done {
    Applied(Version),
    Fenced,
}

/// How a commit is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    Applied(Option<Basis>),
    Duplicate,
    Conflict(Ground),
    Fenced,
}

/// The protocol, and what can be left out of it to see that it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Design {
    /// Commits are recorded under an id, and looked for there.
    pub commit_ids: bool,
    /// A commit applies only to what it was decided on.
    pub compares: bool,
    /// Versions have a random tag beside the number.
    pub tags: bool,
    /// Which keys there are is compared, not the version line alone.
    pub presence: bool,
    /// Who asks what became of a commit that is not recorded fences it off.
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

    fn same_basis(self, one: Basis, other: Basis) -> bool {
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
    basis: Basis,
    content: Messages,
    done: [Option<Done>; MESSAGES],
    /// Seen by the observer alone: what took effect in sessions that have expired or were damaged.
    ended: Messages,
    /// Seen by the observer alone: a message took effect a second time.
    pub doubled: bool,
    /// Seen by the observer alone: a commit was applied to something else than it was decided on.
    pub overwrote: bool,
}

impl Store {
    pub fn load(&self) -> Ground {
        Ground {
            basis: self.basis,
            content: self.content,
        }
    }

    pub fn done(&self, message: Message) -> Option<Done> {
        self.done[usize::from(message)]
    }

    /// Everything that has taken effect, in this session or an earlier one.
    pub fn history(&self) -> Messages {
        self.content.and(self.ended)
    }

    pub fn fenced(&self) -> Messages {
        let is_fenced = |message: &Message| self.done(*message) == Some(Done::Fenced);
        (0..MESSAGES as Message)
            .filter(is_fenced)
            .fold(Messages::default(), Messages::with)
    }

    pub fn commit(&mut self, request: &Request, design: Design) -> Reply {
        if design.commit_ids {
            match self.done(request.message) {
                Some(Done::Fenced) => return Reply::Fenced,
                Some(Done::Applied(version)) if design.same_version(version, request.version) => {
                    let stands =
                        self.basis.parts == Parts::ALL && self.basis.line == Some(request.version);
                    return Reply::Applied(stands.then_some(self.basis));
                }
                Some(Done::Applied(_)) => return Reply::Duplicate,
                None => {}
            }
        }
        if design.compares && !design.same_basis(self.basis, request.basis) {
            return Reply::Conflict(self.load());
        }
        self.doubled |= self.history().contains(request.message);
        self.overwrote |= self.basis != request.basis;
        self.basis = Basis {
            line: Some(request.version),
            parts: Parts::ALL,
        };
        self.content = request.content;
        self.done[usize::from(request.message)] = Some(Done::Applied(request.version));
        Reply::Applied(Some(self.basis))
    }

    pub fn resolve(&mut self, message: Message, design: Design) -> Done {
        let done = self.done(message).unwrap_or(Done::Fenced);
        if design.fences {
            self.done[usize::from(message)] = Some(done);
        }
        done
    }

    pub fn is_alive(&self) -> bool {
        self.basis.parts != Parts::NONE
    }

    /// The session expires. Its version line stays.
    pub fn expire(&mut self) {
        self.basis.parts = Parts::NONE;
        self.end();
    }

    /// A server short of memory evicts one of the keys.
    pub fn evict(&mut self, key: Key) {
        match key {
            Key::State => self.basis.parts.state = false,
            Key::Stage => self.basis.parts.rest = false,
            Key::Version => self.basis.line = None,
        }
        // Without its line or its text, a state is not read any more; without its stage, it is
        // saved.
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
    State,
    Stage,
    Version,
}
