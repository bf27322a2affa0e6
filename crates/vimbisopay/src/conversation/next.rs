//! The result of a decision: reply, call or ask.

use crate::api::query::ApiQuery;
use crate::pending::Pending;
use crate::reply::Reply;

/// What the caller of [`decide`](crate::decide) does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Commit the turn, then send this reply.
    Reply(Reply),
    /// Commit the turn, then make this call with its key, and record the result with
    /// [`record_result`](crate::record_result).
    Call(Pending),
    /// Do not commit the turn. Make this query, and decide again with the answer.
    Ask(ApiQuery),
}

impl Next {
    /// Puts a paragraph before the text if this is a reply.
    pub(crate) fn preceded_by(self, first: &str) -> Self {
        match self {
            Self::Reply(reply) => Self::Reply(reply.preceded_by(first)),
            other => other,
        }
    }
}

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}
