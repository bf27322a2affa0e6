//! What a host writes of its channel.

use std::time::Duration;

use async_trait::async_trait;

use super::conversation::Conversation;
use crate::id::{CommitId, UserId};

/// The channel through which a [`Bot`](super::Bot) sends replies.
///
/// # Examples
/// ```
/// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
/// # use cafe_bot::Cafe;
/// use async_trait::async_trait;
/// use vimbiso_state::bot::{Channel, Outgoing, Sent};
///
/// struct Terminal;
///
/// #[async_trait]
/// impl Channel<Cafe> for Terminal {
///     async fn send(&self, outgoing: &Outgoing<Cafe>) -> Sent {
///         println!("{}", outgoing.reply);
///         Sent::Sent
///     }
/// }
/// ```
#[async_trait]
pub trait Channel<C: Conversation>: Send + Sync + 'static {
    /// Sends a reply to its user.
    async fn send(&self, outgoing: &Outgoing<C>) -> Sent;

    /// Whether an earlier attempt reached the user, if the channel can say; `None`, the default, if
    /// it cannot. Asked after an attempt without a certain answer. Then the reply is sent again,
    /// marked as a [possible repeat](Outgoing::may_repeat).
    async fn was_sent(&self, outgoing: &Outgoing<C>) -> Option<bool> {
        let _ = outgoing;
        None
    }
}

/// A reply on its way to its user.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outgoing<C: Conversation> {
    /// The user.
    pub user: UserId,
    /// Where it goes, if the message that led to it [said so](super::Inbound::reply_to).
    pub to: Option<String>,
    /// The reply.
    pub reply: C::Reply,
    /// Its id, the same in each attempt: a key for a channel that honours keys.
    pub id: CommitId,
    /// Whether it tells the outcome of a call. A channel that may not write to the user any more
    /// can send it as a template.
    pub is_outcome: bool,
    /// Whether an earlier attempt may have reached the user.
    pub may_repeat: bool,
}

/// What became of an attempt to send a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The channel has accepted it.
    Sent,
    /// It was not sent, and may be sent later: after the time that the channel asks for, or after
    /// the bot's own wait. A time above an hour, or above half of the store's retention, counts as
    /// that.
    Failed {
        /// How long to wait, if the channel says so.
        retry_after: Option<Duration>,
    },
    /// The channel never accepts it. It is [reported](super::Report::Rejected) and removed.
    Rejected {
        /// Why, for the report. No text of the reply.
        reason: String,
    },
    /// The channel gave no certain answer, as after a timeout. A send that does not return in time,
    /// or that panics, counts as this.
    Ambiguous,
}
