//! From what a store found to what a turn works on.

use crate::flow::Flow;
use crate::record::{Damage, Undecodable, decode, decode_state};
use crate::store::{Basis, Loaded, Session};
use crate::{CachedUser, CachedUserState, CommitId, Error, Opening, Turn, UserId};

/// What a turn is decided on.
#[derive(Debug)]
pub(super) struct Ground<F: Flow> {
    pub(super) user: CachedUser<F>,
    pub(super) basis: Basis,
    /// The commit that took the session to where it stands.
    pub(super) arrived_by: Option<CommitId>,
    /// Whether it is what this process remembers, not what the store has said.
    pub(super) guessed: bool,
}

impl<F: Flow> Ground<F> {
    /// What the store has found.
    pub(super) fn found(user: &UserId, loaded: Loaded) -> Result<Self, Error> {
        let arrived_by = match &loaded.session {
            Session::Live(record) => Some(record.commit_id),
            _ => None,
        };
        Ok(Self {
            user: open(user, &loaded.session)?,
            basis: loaded.basis,
            arrived_by,
            guessed: false,
        })
    }

    pub(super) fn turn(self, commit_id: CommitId) -> (Turn<F>, Basis) {
        (Turn::new(self.user, commit_id, self.arrived_by), self.basis)
    }
}

/// The user as the session has them.
pub(super) fn open<F: Flow>(user: &UserId, session: &Session) -> Result<CachedUser<F>, Error> {
    let newer = |found| {
        Err(Error::NewerFormat {
            found,
            known: F::STATE_FORMAT,
        })
    };
    let (opening, state) = match session {
        Session::New => (Opening::New, CachedUserState::new(F::State::default())),
        Session::Expired(trace) => (
            Opening::expired(trace),
            CachedUserState::new(F::State::default()),
        ),
        Session::Newer { found, known } => {
            return Err(Error::NewerFormat {
                found: *found,
                known: *known,
            });
        }
        Session::Live(record) => match decode::<F>(record) {
            Ok(decoded) => (Opening::Resumed, CachedUserState::from_decoded(decoded)),
            Err(Undecodable::Damaged { why, state }) => recover(user, why, state),
            Err(Undecodable::Newer { found }) => return newer(found),
        },
        Session::Damaged { why, state, .. } => match state
            .as_ref()
            .map(|(format, text)| decode_state::<F>(*format, text))
        {
            Some(Err(Undecodable::Newer { found })) => return newer(found),
            state => recover(user, *why, state.and_then(Result::ok)),
        },
    };
    Ok(CachedUser {
        id: user.clone(),
        opening,
        version: session.version(),
        state,
    })
}

/// The start, with what could be saved. Says why, never what was read.
fn recover<F: Flow>(
    user: &UserId,
    why: Damage,
    state: Option<F::State>,
) -> (Opening<F>, CachedUserState<F>) {
    tracing::warn!(?user, %why, state_saved = state.is_some(), "Recovering session");
    (
        Opening::Recovered { why },
        CachedUserState::new(state.unwrap_or_default()),
    )
}

/// What was decided on had been committed. Where the store has an older version now, or another of that number, or none, it has
/// lost commits, or somebody has removed the user.
pub(super) fn warn_if_it_went_back<F: Flow>(decided_on: &CachedUser<F>, found: &Session) {
    let Some(known) = decided_on.version else {
        return;
    };
    let to = match (found, found.version()) {
        (Session::New, _) => 0,
        (_, Some(version)) if version.revision <= known.revision && version != known => {
            version.revision
        }
        _ => return,
    };
    tracing::warn!(user = ?decided_on.id, from = known.revision, to, "Session went back: the store lost commits, or the user was forgotten");
}
