//! What can go wrong with a store, sorted by what a caller can do about it.

use std::borrow::Cow;

use crate::id::CommitId;

/// Why a store did not do what it was asked.
///
/// Conflicts, duplicates and fences are answers, not errors. No text holds a secret, a session's
/// data or a user id; the cause is kept as [`source`](std::error::Error::source) and not repeated.
///
/// A store of your own makes one by the constructor of that name:
/// ```
/// use vimbiso_state::store::StoreError;
///
/// let error = StoreError::unavailable("no connection")
///     .with_source(std::io::Error::other("reset"));
/// assert_eq!(error.to_string(), "the store is unavailable: no connection");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or does not answer now. No commit was applied; a token call,
    /// `resolve` or `delete` may have taken effect, or [may still do
    /// so](crate::StateStore::delete), and may be repeated. Try again later.
    #[error("the store is unavailable: {what}")]
    Unavailable {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The store is full, or over a limit of its provider. Nothing was written. Give it room. Up to
    /// 7.0, a Redis that is full refuses a load as well.
    #[error("the store is full: {what}")]
    OverCapacity {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The store does not let this client do that. Nothing was written. Fix the credentials or the
    /// rights.
    #[error("the store denies access: {what}")]
    Denied {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The store or its settings cannot work. Nothing was written. Fix the set-up.
    #[error("the store is misconfigured: {what}")]
    Misconfigured {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A key of this user holds something that this crate did not write. It was left untouched.
    #[error("the store holds a foreign value: {what}")]
    Corrupt {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A value is larger than anything this crate writes. It was neither read nor changed.
    #[error("the store holds a value that is too large to read: {what}")]
    TooLarge {
        /// What was seen.
        what: Cow<'static, str>,
    },
    /// The commit may have been applied or not. Ask
    /// [`StateManager::resolve`](crate::StateManager::resolve) with this id.
    // Without the commit id, by which the user could be found.
    #[error("it is not known whether the commit was applied; handle the message again")]
    Unknown {
        /// The commit. Do not log its text; see [`CommitId`].
        commit_id: CommitId,
        /// The last thing that was seen.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl StoreError {
    /// [`Unavailable`](Self::Unavailable), without a source.
    pub fn unavailable(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable {
            what: what.into(),
            source: None,
        }
    }

    /// [`OverCapacity`](Self::OverCapacity), without a source.
    pub fn over_capacity(what: impl Into<Cow<'static, str>>) -> Self {
        Self::OverCapacity {
            what: what.into(),
            source: None,
        }
    }

    /// [`Denied`](Self::Denied), without a source.
    pub fn denied(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Denied {
            what: what.into(),
            source: None,
        }
    }

    /// [`Misconfigured`](Self::Misconfigured), without a source.
    pub fn misconfigured(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Misconfigured {
            what: what.into(),
            source: None,
        }
    }

    /// [`Corrupt`](Self::Corrupt), without a source.
    pub fn corrupt(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Corrupt {
            what: what.into(),
            source: None,
        }
    }

    /// [`TooLarge`](Self::TooLarge).
    pub fn too_large(what: impl Into<Cow<'static, str>>) -> Self {
        Self::TooLarge { what: what.into() }
    }

    /// [`Unknown`](Self::Unknown), without a source.
    #[must_use]
    pub fn unknown(commit_id: CommitId) -> Self {
        Self::Unknown {
            commit_id,
            source: None,
        }
    }

    /// The same error with its cause. [`TooLarge`](Self::TooLarge) has none and stays as it is.
    #[must_use]
    pub fn with_source(
        mut self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        match &mut self {
            Self::Unavailable { source, .. }
            | Self::OverCapacity { source, .. }
            | Self::Denied { source, .. }
            | Self::Misconfigured { source, .. }
            | Self::Corrupt { source, .. }
            | Self::Unknown { source, .. } => *source = Some(cause.into()),
            // It is found by its length alone, so there is no cause.
            Self::TooLarge { .. } => {}
        }
        self
    }
}
