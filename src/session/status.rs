//! How a turn finds the session.

use crate::flow::{Choice, Flow, Stage};
use crate::id::CommitId;
use crate::session::{Corruption, Tombstone};

/// How a turn finds the session.
///
/// A bot can greet a new user, and tell one who was here five minutes ago that the session has
/// expired.
///
/// # Examples
/// ```
/// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
/// # use cafe::{At, Cafe};
/// use vimbiso_state::SessionStatus;
///
/// fn greeting(status: &SessionStatus<Cafe>) -> &'static str {
///     match status {
///         SessionStatus::New => "Welcome!",
///         SessionStatus::Active => "Anything else?",
///         SessionStatus::Expired { stage: Some(At::Paying), .. } => "Have you paid?",
///         SessionStatus::Expired { .. } => "Welcome back! Your order has expired.",
///         SessionStatus::Recovered { .. } => "Sorry, we lost your order.",
///     }
/// }
/// assert_eq!(greeting(&SessionStatus::New), "Welcome!");
/// ```
pub enum SessionStatus<F: Flow> {
    /// The store knows no session of this user.
    New,
    /// The session is alive.
    Active,
    /// The session has expired. The turn begins at the start stage with the default data.
    Expired {
        /// The last stage. `None` if this release has no stage of that name.
        stage: Option<F::Stage>,
        /// The last option.
        option: Option<F::Choice>,
        /// The commit that took the session to that stage and option. The key of a call that is
        /// pending is [`CachedUser::pending_call`](crate::CachedUser::pending_call).
        entered_by: CommitId,
    },
    /// The session could not be read as it was written. The turn begins at the start stage, with
    /// the data if that could be read, and its commit deletes the token.
    Recovered {
        /// What was wrong.
        why: Corruption,
    },
}

impl<F: Flow> SessionStatus<F> {
    pub(crate) fn expired(tombstone: &Tombstone) -> Self {
        Self::Expired {
            stage: F::Stage::from_name(&tombstone.stage),
            option: tombstone.option.as_deref().and_then(F::Choice::from_name),
            entered_by: tombstone.entered_by,
        }
    }

    /// One word for a log: `new`, `active`, `expired` or `recovered`.
    ///
    /// # Examples
    /// ```
    /// # mod cafe { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe.rs")); }
    /// # use cafe::Cafe;
    /// use vimbiso_state::SessionStatus;
    ///
    /// assert_eq!(SessionStatus::<Cafe>::Active.name(), "active");
    /// ```
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::Expired { .. } => "expired",
            Self::Recovered { .. } => "recovered",
        }
    }
}

// By hand, as all below: a derive would ask the flow itself to be `Copy`.
impl<F: Flow> Copy for SessionStatus<F> {}

impl<F: Flow> Clone for SessionStatus<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Flow> PartialEq for SessionStatus<F> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::New, Self::New) | (Self::Active, Self::Active) => true,
            (
                Self::Expired {
                    stage,
                    option,
                    entered_by,
                },
                Self::Expired {
                    stage: other_stage,
                    option: other_option,
                    entered_by: other_id,
                },
            ) => (stage, option, entered_by) == (other_stage, other_option, other_id),
            (Self::Recovered { why }, Self::Recovered { why: other }) => why == other,
            _ => false,
        }
    }
}

impl<F: Flow> std::fmt::Debug for SessionStatus<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Active => f.write_str("Active"),
            Self::Expired {
                stage,
                option,
                entered_by,
            } => f
                .debug_struct("Expired")
                .field("stage", stage)
                .field("option", option)
                .field("entered_by", entered_by)
                .finish(),
            Self::Recovered { why } => f.debug_struct("Recovered").field("why", why).finish(),
        }
    }
}
