//! How a turn finds the session.

use crate::CommitId;
use crate::flow::{Choice, Flow, Stage};
use crate::record::{Damage, Trace};

/// How a turn finds the session.
///
/// A bot says "welcome" to a new user, but "your session expired" to one who was here five minutes ago.
pub enum Opening<F: Flow> {
    /// There was none, for as long as the store remembers.
    New,
    /// It is alive.
    Resumed,
    /// It has expired: the turn stands at the start with an empty state.
    Expired {
        /// Where it stood; `None` where this release has no such stage.
        stage: Option<F::Stage>,
        /// The option it had.
        option: Option<F::Choice>,
        /// The commit that took it there. Where it stood waiting for an API, the id that was the idempotency key.
        commit_id: CommitId,
    },
    /// It could not be read as it was written: the turn stands at the start, with the state where that still decodes. Its
    /// commit drops the token.
    Recovered {
        /// What was wrong.
        why: Damage,
    },
}

impl<F: Flow> Opening<F> {
    pub(crate) fn expired(trace: &Trace) -> Self {
        Self::Expired {
            stage: F::Stage::from_name(&trace.stage),
            option: trace.option.as_deref().and_then(F::Choice::from_name),
            commit_id: trace.commit_id,
        }
    }

    /// One word for a log: `new`, `resumed`, `expired` or `recovered`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Resumed => "resumed",
            Self::Expired { .. } => "expired",
            Self::Recovered { .. } => "recovered",
        }
    }
}

// Written out, since derives would ask the flow itself to be all that.
impl<F: Flow> Copy for Opening<F> {}

impl<F: Flow> Clone for Opening<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Flow> PartialEq for Opening<F> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::New, Self::New) | (Self::Resumed, Self::Resumed) => true,
            (
                Self::Expired {
                    stage,
                    option,
                    commit_id,
                },
                Self::Expired {
                    stage: other_stage,
                    option: other_option,
                    commit_id: other_id,
                },
            ) => (stage, option, commit_id) == (other_stage, other_option, other_id),
            (Self::Recovered { why }, Self::Recovered { why: other }) => why == other,
            _ => false,
        }
    }
}

impl<F: Flow> std::fmt::Debug for Opening<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::New => f.write_str("New"),
            Self::Resumed => f.write_str("Resumed"),
            Self::Expired {
                stage,
                option,
                commit_id,
            } => f
                .debug_struct("Expired")
                .field("stage", stage)
                .field("option", option)
                .field("commit_id", commit_id)
                .finish(),
            Self::Recovered { why } => f.debug_struct("Recovered").field("why", why).finish(),
        }
    }
}
