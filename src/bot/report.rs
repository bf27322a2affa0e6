//! What the operator should know.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::id::{CallKey, CommitId, UserId};

/// What a host does with a report.
pub(super) type ReportHook = Arc<dyn Fn(&Report) + Send + Sync>;

/// Something that the operator should know, beside the log. See
/// [`BotBuilder::on_report`](super::BotBuilder::on_report).
#[derive(Debug)]
#[non_exhaustive]
pub enum Report {
    /// The channel never accepts a reply, which is removed.
    Rejected {
        /// The user who does not read it.
        user: UserId,
        /// The id of the reply.
        reply: CommitId,
        /// Whether it told the outcome of a call.
        is_outcome: bool,
        /// Why, as the channel said.
        reason: String,
    },
    /// A call was given up: it is not known if it took effect. The user is told.
    GivenUp {
        /// The user.
        user: UserId,
        /// The key to ask the API about.
        key: CallKey,
    },
    /// The outcome of a call is known, but the call is not pending any more: another worker
    /// concluded it, or the user was deleted.
    LateOutcome {
        /// The user.
        user: UserId,
        /// The key of the call.
        key: CallKey,
    },
    /// A session says that a call is pending, and the store has lost the call, as after an eviction
    /// of its outbox. The bot makes it no more; the user is not told.
    LostCall {
        /// The user.
        user: UserId,
        /// The key to ask the API about.
        key: CallKey,
    },
    /// An outcome was recorded and told, and the session was not moved.
    NotMoved {
        /// The user.
        user: UserId,
        /// The key of the call.
        key: CallKey,
        /// Why.
        why: String,
    },
    /// An entry of the outbox cannot be read by this release. It is left alone and looked at again.
    Unreadable {
        /// The user.
        user: UserId,
    },
    /// A function of the host panicked. What it worked on stays, and is done again later. A panic
    /// in `moved` is reported as [`NotMoved`](Self::NotMoved), and one in `told`, `remind` or
    /// `expired` as [`Failed`](Self::Failed).
    Panicked {
        /// The user.
        user: UserId,
        /// Which function.
        what: &'static str,
    },
    /// A step failed and is made again later; a [reminder](super::Conversation::remind) that the
    /// conversation fails to decide is not.
    Failed {
        /// The user; `None` if it concerns no single one.
        user: Option<UserId>,
        /// Which step.
        what: &'static str,
        /// Why.
        error: Error,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected { reason, .. } => write!(f, "the channel rejected a reply: {reason}"),
            Self::GivenUp { .. } => f.write_str("a call was given up: its outcome is not known"),
            Self::LateOutcome { .. } => {
                f.write_str("an outcome came after its call was concluded or deleted")
            }
            Self::LostCall { .. } => f.write_str("the store has lost a call that was pending"),
            Self::NotMoved { why, .. } => {
                write!(
                    f,
                    "an outcome was told, but its session was not moved: {why}"
                )
            }
            Self::Unreadable { .. } => {
                f.write_str("an entry of the outbox cannot be read by this release")
            }
            Self::Panicked { what, .. } => write!(f, "{what} panicked"),
            Self::Failed { what, error, .. } => write!(f, "{what} failed: {error}"),
        }
    }
}

impl Report {
    /// Writes it to the log. The user is masked.
    pub(super) fn log(&self) {
        // The `Debug` form of a user id masks it.
        let user = match self {
            Self::Rejected { user, .. }
            | Self::GivenUp { user, .. }
            | Self::LateOutcome { user, .. }
            | Self::LostCall { user, .. }
            | Self::NotMoved { user, .. }
            | Self::Unreadable { user }
            | Self::Panicked { user, .. } => Some(user),
            Self::Failed { user, .. } => user.as_ref(),
        };
        tracing::warn!(?user, "{self}");
    }
}
