//! How a turn finds the session.

use crate::flow::{Choice, Flow, Stage};
use crate::id::CommitId;
use crate::session::{Corruption, Tombstone};

/// How a turn finds the session.
///
/// A bot says "welcome" to a new user, but "your session expired" to one who was here five minutes ago.
pub enum SessionStatus<F: Flow> {
    /// There was none, for as long as the store remembers.
    New,
    /// It is alive.
    Active,
    /// It has expired: the turn stands at the start with an empty state.
    Expired {
        /// Where it stood; `None` where this release has no such stage.
        stage: Option<F::Stage>,
        /// The option it had.
        option: Option<F::Choice>,
        /// The commit that took it there. Where it stood waiting for an API, the id that was the idempotency key.
        entered_by: CommitId,
    },
    /// It could not be read as it was written: the turn stands at the start, with the state where that still decodes. Its
    /// commit drops the token.
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

    /// One word for a log: `new`, `resumed`, `expired` or `recovered`.
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

// Written out, since derives would ask the flow itself to be all that.
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
