//! A user and their conversation, at one version.

use std::fmt;

use crate::flow::{Flow, Member};
use crate::opening::Opening;
use crate::{CachedUserState, JwtToken, UserId, Version};

/// A user and their conversation, as one version of the session has it.
///
/// Until the state knows a member, the user is "Welcome Visitor" and not registered.
pub struct CachedUser<F: Flow> {
    pub(crate) id: UserId,
    pub(crate) opening: Opening<F>,
    pub(crate) version: Option<Version>,
    pub(crate) state: CachedUserState<F>,
}

impl<F: Flow> CachedUser<F> {
    /// A user who has never been here, for a test of a decision without a store.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "vimbisopay")] {
    /// use vimbiso_state::vimbisopay::CachedUser;
    /// use vimbiso_state::UserId;
    ///
    /// let user = CachedUser::visitor(UserId::new("263771234567").unwrap());
    /// assert_eq!((user.first_name(), user.last_name()), ("Welcome", "Visitor"));
    /// assert!(!user.registration_complete());
    /// # }
    /// ```
    #[must_use]
    pub fn visitor(id: UserId) -> Self {
        Self {
            id,
            opening: Opening::New,
            version: None,
            state: CachedUserState::new(F::State::default()),
        }
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// The first name, "Welcome" before registration.
    #[must_use]
    pub fn first_name(&self) -> &str {
        self.member().map_or("Welcome", |member| member.first_name)
    }

    /// The last name, "Visitor" before registration.
    #[must_use]
    pub fn last_name(&self) -> &str {
        self.member().map_or("Visitor", |member| member.last_name)
    }

    /// Whether the state knows who the user is.
    #[must_use]
    pub fn registration_complete(&self) -> bool {
        self.member().is_some()
    }

    /// The conversation.
    #[must_use]
    pub fn state(&self) -> &CachedUserState<F> {
        &self.state
    }

    /// The token; see [`CachedUserState::jwt_token`].
    #[must_use]
    pub fn jwt_token(&self) -> Option<&JwtToken> {
        self.state.jwt_token()
    }

    /// How the session was found: after a turn, as the turn found it.
    #[must_use]
    pub fn opening(&self) -> &Opening<F> {
        &self.opening
    }

    /// The version of the session; `None` where nothing has been committed yet.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    fn member(&self) -> Option<Member<'_>> {
        F::member(&self.state.state)
    }
}

impl<F: Flow> Clone for CachedUser<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            opening: self.opening,
            version: self.version,
            state: self.state.clone(),
        }
    }
}

impl<F: Flow> fmt::Debug for CachedUser<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            opening,
            version,
            state,
        } = self;
        let mut shown = f.debug_struct("CachedUser");
        shown
            .field("id", id)
            .field("opening", opening)
            .field("version", version)
            .field("state", state)
            .finish()
    }
}
