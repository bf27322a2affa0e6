//! How a call with a token fails.

use std::sync::Arc;
use std::time::Duration;

use super::SourceError;
use crate::error::StoreError;

/// Why a call with a token has no result.
///
/// The host's call returns [`TokenRejected`](Self::TokenRejected) if the API does not accept the
/// token, and its own error otherwise: `?` turns that into [`Other`](Self::Other).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The API rejected the token. If [`with_token`](crate::StateManager::with_token) returns this,
    /// it rejected a new token too.
    #[error("the API rejected the token")]
    TokenRejected,
    /// There was no token, so the call was not made, or not made again after the API rejected one.
    #[error(transparent)]
    NoToken(TokenError),
    /// The host's own error, unchanged.
    #[error(transparent)]
    Other(E),
}

impl<E> From<E> for CallError<E> {
    fn from(error: E) -> Self {
        Self::Other(error)
    }
}

/// Why there is no token. The stored token and the session are unchanged.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The source issued no token, now or within the last second, in which it is not asked again.
    #[error(transparent)]
    Source(Arc<SourceError>),
    /// Other callers were refreshing the token until the time was over.
    #[error("other callers have been refreshing the token for {waited:?}")]
    Contended {
        /// How long this caller waited.
        waited: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
