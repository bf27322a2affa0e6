//! What a decision leads to.

use vimbiso_state::bot;

use crate::flow::BotFlow;
use crate::reply::Reply;

/// What a decision leads to: a reply, a call, or a query.
pub(crate) type Next = bot::Next<BotFlow>;

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// Puts a paragraph before the text if this is a reply.
pub(crate) fn preceded_by(next: Next, first: &str) -> Next {
    match next {
        Next::Reply(reply) => Next::Reply(reply.preceded_by(first)),
        other => other,
    }
}
