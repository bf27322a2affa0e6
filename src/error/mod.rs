//! Why a call failed, and what to answer the channel then.

mod boxed;
mod redelivery;
mod store;

use std::time::Duration;

pub(crate) use boxed::BoxError;
pub use redelivery::Redelivery;
pub use store::StoreError;

use crate::flow::{InvalidMenu, InvalidTransition, NotOnMenu, OlderQuestion};
use crate::id::{CommitId, InvalidMessageId, InvalidSentAt, InvalidToken, InvalidUserId};
use crate::session::{InvalidCall, InvalidReply, InvalidState, ReadBackError, Record};

/// Why a call failed.
///
/// If a call returns an `Error`, the session is unchanged, with three exceptions, which say so:
/// [`StoreError::Unknown`], after which the commit may have been applied;
/// [`Handled::into_output`](crate::Handled::into_output), which reads a reply after the commit; and
/// a failed [`delete`](crate::StateManager::delete), which may still happen. What to answer the
/// channel is [`redeliver`](Self::redeliver). An error of your own becomes one by
/// [`Error::host`]. No text contains a session's data, a token, a message
/// or a user id.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The transition table has no such step.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The menu that was shown last has no such choice.
    #[error(transparent)]
    NotOnMenu(#[from] NotOnMenu),
    /// The answer is a button of an earlier question.
    #[error(transparent)]
    OlderQuestion(#[from] OlderQuestion),
    /// A menu cannot be put together like this.
    #[error(transparent)]
    Menu(#[from] InvalidMenu),
    /// The data of the session must not be stored.
    #[error(transparent)]
    State(#[from] InvalidState),
    /// The [call](crate::bot::Conversation::Call) must not be stored: it holds a token or a field
    /// with the name of a secret, or cannot be read back. A path begins with the field `call`.
    #[error("the call cannot be stored: {0}")]
    Call(InvalidState),
    /// A call is longer than 16 KiB.
    #[error(
        "the call has {bytes} bytes as JSON; at most {} can be stored",
        Record::MAX_REPLY
    )]
    CallTooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// The text is not a user id.
    #[error(transparent)]
    UserId(#[from] InvalidUserId),
    /// The text is not a message id.
    #[error(transparent)]
    MessageId(#[from] InvalidMessageId),
    /// The text is not a token.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// A reply to be stored is longer than [`Record::MAX_REPLY`].
    #[error(
        "the reply has {bytes} bytes as JSON; at most {} can be stored",
        Record::MAX_REPLY
    )]
    ReplyTooLarge {
        /// Its length as JSON.
        bytes: usize,
    },
    /// A reply to be stored cannot be written as JSON: its `Serialize` failed, or the keys of a map
    /// are not texts or numbers. The cause is dropped because it may quote the reply.
    #[error("the reply cannot be stored: field {path} cannot be written as JSON")]
    ReplyNotWritable {
        /// The field, as the names from the outside in, joined by dots.
        path: String,
    },
    /// The stored reply is of another type. The cause is dropped because it may quote the reply.
    #[error("the stored reply is of another type")]
    Reply,
    /// A reply to be stored is not the same after it is read back, so a second delivery could not
    /// be answered.
    #[error("the reply cannot be stored: {0}")]
    ReplyNotReadable(ReadBackError),
    /// The message is older than the store remembers, so it may have been handled before; or it
    /// makes a call, and the API may have forgotten the call's key.
    // Ages and limits are harmless, and tell at once which of the two is wrong.
    #[error(
        "the message is {age:?} old, and messages are remembered for {retention:?}; \
         ask the user to send it again"
    )]
    Stale {
        /// How old the message is.
        age: Duration,
        /// How long the store remembers messages.
        retention: Duration,
    },
    /// The time at which the message was sent cannot be right, so its age is not known. It was not
    /// handled.
    #[error(transparent)]
    SentAt(#[from] InvalidSentAt),
    /// A later release of the host has written this session. It was left untouched.
    #[error("the session is in format {found}; this release reads formats up to {known}")]
    NewerFormat {
        /// The format that was found.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// Others kept changing the session, or kept the queue, until the deadline.
    #[error("the session was contended for {waited:?}, in {attempts} attempts")]
    Contended {
        /// How often the decision was made.
        attempts: u32,
        /// How long the call took.
        waited: Duration,
    },
    /// The session has changed since [`StateManager::begin`](crate::StateManager::begin).
    #[error("the session has changed since the turn began; begin again")]
    Conflict,
    /// This commit was given up by [`StateManager::resolve`](crate::StateManager::resolve).
    // Without the commit id: a person with a list of user ids could find the user by it.
    #[error("the commit was given up and will never be applied; ask the user to send it again")]
    Fenced {
        /// The commit. Do not log its text; see [`CommitId`].
        commit_id: CommitId,
    },
    /// A setting is outside its limits.
    #[error("invalid {what}: use {allowed}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Too many replies wait to be sent to this user, so the message was not handled. Other users
    /// are not affected.
    #[error("too many replies wait to be sent to this user; deliver the message again later")]
    OutboxFull,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host's own error, returned by its closure with [`.map_err(Error::host)?`](Error::host).
    #[error(transparent)]
    Host(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps an error of the host's own, to leave the closure of a turn with
    /// `.map_err(Error::host)?`. A plain `?` does not compile there: the compiler says that
    /// `Error` does not implement `From` for that error.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{Error, MemoryStore, MessageId, StateManager, Step, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// let handled = manager
    ///     .handle(&user, &message, |_turn| {
    ///         let cups: u32 = "two".parse().map_err(Error::host)?;
    ///         Ok(Step::Commit(cups))
    ///     })
    ///     .await;
    /// let error = handled.err().ok_or("this is no number")?;
    /// assert!(error.into_host::<std::num::ParseIntError>().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn host(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
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

impl From<InvalidCall> for Error {
    fn from(error: InvalidCall) -> Self {
        match error {
            InvalidCall::TooLarge { bytes } => Self::CallTooLarge { bytes },
            InvalidCall::State(why) => Self::Call(why),
        }
    }
}

impl From<InvalidReply> for Error {
    fn from(error: InvalidReply) -> Self {
        match error {
            InvalidReply::Encode { path } => Self::ReplyNotWritable { path },
            InvalidReply::TooLarge { bytes } => Self::ReplyTooLarge { bytes },
            InvalidReply::NotReadable(why) => Self::ReplyNotReadable(why),
        }
    }
}
