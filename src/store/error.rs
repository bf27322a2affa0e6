//! What can go wrong with a store, sorted by what a caller can do about it.

use std::borrow::Cow;

use crate::{BoxError, CommitId};

/// Why a store did not do what it was asked.
///
/// Conflicts, duplicates and fences are answers, not errors. No text holds a secret, a state or a user id; the cause is
/// kept as [`source`](std::error::Error::source) and not repeated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached or does not answer now. No commit was applied; a token call, `resolve` or `forget` may have been
    /// carried out, or [may be yet](crate::StateStore::forget), and may be asked for again. Try again later.
    #[error("the store is unavailable: {what}")]
    Unavailable {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// The store takes no more. Nothing was written. Give it room. Up to 7.0, a Redis that is full refuses a load as well.
    #[error("the store takes no more: {what}")]
    OverCapacity {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// The store does not let this client do that. Nothing was written. Mend the credentials or the rights.
    #[error("the store denies access: {what}")]
    Denied {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// The store or its settings cannot work. Nothing was written. Mend the set-up.
    #[error("the store is misconfigured: {what}")]
    Misconfigured {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// Something that is not ours stands where a part of the session belongs. It was left untouched.
    #[error("the store holds something foreign: {what}")]
    Corrupt {
        /// What was seen.
        what: Cow<'static, str>,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// A value is larger than anything this crate writes. It was neither read nor changed.
    #[error("the store holds a value too large to read: {what}")]
    TooLarge {
        /// What was seen.
        what: Cow<'static, str>,
    },
    /// Nobody can say whether the commit was applied. Ask [`StateManager::resolve`](crate::StateManager::resolve) with this id.
    #[error("it is not known whether commit {commit_id} was applied")]
    Unknown {
        /// The commit.
        commit_id: CommitId,
        /// The last thing that was seen.
        #[source]
        source: Option<BoxError>,
    },
}
