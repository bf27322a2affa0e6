//! The contract of a store for tokens.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::id::UserId;

/// Keeps the tokens of users, apart from their sessions, and one refresh lease for each user.
///
/// A store offers it through [`StateStore::tokens`](super::StateStore::tokens). The guarantees of
/// [`StateStore`](super::StateStore) on users, deadlines, capacity and dropped futures hold here
/// too.
///
/// # Contract
/// 1. **Tokens are independent of sessions.** A token call neither prolongs nor revives a session
///    nor conflicts with one; a commit leaves the token alone unless it is told to drop it. A token
///    is gone when its own time is over.
/// 2. **A token is put only over the expected one**; a refusal carries the stored one.
/// 3. **A refresh lease has one holder** until it is released or its time is over. More than its
///    own length can remain only if the store's clock was set back: then its time is over, so that
///    the lease of a holder that died is not prolonged.
/// 4. **Releasing a lease that one does not hold changes nothing.**
///
/// Every method is one round trip to the store.
///
/// # Examples
/// What a [`StateManager`](crate::StateManager) does to refresh a token:
/// ```
/// use std::time::Duration;
///
/// use tokio::time::Instant;
/// use vimbiso_state::store::{
///     ExpectedToken, Lease, LeaseHolder, StoredToken, TokenOutcome, TokenPut,
/// };
/// use vimbiso_state::{MemoryStore, StateStore, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let store = MemoryStore::new();
/// let tokens = store.tokens().ok_or("this store keeps no tokens")?;
/// let user = UserId::new("263771234567")?;
/// let holder = LeaseHolder::random();
/// let deadline = Instant::now() + Duration::from_secs(2);
///
/// let length = Duration::from_secs(7);
/// let lease = tokens.acquire_refresh_lease(&user, &holder, length, deadline).await?;
/// assert_eq!(lease, Lease::Acquired);
/// assert_eq!(tokens.load_token(&user, deadline).await?, None);
/// let put = TokenPut {
///     token: Some(&StoredToken::new("a new token")),
///     expected: ExpectedToken::Absent,
///     ttl: Duration::from_secs(300),
///     deadline,
/// };
/// assert_eq!(tokens.put_token(&user, put).await?, TokenOutcome::Stored);
/// tokens.release_refresh_lease(&user, &holder, deadline).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait TokenStore: Send + Sync + fmt::Debug {
    /// Reads the token, and nothing else; `None` if the user has no token.
    async fn load_token(
        &self,
        user: &UserId,
        deadline: Instant,
    ) -> Result<Option<StoredToken>, StoreError>;

    /// Stores or removes the token.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. The token may already
    /// be stored or removed, or may still be later, as it may if the future is dropped. If the put
    /// expects [anything](ExpectedToken::Any), that is over the token that is stored then; if it
    /// expects [no token](ExpectedToken::Absent), also after a token was removed meanwhile. It is
    /// safe to call again.
    async fn put_token(&self, user: &UserId, put: TokenPut<'_>)
    -> Result<TokenOutcome, StoreError>;

    /// Asks for the lease to refresh the token, for `length` from now. The holder of the lease gets
    /// it again, with the new length.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. The lease may have
    /// been acquired, or may still be later, as it may if the future is dropped; then it ends after
    /// its length.
    async fn acquire_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        length: Duration,
        deadline: Instant,
    ) -> Result<Lease, StoreError>;

    /// Gives the lease back, if this holder has it.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails or does not answer by the deadline. If it fails, it may
    /// still be carried out later, as it may if its future is dropped: then a lease that the same
    /// holder acquired meanwhile ends early, and another holder can acquire it. One that is never
    /// released ends after its length.
    async fn release_refresh_lease(
        &self,
        user: &UserId,
        holder: &LeaseHolder,
        deadline: Instant,
    ) -> Result<(), StoreError>;
}

/// A token as a store keeps it. Compared by its text; `Debug` is redacted.
#[derive(Clone)]
pub struct StoredToken {
    text: Box<str>,
    form: Option<Box<str>>,
}

impl StoredToken {
    /// The longest text that a store keeps, in bytes: a token of 16 KiB, sealed by a vault and
    /// encoded.
    pub const MAX_LEN: usize = 24 * 1024;

    /// Wraps the text to be stored.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            form: None,
        }
    }

    /// A token that is stored in another form than its text, such as encrypted. For a store that
    /// wraps another one: it finds the form again when the token is
    /// [expected](ExpectedToken::Exactly).
    #[must_use]
    pub fn with_form(text: impl Into<Box<str>>, form: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            form: Some(form.into()),
        }
    }

    /// The text. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The form in which it is stored, if that was not the text itself.
    #[must_use]
    pub fn form(&self) -> Option<&str> {
        self.form.as_deref()
    }
}

impl PartialEq for StoredToken {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for StoredToken {}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredToken(redacted)")
    }
}

/// A request to store or remove a token, if the stored one is as expected.
#[derive(Debug, Clone, Copy)]
pub struct TokenPut<'a> {
    /// The new token; `None` removes the stored one.
    pub token: Option<&'a StoredToken>,
    /// The token that must be stored now.
    pub expected: ExpectedToken<'a>,
    /// How long the new token is kept.
    pub ttl: Duration,
    /// When the call must return.
    pub deadline: Instant,
}

/// The token that a [`TokenPut`] expects in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedToken<'a> {
    /// Any token, or none.
    Any,
    /// Exactly this token.
    Exactly(&'a StoredToken),
    /// No token.
    Absent,
}

/// How a store answered a [`TokenPut`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "after a conflict the token is not stored"]
pub enum TokenOutcome {
    /// The token is stored, or removed.
    Stored,
    /// The stored token is not the expected one; nothing was written.
    Conflict {
        /// The stored token.
        current: Option<StoredToken>,
    },
}

/// Who holds a refresh lease: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseHolder(u128);

impl LeaseHolder {
    /// A new holder, different from any other.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }
}

// Fixed width, so that a script can compare the text by its prefix.
impl fmt::Display for LeaseHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// How a store answered a request for the refresh lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "only the holder of the lease may refresh"]
pub enum Lease {
    /// The caller holds the lease for the length that it asked for.
    Acquired,
    /// Another holder has the lease.
    Held {
        /// How long it still lasts.
        remaining: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_token_fits_sealed_and_encoded() {
        let sealed = (16 * 1024 + 24 + 16) * 4 / 3 + 64;
        assert!(
            (sealed..32 * 1024).contains(&StoredToken::MAX_LEN),
            "{sealed} bytes"
        );
    }

    #[test]
    fn token_is_redacted_and_compared_by_its_text() {
        let token = StoredToken::with_form("secret", "sealed");
        assert_eq!(format!("{token:?}"), "StoredToken(redacted)");
        assert_eq!(token, StoredToken::new("secret"));
        assert_eq!(token.form(), Some("sealed"));
    }

    #[test]
    fn holder_is_written_as_32_digits() {
        assert_eq!(LeaseHolder(0xab).to_string(), format!("{:0>32}", "ab"));
    }
}
