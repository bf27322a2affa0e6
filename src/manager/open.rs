//! From what a store found to what a turn works on.

use crate::flow::Flow;
use crate::record::{Damage, Undecodable, decode, decode_state};
use crate::store::{Session, StoredToken};
use crate::{CachedUser, CachedUserState, CommitId, Error, JwtToken, Opening, Turn, UserId};

/// The turn of a commit on the session that was found.
pub(super) fn turn<F: Flow>(user: &UserId, session: &Session, commit_id: CommitId) -> Result<Turn<F>, Error> {
    let arrived_by = match session {
        Session::Live(record) => Some(record.commit_id),
        _ => None,
    };
    Ok(Turn::new(open(user, session)?, commit_id, arrived_by))
}

/// The user as the session has them.
pub(super) fn open<F: Flow>(user: &UserId, session: &Session) -> Result<CachedUser<F>, Error> {
    let newer = |found| Err(Error::NewerFormat { found, known: F::STATE_FORMAT });
    let (opening, state) = match session {
        Session::New => (Opening::New, CachedUserState::new(F::State::default())),
        Session::Expired(trace) => (Opening::expired(trace), CachedUserState::new(F::State::default())),
        Session::Newer { found, known } => return Err(Error::NewerFormat { found: *found, known: *known }),
        Session::Live(record) => match decode::<F>(record) {
            Ok(decoded) => (Opening::Resumed, CachedUserState::from_decoded(decoded)),
            Err(Undecodable::Damaged { why, state }) => recover(user, why, state),
            Err(Undecodable::Newer { found }) => return newer(found),
        },
        Session::Damaged { why, state, .. } => match state.as_ref().map(|(format, text)| decode_state::<F>(*format, text)) {
            Some(Err(Undecodable::Newer { found })) => return newer(found),
            state => recover(user, *why, state.and_then(Result::ok)),
        },
    };
    Ok(CachedUser { id: user.clone(), opening, version: session.version(), state })
}

/// The start, with what could be saved. Says why, never what was read.
fn recover<F: Flow>(user: &UserId, why: Damage, state: Option<F::State>) -> (Opening<F>, CachedUserState<F>) {
    tracing::warn!(?user, %why, state_saved = state.is_some(), "Recovering session");
    (Opening::Recovered { why }, CachedUserState::new(state.unwrap_or_default()))
}

/// The token as read; what is no token is none.
pub(super) fn token(user: &UserId, stored: &StoredToken) -> Option<JwtToken> {
    JwtToken::new(stored.expose()).inspect_err(|why| tracing::warn!(?user, %why, "Ignoring a stored token")).ok()
}
