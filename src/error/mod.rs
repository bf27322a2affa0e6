//! Why a call failed, and what to answer the channel then.

mod redelivery;
mod store;

use std::time::Duration;

pub use redelivery::Redelivery;
pub use store::StoreError;

use crate::flow::{InvalidTransition, NotOnMenu};
use crate::id::{CommitId, InvalidMessageId, InvalidToken, InvalidUserId};
use crate::session::{InvalidState, Record};

/// Any error of a host's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call changed nothing.
///
/// Wherever an `Error` comes back, the session is as it was, with exceptions that say so: [`StoreError::Unknown`] leaves open
/// whether the commit was applied, [`Handled::into_output`](crate::Handled::into_output) reads a reply after the commit, and a
/// [`forget`](crate::StateManager::forget) that failed may have been carried out, or be yet. No text holds a state, a token, a
/// message or a user id.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The transition table has no such step.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The menu as last shown has no such choice.
    #[error(transparent)]
    NotOnMenu(#[from] NotOnMenu),
    /// The state is not fit to be stored.
    #[error(transparent)]
    State(#[from] InvalidState),
    /// A text is no user id.
    #[error(transparent)]
    UserId(#[from] InvalidUserId),
    /// A text is no message id.
    #[error(transparent)]
    MessageId(#[from] InvalidMessageId),
    /// A text is no token.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// The name of a choice is malformed, or does not lead back to that choice; see [`Choice::name`](crate::Choice::name).
    #[error(
        "{0:?} names no choice: it takes 1 to 64 bytes of A–Z a–z 0–9 _ . -, and the choice a place of its own in ALL"
    )]
    Name(&'static str),
    /// A reply to be remembered is longer than [`Record::MAX_REPLY`].
    #[error(
        "a reply of {bytes} bytes is too large to be remembered; at most {} are",
        Record::MAX_REPLY
    )]
    ReplyTooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// A reply cannot be written to, or read back from, JSON. The cause is dropped, since it may quote the reply.
    #[error("the reply to be remembered is no JSON, or the remembered one not of this type")]
    Reply,
    /// The message is older than the store remembers, so nobody can say whether it was handled before.
    #[error(
        "the message is {age:?} old; a store that remembers for {retention:?} cannot tell whether it was handled"
    )]
    Stale {
        /// How old the message is.
        age: Duration,
        /// How long the store remembers.
        retention: Duration,
    },
    /// A later release of the host has written this session; it was left untouched.
    #[error("the session is in format {found}; this release knows none after {known}")]
    NewerFormat {
        /// The format that was found.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Others kept changing the session, or kept the queue, until the deadline.
    #[error("the session was contended for {waited:?}; {attempts} attempts were made")]
    Contended {
        /// How often the decision was made.
        attempts: u32,
        /// How long the call took.
        waited: Duration,
    },
    /// The session has changed since [`StateManager::begin`](crate::StateManager::begin).
    #[error("the session has changed since the turn began")]
    Conflict,
    /// This commit was given up by [`StateManager::resolve`](crate::StateManager::resolve).
    #[error("commit {commit_id} was given up and will never be applied")]
    Fenced {
        /// The commit.
        commit_id: CommitId,
    },
    /// A setting is outside its limits.
    #[error("{what} is not valid: it takes {allowed}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What it takes.
        allowed: &'static str,
    },
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An error of the host's own, out of the closure. See [`Error::host`].
    #[error(transparent)]
    Host(BoxError),
}

impl Error {
    /// Wraps an error of the host's own, to leave the closure of a turn with `.map_err(Error::host)?`.
    pub fn host(error: impl Into<BoxError>) -> Self {
        Self::Host(error.into())
    }

    /// The host's own error, if this is one of that type.
    ///
    /// # Errors
    /// `self`, unchanged, if it is not.
    pub fn into_host<E: std::error::Error + 'static>(self) -> Result<E, Self> {
        match self {
            Self::Host(error) => error.downcast().map(|error| *error).map_err(Self::Host),
            other => Err(other),
        }
    }
}
