//! What a delivery is answered with.

use axum::http::StatusCode;
use vimbiso_state::{Error, Redelivery};

/// What became of a user's messages, or of all. The later one in this list wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    Done,
    /// A person must act, and the channel delivers again.
    Alert,
    /// The channel delivers again.
    Retry,
}

impl Answer {
    /// What to answer after this error; it is logged.
    pub(super) fn of(error: &Error) -> Self {
        // No error text holds a message, a token or a user id.
        match error.redeliver() {
            Redelivery::Retry => {
                tracing::warn!(%error, "A message failed; it is to be delivered again");
                Self::Retry
            }
            Redelivery::Alert => {
                tracing::error!(%error, "A message failed until a person acts");
                Self::Alert
            }
            Redelivery::Answered => {
                tracing::warn!(%error, "A message failed for good");
                Self::Done
            }
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Done => StatusCode::OK,
            Self::Alert => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Retry => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
