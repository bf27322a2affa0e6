//! The token of a user: put, removed, and used for a call.

use std::sync::Arc;
use std::time::Duration;

use super::StateManager;
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{JwtToken, UserId};
use crate::session::CachedUser;
use crate::store::{ExpectedToken, StoredToken, TokenPut};
use crate::token::{CallError, TokenSource};

impl<F: Flow> StateManager<F> {
    /// Stores the token, for the TTL or until its `exp`, whichever is sooner. The session is not
    /// touched, nor its expiry.
    ///
    /// # Errors
    /// [`Error::Token`] where the token has expired already; [`Error::Store`] where nobody knows
    /// that it was stored, and it may be yet: call again with it, or with a newer one.
    pub async fn set_jwt_token(&self, user: &UserId, token: &JwtToken) -> Result<(), Error> {
        let ttl = token.time_left(self.inner.ttl)?;
        self.put_token(user, Some(&StoredToken::new(token.expose())), ttl)
            .await
    }

    /// Removes the token, as a logout does.
    ///
    /// # Errors
    /// [`Error::Store`] where nobody knows that it was removed: call again.
    pub async fn clear_jwt_token(&self, user: &UserId) -> Result<(), Error> {
        self.put_token(user, None, self.inner.ttl).await
    }

    /// Starts a session for another member under the same user id: everything of the old one is
    /// [forgotten](Self::forget), and the new token stored.
    ///
    /// Nothing of the old session can be read any more: not its state, its token, nor a reply that
    /// it remembered. With the replies goes the memory of the messages, so call this before the
    /// turn that records who has logged in.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "vimbisopay")] {
    /// # use vimbiso_state::{JwtToken, MemoryStore, MessageId, SessionStatus, UserId, vimbisopay::StateManager};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    /// # runtime.block_on(async {
    /// # let manager = StateManager::new(MemoryStore::new());
    /// # let user = UserId::new("263771234567")?;
    /// # let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?;
    /// manager.start_session(&user, &token).await?;
    /// let found = manager.user(&user).await?;
    /// assert_eq!((found.status(), found.jwt_token()), (&SessionStatus::New, Some(&token)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Token`] where the token has expired already: nothing is changed then.
    /// [`Error::Store`] where the store cannot be reached: nothing of the old session is left, or
    /// all of it.
    pub async fn start_session(&self, user: &UserId, token: &JwtToken) -> Result<(), Error> {
        let _ = token.time_left(self.inner.ttl)?;
        self.delete(user).await?;
        self.set_jwt_token(user, token).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        token: Option<&StoredToken>,
        ttl: Duration,
    ) -> Result<(), Error> {
        let put = TokenPut {
            token,
            expected: ExpectedToken::Any,
            ttl,
            deadline: self.deadline(),
        };
        // What is put over anything is never refused.
        let _stored = self
            .inner
            .tokens
            .before_refreshes(user, self.inner.tokens.store()?.put_token(user, put))
            .await?;
        Ok(())
    }

    /// Makes a call to the host's API with the user's token.
    ///
    /// A valid token is used as it is. Without one, or with one that has expired, the source issues
    /// one first. Where the call says [`CallError::TokenRejected`], the source issues another, and
    /// the call is made once more; what it then says is returned. So the call may run twice, and
    /// must be safe to repeat after a refusal.
    ///
    /// * **One refresh at a time for a user**, whoever needs it: the others wait and use its token.
    ///   In this process they stand in a queue, across processes a claim in the store tells who
    ///   refreshes; if that one dies, the next takes over.
    /// * **A token is replaced before it ends**: after 80 to 90 % of its life in the store
    ///   (jittered, so that tokens of one moment are not refreshed at one moment), the next is
    ///   asked for while the call goes on with this one.
    /// * **A newer token is never overwritten**, and a failed refresh takes no token away. For a
    ///   second after one, the source is not asked again, and callers get its error.
    /// * **Valid** is a signed JSON Web Token that does not expire within the next 5 s (or the last
    ///   tenth of its life, if that is less). Its signature is not verified: that is the API's
    ///   part.
    ///
    /// Costs one round trip to the store; none with [`with_token_of`](Self::with_token_of).
    ///
    /// # How long it takes
    /// To look for a token takes at most one [deadline](crate::StateManagerBuilder::deadline) (D, 2
    /// s unless set). To refresh it takes 3 D and the source's
    /// [timeout](crate::StateManagerBuilder::source_timeout) (S, 3 s unless set), and where others
    /// are at it, the wait for them before that, of 4 D and 2 S at most. So by default, one refresh
    /// is over after 9 s, or 23 s with such a wait, and a token that is refused may cost a second
    /// one. The calls themselves are not limited. Whoever has less time puts a timeout around the
    /// whole: a caller who stops waiting takes nothing from the others.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "vimbisopay")] {
    /// use std::sync::Arc;
    /// # use vimbiso_state::{JwtToken, MemoryStore, SourceError, TokenSource, UserId, vimbisopay::StateManager};
    /// use vimbiso_state::CallError;
    ///
    /// # struct Login;
    /// # #[async_trait::async_trait]
    /// # impl TokenSource for Login {
    /// #     async fn issue(&self, _: &UserId) -> Result<JwtToken, SourceError> {
    /// #         Ok(JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?)
    /// #     }
    /// # }
    /// # async fn get_balance(_: &JwtToken) -> Result<(u16, u32), std::io::Error> { Ok((200, 7)) }
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    /// # runtime.block_on(async {
    /// # let manager = StateManager::new(MemoryStore::new());
    /// # let user = UserId::new("263771234567")?;
    /// let source = Arc::new(Login);
    /// let balance = manager
    ///     .with_token(&user, &source, |token| async move {
    ///         match get_balance(&token).await? {
    ///             (401, _) => Err(CallError::TokenRejected),
    ///             (_, balance) => Ok(balance),
    ///         }
    ///     })
    ///     .await
    ///     .map_err(|error: CallError<std::io::Error>| error)?;
    /// assert_eq!(balance, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// * [`CallError::Other`]: the host's own error, untouched
    /// * [`CallError::TokenRejected`]: the API refused a new token too
    /// * [`CallError::NoToken`]: none could be had; the call was not made, or not made again
    pub async fn with_token<T, E, S, Fut>(
        &self,
        user: &UserId,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError<E>>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, CallError<E>>>,
    {
        self.inner.tokens.call(user, None, source, call).await
    }

    /// [`with_token`](Self::with_token) for a user who was [read](Self::user) just now: without a
    /// round trip while the token that came along is valid.
    ///
    /// # Errors
    /// As [`with_token`](Self::with_token).
    pub async fn with_token_of<T, E, S, Fut>(
        &self,
        user: &CachedUser<F>,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError<E>>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, CallError<E>>>,
    {
        self.inner
            .tokens
            .call(user.id(), user.jwt_token(), source, call)
            .await
    }
}
