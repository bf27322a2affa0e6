//! How a call with a token fails.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use super::SourceError;
use crate::error::{BoxError, StoreError};

/// What the host's call returns if the API does not accept the token, such as after a 401:
/// `return Err(TokenRejected.into())`.
///
/// An error of the host's own that has this one as its [source](Error::source) says the same.
///
/// # Examples
/// ```
/// use vimbiso_state::token::TokenRejected;
///
/// type Called = Result<u32, Box<dyn std::error::Error + Send + Sync>>;
///
/// async fn points(status: u16) -> Called {
///     if status == 401 {
///         return Err(TokenRejected.into());
///     }
///     Ok("7".parse()?)
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API rejected the token")]
pub struct TokenRejected;

/// Why a call with a token has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The API rejected the token, and then a new one too. See [`TokenRejected`].
    #[error("the API rejected the token, and a new one too")]
    TokenRejected,
    /// There was no token, so the call was not made, or not made again after the API rejected one.
    #[error(transparent)]
    NoToken(TokenError),
    /// The host's own error, unchanged. See [`into_host`](Self::into_host).
    #[error(transparent)]
    Host(BoxError),
}

impl CallError {
    /// What a call returned.
    pub(super) fn of_call(error: BoxError) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
        while let Some(error) = cause {
            if error.is::<TokenRejected>() {
                return Self::TokenRejected;
            }
            cause = error.source();
        }
        Self::Host(error)
    }

    /// The host's own error, if this is one of that type.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use std::sync::Arc;
    /// # use vimbiso_state::token::{IssuedToken, SourceError, TokenSource};
    /// # use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};
    /// # struct Login;
    /// # #[async_trait::async_trait]
    /// # impl TokenSource for Login {
    /// #     async fn issue(&self, _user: &UserId) -> Result<IssuedToken, SourceError> {
    /// #         Ok(JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?.into())
    /// #     }
    /// # }
    /// use std::num::ParseIntError;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// # let user = UserId::new("263771234567")?;
    /// # let source = Arc::new(Login);
    /// let failed = manager
    ///     .with_token(&user, &source, |_token| async {
    ///         let points: u32 = "seven".parse()?;
    ///         Ok(points)
    ///     })
    ///     .await;
    /// let error: Option<ParseIntError> = failed.err().and_then(|error| error.into_host().ok());
    /// assert!(error.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `self`, unchanged, if it is not.
    pub fn into_host<E: Error + 'static>(self) -> Result<E, Self> {
        match self {
            Self::Host(error) => error.downcast().map(|error| *error).map_err(Self::Host),
            other => Err(other),
        }
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
