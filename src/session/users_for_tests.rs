//! Users as a manager finds them, for tests of a decision without a store.

use super::{CachedUser, CachedUserState, Corruption, SessionStatus, Version};
use crate::flow::{Flow, MenuOptions, OpenQuestion, QuestionId};
use crate::id::{CommitId, UserId};

impl<F: Flow> CachedUser<F> {
    /// A user without a session, for a test of a decision without a store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe};
    /// use vimbiso_state::{CachedUser, UserId};
    ///
    /// let user = CachedUser::<Cafe>::visitor(UserId::new("263771234567")?);
    /// assert_eq!(user.stage(), At::Counter);
    /// assert!(!user.registration_complete());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn visitor(id: UserId) -> Self {
        Self {
            id,
            status: SessionStatus::New,
            version: None,
            pending_call: None,
            state: CachedUserState::new(F::Data::default()),
        }
    }

    /// A user in the middle of a conversation, for a test of a decision without a store: an active
    /// session at this stage with this data. [`with_option`](Self::with_option) and
    /// [`with_menu`](Self::with_menu) add the rest.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, DRINKS, Order, Pick};
    /// use vimbiso_state::{Answer, CachedUser, SessionStatus, Turn, UserId};
    ///
    /// let order = Order {
    ///     drinks: vec!["tea".to_owned()],
    ///     ..Order::default()
    /// };
    /// let user = CachedUser::resumed(UserId::new("263771234567")?, At::Counter, order)
    ///     .with_option(Pick::Tea)
    ///     .with_menu(&DRINKS);
    /// let turn = Turn::<Cafe>::of(user);
    /// assert_eq!(turn.status(), &SessionStatus::Active);
    /// assert_eq!(turn.pick("3")?, Answer::Open(Pick::Pay));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resumed(id: UserId, stage: F::Stage, data: F::Data) -> Self {
        let mut state = CachedUserState::new(data);
        state.stage = stage;
        Self {
            id,
            status: SessionStatus::Active,
            version: Some(Version::after(None)),
            pending_call: None,
            state,
        }
    }

    /// A user whose session has expired at this stage and option, for a test of a decision without
    /// a store. As always then, the conversation is at the start stage with the default data.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Pick};
    /// use vimbiso_state::{CachedUser, SessionStatus, Turn, UserId};
    ///
    /// let user = CachedUser::expired(UserId::new("263771234567")?, At::Paying, Pick::Pay);
    /// let turn = Turn::<Cafe>::of(user);
    /// assert_eq!(turn.stage(), At::Counter);
    /// assert!(matches!(
    ///     turn.status(),
    ///     SessionStatus::Expired { stage: Some(At::Paying), .. },
    /// ));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expired(id: UserId, stage: F::Stage, option: impl Into<Option<F::Choice>>) -> Self {
        Self {
            status: SessionStatus::Expired {
                stage: Some(stage),
                option: option.into(),
                entered_by: CommitId::random(),
            },
            version: Some(Version::after(None)),
            ..Self::visitor(id)
        }
    }

    /// A user whose session could not be read, for a test of a decision without a store. `data` is
    /// what could be read of it, the default if nothing could.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Order};
    /// use vimbiso_state::session::Corruption;
    /// use vimbiso_state::{CachedUser, Turn, UserId};
    ///
    /// let id = UserId::new("263771234567")?;
    /// let user = CachedUser::recovered(id, Corruption::Stage, Order::default());
    /// let turn = Turn::<Cafe>::of(user);
    /// assert_eq!(turn.stage(), At::Counter);
    /// assert_eq!(turn.status().name(), "recovered");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn recovered(id: UserId, why: Corruption, data: F::Data) -> Self {
        Self {
            id,
            status: SessionStatus::Recovered { why },
            version: Some(Version::after(None)),
            pending_call: None,
            state: CachedUserState::new(data),
        }
    }

    /// This user with this option: the choice that was made last, or the step within the stage.
    /// For a test of a decision without a store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Order, Pick};
    /// use vimbiso_state::{CachedUser, UserId};
    ///
    /// let id = UserId::new("263771234567")?;
    /// let user = CachedUser::<Cafe>::resumed(id, At::Paying, Order::default());
    /// assert_eq!(user.with_option(Pick::Pay).option(), Some(Pick::Pay));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_option(mut self, option: F::Choice) -> Self {
        self.state.option = Some(option);
        self
    }

    /// This user with this menu open, as after [`Turn::show`](crate::Turn::show). For a test of a
    /// decision without a store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, DRINKS, Order};
    /// use vimbiso_state::{CachedUser, UserId};
    ///
    /// let id = UserId::new("263771234567")?;
    /// let user = CachedUser::<Cafe>::resumed(id, At::Counter, Order::default());
    /// assert_eq!(user.with_menu(&DRINKS).menu_shown(), Some("drinks"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_menu(mut self, menu: &MenuOptions<F::Choice>) -> Self {
        let question = QuestionId::of(CommitId::random(), 0);
        self.state.question = Some(OpenQuestion::with_menu(question, OpenQuestion::now(), menu));
        self
    }

    /// This user with a question without a menu open, as after [`Turn::ask`](crate::Turn::ask). For
    /// a test of a decision without a store.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::{At, Cafe, Order};
    /// use vimbiso_state::{Answer, CachedUser, Turn, UserId};
    ///
    /// let id = UserId::new("263771234567")?;
    /// let user = CachedUser::<Cafe>::resumed(id, At::Paying, Order::default()).with_question();
    /// let turn = Turn::of(user);
    /// let yes = turn.question().map(|question| question.button("yes")).unwrap_or_default();
    /// assert_eq!(turn.answer(&yes), Answer::Open("yes"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_question(mut self) -> Self {
        let question = QuestionId::of(CommitId::random(), 0);
        self.state.question = Some(OpenQuestion::without_menu(question, OpenQuestion::now()));
        self
    }
}
