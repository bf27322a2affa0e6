//! The token of a user: stored, removed, and used for calls to the host's API.

use std::sync::Arc;
use std::time::Duration;

use super::StateManager;
use crate::error::{BoxError, Error, StoreError};
use crate::flow::Flow;
use crate::id::{JwtToken, UserId};
use crate::session::CachedUser;
use crate::store::{ExpectedToken, Removal, StoredToken, TokenPut};
use crate::token::{CallError, IssuedToken, TokenSource};

impl<F: Flow> StateManager<F> {
    /// Stores the user's token, over any other, for the TTL at most and no longer than its life:
    /// the one that you [state](IssuedToken::expires_in), or else until its `exp`. The session is
    /// not changed or prolonged.
    ///
    /// This wins over a refresh that is under way: that one leaves no token in the store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?; // from a login
    /// manager.set_jwt_token(&user, &token).await?;
    /// assert_eq!(manager.load(&user).await?.jwt_token(), Some(&token));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Costs one round trip; two if this process did not commit the session last, because the
    /// session is looked at first.
    ///
    /// # Errors
    /// [`Error::Token`] if the token has expired. [`Error::Store`] if the store failed: the token
    /// may be stored, now or later, so call again with this token or a newer one. With
    /// [`Misconfigured`](crate::StoreError::Misconfigured) because the session belongs to [another
    /// flow](Flow::NAME), nothing is changed.
    pub async fn set_jwt_token(
        &self,
        user: &UserId,
        token: impl Into<IssuedToken>,
    ) -> Result<(), Error> {
        let token = token.into();
        let ttl = self.inner.tokens.kept_for(&token)?;
        self.check_flow(user).await?;
        self.put_token(user, Some(&token), ttl).await
    }

    /// Removes the user's token, as for a logout. The session is not changed or prolonged.
    ///
    /// This wins over a refresh that is under way: that one leaves no token in the store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// # let user = UserId::new("263771234567")?;
    /// # let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?;
    /// # manager.set_jwt_token(&user, &token).await?;
    /// manager.clear_jwt_token(&user).await?;
    /// assert_eq!(manager.load(&user).await?.jwt_token(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Costs as much as [`set_jwt_token`](Self::set_jwt_token).
    ///
    /// # Errors
    /// [`Error::Store`] if the store failed: the token may still be stored, so call again. With
    /// [`Misconfigured`](crate::StoreError::Misconfigured) because the session belongs to [another
    /// flow](Flow::NAME), nothing is changed.
    pub async fn clear_jwt_token(&self, user: &UserId) -> Result<(), Error> {
        self.check_flow(user).await?;
        self.put_token(user, None, self.inner.ttl).await
    }

    /// Starts a session for another person under the same user id: removes everything of the old
    /// one and stores the new token.
    ///
    /// Nothing of the old session can be read any more: no data, no token, no stored reply, and no
    /// reply that waits in the outbox. With the replies goes the record of handled messages, so
    /// call this before the turn that stores who has logged in.
    ///
    /// **A [call](crate::bot) that is pending stays**, and so does an outcome that is not sent yet:
    /// they belong to the user, not to the login. The call is made, and its outcome is told, but
    /// moves nothing in the new session. That one does not know of the call, so
    /// [`pending_call`](crate::CachedUser::pending_call) is `None`; a second call is answered by
    /// [`still_pending`](crate::bot::Conversation::still_pending) all the same.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{JwtToken, MemoryStore, SessionStatus, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let order = |turn: &mut vimbiso_state::Turn<Cafe>| {
    ///     turn.data_mut().drinks.push("tea".into());
    ///     Ok(())
    /// };
    /// manager.update_state(&user, "order", order).await?; // of the last guest
    ///
    /// let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?; // of the next guest
    /// manager.start_session(&user, &token).await?;
    /// let found = manager.load(&user).await?;
    /// assert_eq!(found.status(), &SessionStatus::New);
    /// assert_eq!(found.jwt_token(), Some(&token));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Token`] if the token has expired: nothing is changed then. [`Error::Store`] if the
    /// store failed: the old session is there completely or not at all, so call again. With
    /// [`Misconfigured`](crate::StoreError::Misconfigured) because the store keeps no tokens, or
    /// because the old session belongs to [another flow](Flow::NAME), nothing is changed; nor with
    /// [`Corrupt`](crate::StoreError::Corrupt) because the outbox is in a form that this release
    /// cannot read.
    pub async fn start_session(
        &self,
        user: &UserId,
        token: impl Into<IssuedToken>,
    ) -> Result<(), Error> {
        let token = token.into();
        // Checked first, so that what cannot be stored deletes nothing: an expired token, or any
        // token if the store keeps none.
        let ttl = self.inner.tokens.kept_for(&token)?;
        let _ = self.inner.tokens.store()?;
        self.check_flow(user).await?;
        self.remove(user, Removal::Login).await?;
        self.put_token(user, Some(&token), ttl).await
    }

    /// Refuses a user whose session belongs to another flow, and so their token too. Costs a load,
    /// unless this process committed the session last.
    async fn check_flow(&self, user: &UserId) -> Result<(), StoreError> {
        if self.inner.session_cache.has(user) {
            return Ok(());
        }
        self.inner.tokens.check_owner(user).await
    }

    async fn put_token(
        &self,
        user: &UserId,
        token: Option<&IssuedToken>,
        ttl: Duration,
    ) -> Result<(), Error> {
        let stored = token.map(|issued| StoredToken::new(issued.token().expose()));
        let put = TokenPut {
            token: stored.as_ref(),
            expected: ExpectedToken::Any,
            ttl,
            deadline: self.deadline(),
        };
        // A put that expects any token is never refused, so there is only one outcome.
        let _stored = self
            .inner
            .tokens
            .override_token(user, self.inner.tokens.store()?.put_token(user, put))
            .await?;
        Ok(())
    }

    /// Makes a call to the host's API with the user's token.
    ///
    /// A valid stored token is used as it is. If the user has no token, or an expired one, the
    /// source issues one first. If the call fails with
    /// [`TokenRejected`](crate::token::TokenRejected), the source issues another one and the call
    /// is made once more; its second result is returned. So the call may be made twice, and must be
    /// safe to repeat after the API has rejected the token.
    ///
    /// The call may fail with any other error too: `?` boxes it, and it comes out as
    /// [`CallError::Host`].
    ///
    /// * **One refresh at a time for each user.** Other callers wait for its token. Callers in this
    ///   process wait for each other; other processes see a lease in the store. If the process that
    ///   holds the lease dies, another one takes over when the lease ends. So does another caller
    ///   in this process, if the runtime of the refresh is not driven any more.
    /// * **Tokens are refreshed early**: after 80 to 90 % of their time in the store, in the
    ///   background, while calls go on with the old token. The exact time is random, so that tokens
    ///   issued together are not refreshed together.
    /// * **A newer token is never overwritten**, and a failed refresh removes no token. For 1 s
    ///   after a failed refresh the source is not asked again, and callers get its error.
    /// * **Valid** is a token that does not expire within the next 5 s, or within the last tenth of
    ///   its life if that is less. Its life is what the source
    ///   [stated](crate::token::IssuedToken::expires_in), or else ends with its `exp`. A token that
    ///   says nothing is valid as long as the store keeps it. The signature is not verified: the
    ///   API does that.
    /// * **Clocks may differ.** If a token that arrives just now is over, or not valid yet, by this
    ///   machine's clock, that is logged, and the token is used for its own length: from `iat`, or
    ///   `nbf`, to `exp`.
    ///
    /// Costs one round trip to the store if the token is valid. Once in a TTL it costs one more, to
    /// see that the session, and so the token, belongs to [this flow](Flow::NAME).
    /// [`with_token_of`](Self::with_token_of) costs none.
    ///
    /// # Time limits
    /// With D for the manager's [deadline](super::StateManagerBuilder::deadline) (2 s unless set)
    /// and S for its [source timeout](super::StateManagerBuilder::source_timeout) (3 s unless set):
    ///
    /// | step | at most | by default |
    /// |---|---|---|
    /// | read the token, and look at the session | 2 D | 4 s |
    /// | refresh it | 4 D + S | 11 s |
    /// | wait for others before that | 4 D + 2 S | 14 s |
    ///
    /// A token that the API rejects can cost a second refresh. The calls themselves have no limit.
    /// If you need a shorter one, put a timeout around the whole: a refresh that has begun goes on
    /// for the other callers.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use std::sync::Arc;
    ///
    /// use vimbiso_state::token::{IssuedToken, SourceError, TokenRejected, TokenSource};
    /// use vimbiso_state::{JwtToken, MemoryStore, StateManager, UserId};
    ///
    /// struct Login; // see `TokenSource` for a complete one
    ///
    /// #[async_trait::async_trait]
    /// impl TokenSource for Login {
    ///     async fn issue(&self, _user: &UserId) -> Result<IssuedToken, SourceError> {
    ///         Ok(JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?.into())
    ///     }
    /// }
    ///
    /// async fn get_points(token: &JwtToken) -> Result<(u16, u32), std::io::Error> {
    /// #   let _ = token;
    ///     Ok((200, 7)) // in real life: GET /points
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// let user = UserId::new("263771234567")?;
    /// let source = Arc::new(Login);
    /// let points = manager
    ///     .with_token(&user, &source, |token| async move {
    ///         match get_points(&token).await? {
    ///             (401, _) => Err(TokenRejected.into()),
    ///             (_, points) => Ok(points),
    ///         }
    ///     })
    ///     .await?;
    /// assert_eq!(points, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// * [`CallError::Host`]: the host's own error, unchanged; see [`CallError::into_host`]
    /// * [`CallError::TokenRejected`]: the API rejected a new token too
    /// * [`CallError::NoToken`]: there was no token, or one of another flow; the call was not made,
    ///   or not made again
    pub async fn with_token<T, S, Fut>(
        &self,
        user: &UserId,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, BoxError>>,
    {
        self.inner.tokens.call(user, None, source, call).await
    }

    /// [`with_token`](Self::with_token) for a user who was [loaded](Self::load) just now: no round
    /// trip to the store if the token that was loaded is valid.
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
    /// #         Err(SourceError::unavailable("not needed here"))
    /// #     }
    /// # }
    /// # async fn get_points(_token: &JwtToken) -> Result<u32, std::io::Error> { Ok(7) }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// # let manager = StateManager::<Cafe>::new(MemoryStore::new());
    /// # let source = Arc::new(Login);
    /// # let user = UserId::new("263771234567")?;
    /// # let token = JwtToken::new("eyJhbGciOiJIUzI1NiJ9.e30.c2ln")?;
    /// # manager.set_jwt_token(&user, &token).await?;
    /// let user = manager.load(&user).await?;
    /// let points = manager
    ///     .with_token_of(&user, &source, |token| async move { Ok(get_points(&token).await?) })
    ///     .await?;
    /// assert_eq!(points, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`with_token`](Self::with_token).
    pub async fn with_token_of<T, S, Fut>(
        &self,
        user: &CachedUser<F>,
        source: &Arc<S>,
        call: impl Fn(JwtToken) -> Fut,
    ) -> Result<T, CallError>
    where
        S: TokenSource + ?Sized + 'static,
        Fut: Future<Output = Result<T, BoxError>>,
    {
        self.inner
            .tokens
            .call(user.id(), user.jwt_token(), source, call)
            .await
    }
}
