//! What the processes of a history note of themselves, for the checks at its end.

use serde::{Deserialize, Serialize};

/// Something that happened, as a line of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// The worker; `None` for the server of the sessions.
    pub worker: Option<usize>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The worker has read a certain answer of the channel about this reply.
    Answered {
        /// The id of the reply.
        id: String,
    },
    /// The worker has come to a point at which it is to die or to stop.
    Reached(Point, Act),
    /// The bot has reported something.
    Reported {
        /// What kind of report it is.
        kind: Kind,
        /// The user's id, if it is about one.
        user: Option<String>,
        /// The key of the call, if it is about one.
        key: Option<String>,
        /// The id of the reply, if it is about one.
        reply: Option<String>,
        /// The report.
        text: String,
    },
    /// The process was ended, or ended itself.
    Died,
    /// The process was stopped, or stopped itself.
    Stopped,
    /// The process goes on after a stop.
    GoesOn,
    /// The server is back, with all that it had.
    ServerBack,
    /// A replica has become the server.
    FailedOver,
}

/// The kind of a report of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// The channel never accepts a reply.
    Rejected,
    /// A call was given up.
    GivenUp,
    /// The outcome of a call that is not pending any more.
    LateOutcome,
    /// The outbox has lost a call that its session remembers.
    LostCall,
    /// The session was not moved.
    NotMoved,
    /// An entry of the outbox cannot be read.
    Unreadable,
    /// A function of the host panicked.
    Panicked,
    /// A step failed and is made again.
    Failed,
}

impl Event {
    /// Something that happened at this time.
    pub fn new(at: u64, worker: Option<usize>, what: What) -> Self {
        Self { at, worker, what }
    }
}

/// A point in the work of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Point {
    /// A commit is to be sent.
    BeforeCommit,
    /// A commit was answered.
    AfterCommit,
    /// An entry was taken.
    AfterTake,
    /// A call is to be made.
    BeforePerform,
    /// A call was answered, or its connection is closed.
    AfterPerform,
    /// A reply is to be sent.
    BeforeSend,
    /// A reply was answered, or its connection is closed.
    AfterSend,
    /// A settlement is to be sent.
    BeforeSettle,
    /// A settlement was answered.
    AfterSettle,
}

impl Point {
    /// All points.
    pub const ALL: [Self; 9] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::AfterTake,
        Self::BeforePerform,
        Self::AfterPerform,
        Self::BeforeSend,
        Self::AfterSend,
        Self::BeforeSettle,
        Self::AfterSettle,
    ];

    /// Its name in the table of the faults.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeCommit => "before a commit",
            Self::AfterCommit => "after a commit",
            Self::AfterTake => "after a take",
            Self::BeforePerform => "before a call",
            Self::AfterPerform => "after a call",
            Self::BeforeSend => "before a send",
            Self::AfterSend => "after a send",
            Self::BeforeSettle => "before a settlement",
            Self::AfterSettle => "after a settlement",
        }
    }
}

/// What a worker does there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Act {
    /// It ends at once, as by `kill -9`.
    Die,
    /// It stops itself (SIGSTOP), until its parent lets it go on.
    Stop,
}
