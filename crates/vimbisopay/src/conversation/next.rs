//! What follows from a message.

use crate::findings::LookUp;
use crate::reply::Reply;
use crate::state::Pending;

/// What follows from a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Once the turn is committed: tell the user this.
    Reply(Reply),
    /// Once the turn is committed: make this call under its key, and record what comes back with
    /// [`conclude`](crate::conclude).
    Call(Pending),
    /// Do not commit the turn: ask this first, and decide again with the answer.
    Ask(LookUp),
}

impl Next {
    /// With something said first, if it is a reply.
    pub(crate) fn after(self, first: &str) -> Self {
        match self {
            Self::Reply(reply) => Self::Reply(reply.after(first)),
            other => other,
        }
    }
}

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}
