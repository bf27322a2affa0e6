//! The session that a turn starts from.

use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::{
    CachedUser, CachedUserState, Corruption, DecodeError, SessionStatus, decode, decode_data,
};
use crate::store::{Loaded, Precondition, Session};

/// The session that a turn starts from.
#[derive(Debug)]
pub(super) struct Snapshot<F: Flow> {
    pub(super) user: CachedUser<F>,
    pub(super) precondition: Precondition,
    /// The commit that took the session to its stage.
    pub(super) entered_by: Option<CommitId>,
    /// What the store said; `None` if this came out of the session cache.
    pub(super) loaded: Option<Session>,
}

impl<F: Flow> Snapshot<F> {
    /// What the store said.
    pub(super) fn loaded(user: &UserId, loaded: Loaded) -> Result<Self, Error> {
        let entered_by = match &loaded.session {
            Session::Live(record) => Some(record.entered_by),
            _ => None,
        };
        Ok(Self {
            user: user_of(user, &loaded.session)?,
            precondition: loaded.precondition,
            entered_by,
            loaded: Some(loaded.session),
        })
    }
}

impl<F: Flow> Clone for Snapshot<F> {
    fn clone(&self) -> Self {
        Self {
            user: self.user.clone(),
            precondition: self.precondition.clone(),
            entered_by: self.entered_by,
            loaded: self.loaded.clone(),
        }
    }
}

/// The user of this session.
pub(super) fn user_of<F: Flow>(user: &UserId, session: &Session) -> Result<CachedUser<F>, Error> {
    let newer = |found| {
        Err(Error::NewerFormat {
            found,
            known: F::DATA_FORMAT,
        })
    };
    let fresh = || CachedUserState::new(F::Data::default());
    let (status, state) = match session {
        Session::New => (SessionStatus::New, fresh()),
        // The data is gone; the tombstone says where the session was.
        Session::Expired(tombstone) => (SessionStatus::expired(tombstone), fresh()),
        Session::Newer { found, known } => {
            return Err(Error::NewerFormat {
                found: *found,
                known: *known,
            });
        }
        Session::Live(record) => match decode::<F>(record) {
            Ok(state) => (SessionStatus::Active, state),
            Err(DecodeError::Corrupt { why, data }) => recover(user, why, data),
            Err(DecodeError::NewerFormat { found }) => return newer(found),
        },
        // What a store cannot read as a session may still hold data that can be read.
        Session::Corrupt { why, data, .. } => {
            let decoded = data
                .as_ref()
                .map(|(format, text)| decode_data::<F>(*format, text));
            match decoded {
                Some(Err(DecodeError::NewerFormat { found })) => return newer(found),
                decoded => recover(user, *why, decoded.and_then(Result::ok)),
            }
        }
    };
    Ok(CachedUser {
        id: user.clone(),
        status,
        version: session.version(),
        state,
    })
}

/// The start stage, with the data if it could be read. Logs why, never what was read.
fn recover<F: Flow>(
    user: &UserId,
    why: Corruption,
    data: Option<F::Data>,
) -> (SessionStatus<F>, CachedUserState<F>) {
    tracing::warn!(?user, %why, data_kept = data.is_some(), "Recovering session");
    (
        SessionStatus::Recovered { why },
        CachedUserState::new(data.unwrap_or_default()),
    )
}

/// Warns if the store now has an older version than the one a turn was decided on, or another one
/// of that number, or none: it lost commits, or the user was deleted.
pub(super) fn warn_if_it_went_back<F: Flow>(decided_on: &CachedUser<F>, found: &Session) {
    let Some(known) = decided_on.version else {
        return;
    };
    let to = match (found, found.version()) {
        (Session::New, _) => 0,
        // The tag differs if another branch of history has reached the same revision.
        (_, Some(version)) if version.revision <= known.revision && version != known => {
            version.revision
        }
        _ => return,
    };
    tracing::warn!(
        user = ?decided_on.id,
        from = known.revision,
        to,
        "Session went back: the store lost commits, or the user was deleted"
    );
}
