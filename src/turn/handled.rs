//! What became of a message.

use std::fmt;

use serde::de::DeserializeOwned;

use super::stored_reply::StoredReply;
use crate::error::Error;
use crate::flow::Flow;
use crate::session::CachedUser;

/// What became of a message: it took effect now, it had taken effect before, or it led to nothing.
#[must_use = "reply only after the commit, with what this holds"]
pub enum Handled<F: Flow, T> {
    /// The decision is committed.
    Committed {
        /// The user, as committed.
        user: CachedUser<F>,
        /// The value of [`Step::Commit`](crate::Step::Commit).
        output: T,
    },
    /// The closure ended the turn without a commit. The session is unchanged and the message is not
    /// recorded.
    Stopped {
        /// The user, as loaded.
        user: CachedUser<F>,
        /// The value of [`Step::Stop`](crate::Step::Stop).
        output: T,
    },
    /// The message had taken effect before. The closure did not run, or its decision was dropped;
    /// nothing was changed.
    Duplicate {
        /// The user, as the session is now.
        user: CachedUser<F>,
        /// The reply that [`Turn::remember_reply`](crate::Turn::remember_reply) stored when the
        /// message took effect.
        reply: Option<StoredReply>,
    },
}

impl<F: Flow, T> Handled<F, T> {
    /// The user, as the session is now.
    #[must_use]
    pub fn user(&self) -> &CachedUser<F> {
        match self {
            Self::Committed { user, .. }
            | Self::Stopped { user, .. }
            | Self::Duplicate { user, .. } => user,
        }
    }

    /// Whether the message had taken effect before.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate { .. })
    }

    /// The answer to this message: what the closure returned, or what was stored when the message
    /// took effect. `None` for a duplicate without a stored reply.
    ///
    /// # Errors
    /// [`Error::Reply`] if the stored reply is not of this type.
    pub fn into_output(self) -> Result<Option<T>, Error>
    where
        T: DeserializeOwned,
    {
        match self {
            Self::Committed { output, .. } | Self::Stopped { output, .. } => Ok(Some(output)),
            Self::Duplicate { reply, .. } => reply.as_ref().map(StoredReply::read).transpose(),
        }
    }
}

impl<F: Flow, T: fmt::Debug> fmt::Debug for Handled<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written by hand, because a derive would ask the flow itself to be `Debug`.
        let (name, user) = match self {
            Self::Committed { user, .. } => ("Committed", user),
            Self::Stopped { user, .. } => ("Stopped", user),
            Self::Duplicate { user, .. } => ("Duplicate", user),
        };
        let mut shown = f.debug_struct(name);
        shown.field("user", user);
        match self {
            Self::Committed { output, .. } | Self::Stopped { output, .. } => {
                shown.field("output", output)
            }
            Self::Duplicate { reply, .. } => shown.field("reply", reply),
        };
        shown.finish()
    }
}
