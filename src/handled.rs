//! What became of a message.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::flow::Flow;
use crate::{CachedUser, Error};

/// What became of a message: it took effect now, or it already had.
#[must_use = "reply only to what this says"]
pub enum Handled<F: Flow, T> {
    /// The decision is committed.
    Committed {
        /// The user, as committed.
        user: CachedUser<F>,
        /// What the closure returned.
        output: T,
    },
    /// The message had taken effect before. The closure did not run, or its decision was dropped; nothing was changed.
    Duplicate {
        /// The user, as the session stands now.
        user: CachedUser<F>,
        /// What [`Turn::remember_reply`](crate::Turn::remember_reply) kept when the message took effect.
        reply: Option<Reply>,
    },
}

impl<F: Flow, T> Handled<F, T> {
    /// The user, as the session now stands.
    #[must_use]
    pub fn user(&self) -> &CachedUser<F> {
        match self {
            Self::Committed { user, .. } | Self::Duplicate { user, .. } => user,
        }
    }

    /// Whether the message had taken effect before.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate { .. })
    }

    /// The answer to this message, whether it was given now or remembered from its first delivery. `None` where it is a
    /// duplicate that remembered none.
    ///
    /// # Errors
    /// [`Error::Reply`] where what was remembered is not of this type.
    pub fn into_output(self) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        match self {
            Self::Committed { output, .. } => Ok(Some(output)),
            Self::Duplicate { reply, .. } => reply.as_ref().map(Reply::read).transpose(),
        }
    }
}

impl<F: Flow, T: fmt::Debug> fmt::Debug for Handled<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Committed { user, output } => f
                .debug_struct("Committed")
                .field("user", user)
                .field("output", output)
                .finish(),
            Self::Duplicate { user, reply } => f
                .debug_struct("Duplicate")
                .field("user", user)
                .field("reply", reply)
                .finish(),
        }
    }
}

/// A reply remembered with a commit: JSON of at most 16 KiB. `Debug` shows its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply(Box<[u8]>);

impl Reply {
    pub(crate) fn new(json: Box<[u8]>) -> Self {
        Self(json)
    }

    pub(crate) fn json(&self) -> &[u8] {
        &self.0
    }

    /// Reads it as the type that was remembered.
    ///
    /// # Errors
    /// [`Error::Reply`] where it is not of this type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.0).map_err(|_| Error::Reply)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({} bytes)", self.0.len())
    }
}
