//! A user and their conversation, at one version.

use std::fmt;

use crate::flow::{Flow, Member};
use crate::id::{JwtToken, UserId};
use crate::session::SessionStatus;
use crate::session::{CachedUserState, Version};

/// A user and their conversation, as one version of the session has it.
///
/// Until the state knows a member, the user is "Welcome Visitor" and not registered.
pub struct CachedUser<F: Flow> {
    pub(crate) id: UserId,
    pub(crate) status: SessionStatus<F>,
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
            status: SessionStatus::New,
            version: None,
            state: CachedUserState::new(F::Data::default()),
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

    /// The data that the conversation remembers.
    #[must_use]
    pub fn data(&self) -> &F::Data {
        self.state.data()
    }

    /// The token; see [`CachedUserState::jwt_token`].
    #[must_use]
    pub fn jwt_token(&self) -> Option<&JwtToken> {
        self.state.jwt_token()
    }

    /// How the session was found: after a turn, as the turn found it.
    #[must_use]
    pub fn status(&self) -> &SessionStatus<F> {
        &self.status
    }

    /// The version of the session; `None` where nothing has been committed yet.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    fn member(&self) -> Option<Member<'_>> {
        F::member(&self.state.data)
    }
}

impl<F: Flow> Clone for CachedUser<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            status: self.status,
            version: self.version,
            state: self.state.clone(),
        }
    }
}

impl<F: Flow> fmt::Debug for CachedUser<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            status,
            version,
            state,
        } = self;
        let mut shown = f.debug_struct("CachedUser");
        shown
            .field("id", id)
            .field("status", status)
            .field("version", version)
            .field("state", state)
            .finish()
    }
}
