//! Where tokens come from.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::BoxError;
use crate::id::{InvalidToken, JwtToken, UserId};

/// Issues tokens for users: a login at the host's API.
///
/// # Examples
/// ```
/// use async_trait::async_trait;
/// use vimbiso_state::token::{IssuedToken, SourceError, TokenSource};
/// use vimbiso_state::{JwtToken, UserId};
///
/// struct Login {/* an HTTP client */}
///
/// impl Login {
///     async fn post(&self, phone: &str) -> Result<(u16, String), std::io::Error> {
/// #       let _ = phone;
///         Ok((200, "eyJhbGciOiJIUzI1NiJ9.e30.c2ln".into())) // in real life: POST /login
///     }
/// }
///
/// #[async_trait]
/// impl TokenSource for Login {
///     async fn issue(&self, user: &UserId) -> Result<IssuedToken, SourceError> {
///         let response = self.post(user.expose()).await;
///         let (status, body) = response.map_err(SourceError::unavailable)?;
///         match status {
///             200 => Ok(JwtToken::new(body)?.into()),
///             401 | 403 => Err(SourceError::denied("the API does not know this user")),
///             _ => Err(SourceError::unavailable(format!("the API answered {status}"))),
///         }
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let issued = Login {}.issue(&UserId::new("263771234567")?).await?;
/// assert_eq!(issued.token().expose(), "eyJhbGciOiJIUzI1NiJ9.e30.c2ln");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// Asks for a new token. If the issuer says how long it lives, such as in the `expires_in` of
    /// OAuth, [say so](IssuedToken::expires_in).
    ///
    /// The call is dropped after the manager's
    /// [`source_timeout`](crate::manager::StateManagerBuilder::source_timeout), 3 s unless set. It
    /// is made in a task of its own, at most once at a time for a user.
    ///
    /// # Errors
    /// [`SourceError::Denied`] if asking again is of no use, [`SourceError::Unavailable`] if it may
    /// help.
    async fn issue(&self, user: &UserId) -> Result<IssuedToken, SourceError>;
}

/// A token that was issued just now. Made of a [`JwtToken`] by `into()`.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use vimbiso_state::JwtToken;
/// use vimbiso_state::token::IssuedToken;
///
/// // {"access_token": "gho_16C7e42F292c", "token_type": "Bearer", "expires_in": 600}
/// let token = JwtToken::new("gho_16C7e42F292c")?;
/// let issued = IssuedToken::new(token).expires_in(Duration::from_secs(600));
/// assert_eq!(issued.stated_life(), Some(Duration::from_secs(600)));
/// # Ok::<(), vimbiso_state::id::InvalidToken>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a token is used once it is returned or stored"]
pub struct IssuedToken {
    token: JwtToken,
    stated_life: Option<Duration>,
}

impl IssuedToken {
    /// A token that lives until its `exp`, or, if it has none, as long as the store keeps it.
    pub fn new(token: JwtToken) -> Self {
        Self {
            token,
            stated_life: None,
        }
    }

    /// States how long the token lives from now on. That counts for more than its `exp`, so it
    /// holds for opaque tokens, and if the clocks of this machine and the issuer differ.
    ///
    /// A token without any life left is refused as [`InvalidToken::Expired`].
    pub fn expires_in(mut self, life: Duration) -> Self {
        self.stated_life = Some(life);
        self
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &JwtToken {
        &self.token
    }

    /// How long it lives, if that was stated.
    #[must_use]
    pub fn stated_life(&self) -> Option<Duration> {
        self.stated_life
    }
}

impl From<JwtToken> for IssuedToken {
    fn from(token: JwtToken) -> Self {
        Self::new(token)
    }
}

impl From<&JwtToken> for IssuedToken {
    fn from(token: &JwtToken) -> Self {
        Self::new(token.clone())
    }
}

/// Why a [`TokenSource`] has issued no token. It does not say whether the user is registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// This user gets no token, as after an API's 401 or 403.
    #[error("the token source denies this user a token")]
    Denied(#[source] BoxError),
    /// The source cannot be reached or failed, as after an API's 500.
    #[error("the token source is unavailable")]
    Unavailable(#[source] BoxError),
    /// The source did not answer in time.
    #[error("the token source did not answer within {after:?}")]
    TimedOut {
        /// The time limit.
        after: Duration,
    },
    /// The source issued a text that is not a valid token.
    #[error("the token source issued an invalid token")]
    Invalid(#[from] InvalidToken),
}

impl SourceError {
    /// Makes a [`Denied`](Self::Denied).
    pub fn denied(why: impl Into<BoxError>) -> Self {
        Self::Denied(why.into())
    }

    /// Makes an [`Unavailable`](Self::Unavailable).
    pub fn unavailable(why: impl Into<BoxError>) -> Self {
        Self::Unavailable(why.into())
    }
}
