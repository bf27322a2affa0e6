//! A user and their conversation, at one version of the session.

use std::fmt;

use crate::flow::{Flow, Member};
use crate::id::{CallKey, Direction, JwtToken, UserId};
use crate::session::{CachedUserState, PendingCall, SessionStatus, Version};

/// A user and their conversation, at one version of the session.
///
/// [`StateManager::load`](crate::StateManager::load) reads one, and every handled message returns
/// one as it is after the commit. It is a copy to read: a conversation changes only through a
/// [`Turn`](crate::Turn). `Debug` masks the user id and shows nothing of the data or the token.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe, Pick};
/// use vimbiso_state::{MemoryStore, MessageId, StateManager, Step, UserId};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let manager = StateManager::<Cafe>::new(MemoryStore::new());
/// let id = UserId::new("263771234567")?;
/// manager
///     .handle(&id, &MessageId::new("wamid.1")?, |turn| {
///         turn.data_mut().guest = Some("Ada".to_owned());
///         turn.select(Pick::Pay)?;
///         Ok(Step::Commit(()))
///     })
///     .await?;
///
/// let user = manager.load(&id).await?;
/// assert_eq!(user.first_name(), Some("Ada"));
/// assert_eq!(user.stage(), At::Paying);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CachedUser<F: Flow> {
    pub(crate) id: UserId,
    pub(crate) status: SessionStatus<F>,
    pub(crate) version: Option<Version>,
    pub(crate) pending_call: Option<PendingCall>,
    pub(crate) state: CachedUserState<F>,
}

impl<F: Flow> CachedUser<F> {
    /// The user's id.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.id().expose(), "263771234567");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// The first name, as [`Flow::member`] says. `None` if the user is not registered.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// let greeting = match user.first_name() {
    ///     Some(name) => format!("Hello {name}!"),
    ///     None => "Hello!".to_owned(),
    /// };
    /// assert_eq!(greeting, "Hello!");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.member().map(|member| member.first_name)
    }

    /// The last name, as [`Flow::member`] says. `None` if the user is not registered.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.last_name(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.member().map(|member| member.last_name)
    }

    /// The first name, or "Welcome" if the user is not registered: the specification's default.
    /// For a record of the user, not for a greeting.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.first_name_or_default(), "Welcome");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first_name_or_default(&self) -> &str {
        self.first_name().unwrap_or("Welcome")
    }

    /// The last name, or "Visitor" if the user is not registered: the specification's default.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.last_name_or_default(), "Visitor");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_name_or_default(&self) -> &str {
        self.last_name().unwrap_or("Visitor")
    }

    /// Whether the user is registered: [`Flow::member`] knows who they are.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.data_mut().guest = Some("Ada".to_owned());
    /// assert!(turn.user().registration_complete());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn registration_complete(&self) -> bool {
        self.member().is_some()
    }

    /// The stage of the conversation.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.select(Pick::Pay)?;
    /// assert_eq!(turn.user().stage(), At::Paying);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stage(&self) -> F::Stage {
        self.state.stage
    }

    /// The choice that was made last, or the step within the stage.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, Pick};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.select(Pick::Tea)?;
    /// assert_eq!(turn.user().option(), Some(Pick::Tea));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn option(&self) -> Option<F::Choice> {
        self.state.option
    }

    /// Which way the last message went, as the host has set it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Direction, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.direction(), Direction::Out);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.state.direction
    }

    /// The name of the menu that was shown last and is still open.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{Cafe, DRINKS};
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.show(&DRINKS);
    /// assert_eq!(turn.user().menu_shown(), Some("drinks"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn menu_shown(&self) -> Option<&str> {
        self.state.menu_shown()
    }

    /// What the conversation remembers.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, Turn, UserId};
    /// # let mut turn = Turn::<Cafe>::of(CachedUser::visitor(UserId::new("263771234567")?));
    /// turn.data_mut().drinks.push("tea".to_owned());
    /// assert_eq!(turn.user().data().drinks, ["tea"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn data(&self) -> &F::Data {
        &self.state.data
    }

    /// The state of the conversation as a whole.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.state().stage(), user.stage());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn state(&self) -> &CachedUserState<F> {
        &self.state
    }

    /// The token, as [`StateManager::load`](crate::StateManager::load) has read it.
    ///
    /// `None` after a turn, because a turn neither reads nor writes the token.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert!(user.jwt_token().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn jwt_token(&self) -> Option<&JwtToken> {
        self.state.jwt_token()
    }

    /// How the session was found. After a turn: how that turn found it.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, SessionStatus, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.status(), &SessionStatus::New);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn status(&self) -> &SessionStatus<F> {
        &self.status
    }

    /// The version of the session. `None` if the session has never been committed.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// # use vimbiso_state::{CachedUser, UserId};
    /// # let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.version(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The key of the call that was [announced](crate::bot) and has no outcome yet, also if the
    /// session that announced it has expired. `None` if no call is pending, and in a session that
    /// [another login](crate::StateManager::start_session) has started meanwhile.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::{CachedUser, UserId};
    ///
    /// let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.pending_call(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pending_call(&self) -> Option<CallKey> {
        self.pending_call.map(|call| call.key)
    }

    fn member(&self) -> Option<Member<'_>> {
        F::member(&self.state.data)
    }
}

// Written by hand: a derive would ask the flow itself to be `Clone`.
impl<F: Flow> Clone for CachedUser<F> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            status: self.status,
            version: self.version,
            pending_call: self.pending_call,
            state: self.state.clone(),
        }
    }
}

impl<F: Flow> fmt::Debug for CachedUser<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedUser")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("version", &self.version)
            .field("pending_call", &self.pending_call)
            .field("state", &self.state)
            .finish()
    }
}
