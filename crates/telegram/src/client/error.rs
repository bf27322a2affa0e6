//! Why a call of the Bot API failed, and what that means for a reply.

use std::time::Duration;

use vimbiso_state::bot::Sent;

/// Why a call of the Bot API failed.
///
/// No text of it contains the token or a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The Bot API was not reached: nothing was carried out.
    #[error("the Bot API was not reached")]
    NotReached(#[source] reqwest::Error),
    /// The Bot API did not answer in time, or the connection broke: the call may have been carried
    /// out.
    #[error("the Bot API gave no answer")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer is not of the Bot API, or says that it failed itself: the call may have been
    /// carried out.
    #[error("no answer of the Bot API, with the status {status}")]
    Unclear {
        /// The HTTP status.
        status: u16,
    },
    /// Too many messages. Nothing was carried out.
    #[error("too many requests, the Bot API asks to wait for {retry_after:?}")]
    TooManyRequests {
        /// How long to wait.
        retry_after: Option<Duration>,
    },
    /// The token is not that of a bot, or was revoked. Nothing was carried out, and nothing will
    /// be until a person has set another one.
    #[error("the Bot API refused the token: set the one that BotFather shows for this bot")]
    TokenRefused,
    /// Another process polls for this bot, or a webhook is set.
    #[error("{description}")]
    Conflict {
        /// Which of the two, in the words of the Bot API.
        description: String,
    },
    /// The group has become a supergroup. Nothing was carried out.
    #[error("the group became a supergroup with another number")]
    Migrated {
        /// Its number now.
        to: i64,
    },
    /// The call was refused for good: the user has blocked the bot, or there is no such chat.
    #[error("{description} ({code})")]
    Refused {
        /// The error code, such as 400 or 403.
        code: u16,
        /// Why, in the words of the Bot API.
        description: String,
    },
    /// A setting of the client cannot be used.
    #[error("invalid {what}: use {allowed}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl ApiError {
    /// Of a request that got no whole answer.
    pub(super) fn of(error: reqwest::Error) -> Self {
        // The URL has the token in its path.
        let error = error.without_url();
        match error.is_connect() || error.is_builder() {
            true => Self::NotReached(error),
            false => Self::NoAnswer(error),
        }
    }

    /// Whether a person must act.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        matches!(self, Self::TokenRefused)
    }

    /// What became of a reply whose sending failed like this.
    pub(crate) fn sent(&self) -> Sent {
        match self {
            Self::NotReached(_) | Self::TokenRefused | Self::Setting { .. } => {
                Sent::Failed { retry_after: None }
            }
            Self::TooManyRequests { retry_after } => Sent::Failed {
                retry_after: *retry_after,
            },
            Self::NoAnswer(_) | Self::Unclear { .. } => Sent::Ambiguous,
            Self::Refused { .. } | Self::Conflict { .. } | Self::Migrated { .. } => {
                Sent::Rejected {
                    reason: self.to_string(),
                }
            }
        }
    }
}
