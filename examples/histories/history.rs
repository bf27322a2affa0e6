//! What happened in one history, as its workers saw it.

use std::time::Duration;

use crate::list::Message;

/// One call of a worker, from its start to its end. Instants are counted from the start of the history.
#[derive(Debug, Clone)]
pub struct Event {
    pub worker: usize,
    pub start: Duration,
    pub end: Duration,
    pub what: What,
}

/// What was called, and what it answered. A read or a resolve that failed has answered nothing, and is not kept.
#[derive(Debug, Clone)]
pub enum What {
    Delivered {
        message: Message,
        outcome: Outcome,
    },
    Read {
        session: u8,
        list: Vec<Message>,
    },
    /// `applied` is the revision that the message made; none where it was given up for good.
    Resolved {
        message: Message,
        applied: Option<u64>,
    },
}

/// What a worker was told of a message.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It took effect, decided on this list.
    Committed { on: Vec<Message> },
    /// It had taken effect before: the list as it is now, and the place in it that was remembered.
    Duplicate {
        now: Vec<Message>,
        place: Option<usize>,
    },
    /// Nobody can say.
    Unknown,
    /// It was given up by a resolve.
    GivenUp,
    /// Nothing was changed: the store was not reached, or others were faster until the deadline.
    Refused,
    /// Something that must not happen here.
    Failed(String),
}

/// A stretch of a history in which the server forgets nothing. It ends where the server comes back with less than it had.
#[derive(Debug, Clone)]
pub struct Era {
    /// Before this instant no worker could reach the server as it now is.
    pub begins: Duration,
    /// After this instant nothing is certain until the next era begins.
    pub ends: Duration,
    /// The list of each session, when it began and when it ended; read while no worker could write.
    pub first: Vec<Vec<Message>>,
    pub last: Vec<Vec<Message>>,
    /// When the copy was begun that the next era begins with.
    pub copied: Option<Duration>,
}

#[derive(Debug, Clone)]
pub struct History {
    pub seed: u64,
    pub events: Vec<Event>,
    pub eras: Vec<Era>,
    /// How often each kind of fault struck.
    pub faults: Vec<(&'static str, u64)>,
}

impl What {
    pub fn session(&self) -> u8 {
        match self {
            Self::Delivered { message, .. } | Self::Resolved { message, .. } => message.session,
            Self::Read { session, .. } => *session,
        }
    }

    pub fn message(&self) -> Option<Message> {
        match self {
            Self::Delivered { message, .. } | Self::Resolved { message, .. } => Some(*message),
            Self::Read { .. } => None,
        }
    }

    /// The list that this call has seen.
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

    /// How long the list is at least, after this.
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

    /// Whether it says that the message took effect.
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
