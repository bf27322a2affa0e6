//! Where tokens come from, and what can go wrong with it.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::BoxError;
use crate::id::{InvalidToken, JwtToken, UserId};

/// Issues tokens for users: a login at the host's API.
///
/// # Examples
/// ```
/// use async_trait::async_trait;
/// use vimbiso_state::{JwtToken, SourceError, TokenSource, UserId};
///
/// struct Login {/* an HTTP client */}
///
/// #[async_trait]
/// impl TokenSource for Login {
///     async fn issue(&self, user: &UserId) -> Result<JwtToken, SourceError> {
///         let (status, body) = (200, "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"); // POST /login with user.expose()
///         match status {
///             200 => Ok(JwtToken::new(body)?),
///             401 | 403 => Err(SourceError::denied("the API does not know this user")),
///             _ => Err(SourceError::unavailable("the API failed")),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// Asks for a new token. It may take as long as
    /// [`source_timeout`](crate::StateManagerBuilder::source_timeout) allows, and is then dropped.
    ///
    /// # Errors
    /// [`SourceError::Denied`] where asking again is of no use, [`SourceError::Unavailable`] where it may be.
    async fn issue(&self, user: &UserId) -> Result<JwtToken, SourceError>;
}

/// Why a [`TokenSource`] has issued no token. Says nothing about whether the user is registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// This user gets no token; an API's 401 or 403.
    #[error("the token source denies this user a token")]
    Denied(#[source] BoxError),
    /// The source cannot be reached or failed; an API's 500.
    #[error("the token source is unavailable")]
    Unavailable(#[source] BoxError),
    /// The source did not answer in time.
    #[error("the token source did not answer within {after:?}")]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// What the source issued is no valid token.
    #[error("the token source issued no valid token")]
    Invalid(#[from] InvalidToken),
}

impl SourceError {
    /// This user gets no token.
    pub fn denied(why: impl Into<BoxError>) -> Self {
        Self::Denied(why.into())
    }

    /// The source cannot be reached, or failed.
    pub fn unavailable(why: impl Into<BoxError>) -> Self {
        Self::Unavailable(why.into())
    }
}
