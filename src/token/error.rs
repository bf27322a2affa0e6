//! How a call with a token fails.

use std::sync::Arc;
use std::time::Duration;

use super::SourceError;
use crate::error::StoreError;

/// Why a call with a token has no result.
///
/// A host's call says [`TokenRejected`](Self::TokenRejected), or its own error; `?` makes that [`Other`](Self::Other).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The API does not take the token. Out of [`with_token`](crate::StateManager::with_token): nor its successor.
    #[error("the API refused the token")]
    TokenRejected,
    /// There was no token to call with, so the call was not made, or not made again.
    #[error(transparent)]
    NoToken(TokenError),
    /// The host's own error, untouched.
    #[error(transparent)]
    Other(E),
}

impl<E> From<E> for CallError<E> {
    fn from(error: E) -> Self {
        Self::Other(error)
    }
}

/// Why there is no token. Whatever token the store holds is still there; the session is not touched.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The source has issued none: just now, or within the last second, in which it is not asked again.
    #[error(transparent)]
    Source(Arc<SourceError>),
    /// Others were refreshing the token for all the time there was.
    #[error("others have been refreshing the token for {waited:?}")]
    Contended {
        /// How long it was waited for them.
        waited: Duration,
    },
    /// The store cannot say.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
