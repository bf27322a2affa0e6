//! What a worker sends to the store, and how it is answered. The same bytes may arrive any number
//! of times.

use crate::outbox::Ticks;

/// What makes one attempt unlike any other: 128 random bits in the code, the smallest number that
/// is not in use here.
pub type Tag = u8;

/// A message of the user, by its number; also the commit id of its effect.
pub type Message = u8;

/// A question that the user is asked, by its number.
pub type Question = u8;

/// A reply, by what it comes from: a message, or the conclusion of a question's call.
pub type Entry = u8;

/// How many messages and questions there are at most.
pub const MESSAGES: usize = 3;
/// How many questions there are at most.
pub const QUESTIONS: usize = 2;
/// How many replies there are at most.
pub const ENTRIES: usize = MESSAGES + QUESTIONS;
/// How many keys of calls there are at most.
pub const KEYS: usize = QUESTIONS + MESSAGES;

/// A call to the bank: its key, and the question that was answered with yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call {
    pub key: u8,
    pub question: Question,
}

impl Call {
    /// The reply that its conclusion pushes.
    pub fn conclusion(self) -> Entry {
        MESSAGES as Entry + self.question
    }
}

/// The two kinds of work that have a lease of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Replies are sent to the channel.
    Replies,
    /// The call is performed at the bank.
    Call,
}

impl Lane {
    /// Each of them.
    pub const BOTH: [Self; 2] = [Self::Replies, Self::Call];
}

/// What a commit must find unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precondition {
    pub version: Option<Tag>,
    pub live: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Settled {
    Done,
    /// To be tried again. `in_doubt`: it may have been sent.
    Retry {
        in_doubt: bool,
    },
}

/// What became of a call, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Done,
    /// It has no effect, and never will have one.
    NotDone,
    GivenUp,
}

/// A message's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit {
    pub message: Message,
    pub precondition: Precondition,
    /// The call that it announces, and in how many ticks it may be performed no longer.
    pub announces: Option<(Call, Ticks)>,
    /// Which lanes it takes if it is the first to put work into them.
    pub takes: [bool; 2],
    /// In how many ticks the instant of its hint is over.
    pub hint: Option<Ticks>,
}

/// A request on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    Commit(Commit),
    Take(Lane),
    Settle {
        lane: Lane,
        /// The reply, or the key of the call.
        id: u8,
        attempt: u8,
        result: Settled,
    },
    /// Only without the atomic release.
    Release(Lane),
    Conclude {
        call: Call,
        outcome: Outcome,
        /// The attempt that found the outcome.
        holder: Tag,
        precondition: Precondition,
    },
}

/// A request, and the attempt that sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sent {
    pub tag: Tag,
    pub request: Request,
}

/// An entry that is handed out, and its attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    Send {
        entry: Entry,
        attempt: u8,
        /// Whether an earlier attempt may have sent it.
        in_doubt: bool,
    },
    Call {
        call: Call,
        attempt: u8,
        may_perform: bool,
        /// Whether a call that is not found will never have an effect.
        is_settled: bool,
    },
}

/// What an answer says about a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// There is no work, or another worker has it, or it is not due.
    Nothing,
    /// Work waits, and the lease is free.
    Waits,
    /// The attempt holds the lease.
    Holds(Work),
}

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is committed, now or earlier.
    Committed([View; 2]),
    Conflict,
    HintOver,
    OutboxFull,
    CallPending,
    /// To a take or a settle.
    Handed(Work),
    Nothing,
    /// Only without the atomic release: no entry is left, and the lease is still held.
    Empty,
    Refused,
}
