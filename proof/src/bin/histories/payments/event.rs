//! What the processes of a history note of themselves, for the checks at its end.

use serde::{Deserialize, Serialize};

use super::wire;
use super::worker::points::{Act, Point};

/// Something that happened, as a line of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    pub at: u64,
    /// The worker; `None` for the server of the sessions.
    pub worker: Option<usize>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The worker has read a certain answer of the channel about this reply.
    Answered {
        id: String,
    },
    /// The worker has come to a point at which it is to die or to stop.
    Reached(Point, Act),
    /// The bot has reported something.
    Reported {
        kind: Kind,
        key: Option<String>,
        reply: Option<String>,
        text: String,
    },
    /// The process was ended, or ended itself.
    Died,
    Stopped,
    GoesOn,
    /// The server is back, with all that it had.
    ServerBack,
    /// A replica has become the server.
    FailedOver,
}

/// The kind of a report of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    Rejected,
    GivenUp,
    LateOutcome,
    NotMoved,
    Unreadable,
    Panicked,
    Failed,
}

impl Event {
    pub fn now(worker: Option<usize>, what: What) -> Self {
        Self {
            at: wire::now(),
            worker,
            what,
        }
    }
}
