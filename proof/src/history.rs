//! What happened in one history, as its workers recorded it.

use std::time::Duration;

use crate::list::Message;

/// One call of a worker, from its start to its end. Instants are counted from the start of the
/// history.
#[derive(Debug, Clone)]
pub struct Event {
    /// Who called.
    pub worker: usize,
    /// When it was called.
    pub start: Duration,
    /// When it returned.
    pub end: Duration,
    /// What was called, and what it answered.
    pub what: What,
}

/// What was called, and what it answered. A read or a resolve that failed has answered nothing, and
/// is not kept.
#[derive(Debug, Clone)]
pub enum What {
    /// A message was handed to the manager.
    Delivered {
        /// The message.
        message: Message,
        /// What the worker was told.
        outcome: Outcome,
    },
    /// A session was read.
    Read {
        /// The session.
        session: u8,
        /// Its list.
        list: Vec<Message>,
    },
    /// The worker asked what had become of a message.
    Resolved {
        /// The message.
        message: Message,
        /// The revision that the message made; `None` if it was given up for good.
        applied: Option<u64>,
    },
}

/// What a worker was told of a message.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It took effect, decided on this list.
    Committed {
        /// The list.
        on: Vec<Message>,
    },
    /// It had taken effect before.
    Duplicate {
        /// The list as it is now.
        now: Vec<Message>,
        /// The stored reply: the position of the message in the list, counted from 1.
        position: Option<usize>,
    },
    /// It may have taken effect or not.
    Unknown,
    /// It was given up by a resolve.
    GivenUp,
    /// Nothing was changed: the store was not reached, or others were faster until the deadline.
    Refused,
    /// Something that must not happen here.
    Failed(String),
}

/// A part of a history in which the server forgets nothing. It ends when the server comes back with
/// less than it had.
#[derive(Debug, Clone)]
pub struct Era {
    /// Before this instant no worker could reach the server as it is in this era.
    pub begins: Duration,
    /// After this instant nothing is certain until the next era begins.
    pub ends: Duration,
    /// The list of each session when it began, read while no worker could write.
    pub first: Vec<Vec<Message>>,
    /// The same when it ended.
    pub last: Vec<Vec<Message>>,
    /// When the copy was begun that the next era starts with.
    pub copied: Option<Duration>,
}

/// All that was called and answered, and what the server remembered.
#[derive(Debug, Clone)]
pub struct History {
    /// The seed of its plan.
    pub seed: u64,
    /// Every call, in the order in which they ended.
    pub events: Vec<Event>,
    /// At least one.
    pub eras: Vec<Era>,
    /// How often each kind of fault occurred.
    pub faults: Vec<(&'static str, u64)>,
}

impl What {
    /// The session of the call.
    pub fn session(&self) -> u8 {
        match self {
            Self::Delivered { message, .. } | Self::Resolved { message, .. } => message.session,
            Self::Read { session, .. } => *session,
        }
    }

    /// The message of the call, if it has one.
    pub fn message(&self) -> Option<Message> {
        match self {
            Self::Delivered { message, .. } | Self::Resolved { message, .. } => Some(*message),
            Self::Read { .. } => None,
        }
    }

    /// The list that this call returned.
    pub fn seen(&self) -> Option<&[Message]> {
        match self {
            Self::Delivered {
                outcome: Outcome::Committed { on: list } | Outcome::Duplicate { now: list, .. },
                ..
            }
            | Self::Read { list, .. } => Some(list),
            _ => None,
        }
    }

    /// The least length that the list has after this call.
    pub fn reached(&self) -> usize {
        match self {
            Self::Delivered {
                outcome: Outcome::Committed { on },
                ..
            } => on.len() + 1,
            Self::Resolved {
                applied: Some(revision),
                ..
            } => usize::try_from(*revision).unwrap_or(usize::MAX),
            other => other.seen().map_or(0, <[_]>::len),
        }
    }

    /// Whether the answer says that the message took effect.
    pub fn acknowledges(&self) -> bool {
        matches!(
            self,
            Self::Delivered {
                outcome: Outcome::Committed { .. } | Outcome::Duplicate { .. },
                ..
            } | Self::Resolved {
                applied: Some(_),
                ..
            }
        )
    }

    /// Whether the message may have taken effect by this call.
    pub fn may_apply(&self) -> bool {
        matches!(
            self,
            Self::Delivered {
                outcome: Outcome::Committed { .. } | Outcome::Unknown,
                ..
            }
        )
    }
}

impl History {
    /// How many sessions there are.
    pub fn sessions(&self) -> u8 {
        self.eras
            .first()
            .map_or(0, |era| u8::try_from(era.last.len()).unwrap_or(u8::MAX))
    }

    /// When the era after this one begins.
    fn next_begins(&self, era: usize) -> Duration {
        self.eras
            .get(era + 1)
            .map_or(Duration::MAX, |next| next.begins)
    }

    /// Whether a call was answered in this era and no other.
    pub fn within(&self, era: usize, event: &Event) -> bool {
        self.eras[era].begins <= event.start && event.end <= self.eras[era].ends
    }

    /// Whether a call may have been answered in this era.
    pub fn touches(&self, era: usize, event: &Event) -> bool {
        event.start < self.next_begins(era) && self.eras[era].begins < event.end
    }
}
