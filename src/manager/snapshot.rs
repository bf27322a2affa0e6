//! The session that a turn starts from.

use crate::error::{Error, StoreError};
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::{
    CachedUser, CachedUserState, Corruption, DecodeError, PendingCall, SessionStatus, decode,
    decode_data,
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

    /// Warns if this is an older session than the one a turn was decided on, or another one of that
    /// revision, or none: the store lost commits, or the user was deleted.
    pub(super) fn warn_if_it_went_back(&self, decided_on: &CachedUser<F>) {
        let Some(known) = decided_on.version else {
            return;
        };
        let to = match (&self.loaded, self.user.version) {
            (Some(Session::New), _) => 0,
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

/// Refuses the session of another flow: whose it is, only that flow can tell.
pub(super) fn check_flow<F: Flow>(session: &Session) -> Result<(), StoreError> {
    match session.flow() {
        Some(found) if found != F::NAME => Err(StoreError::misconfigured(format!(
            "the session belongs to the flow `{found}`, and this bot is the flow `{}`; \
             give each bot a namespace of its own",
            F::NAME
        ))),
        _ => Ok(()),
    }
}

/// The user of this session.
///
/// # Errors
/// [`Error::NewerFormat`] and [`StoreError::Misconfigured`] if it must be left alone: a later
/// release has written it, or another flow.
pub(super) fn user_of<F: Flow>(user: &UserId, session: &Session) -> Result<CachedUser<F>, Error> {
    check_flow::<F>(session)?;
    let newer = |found| {
        Err(Error::NewerFormat {
            found,
            known: F::DATA_FORMAT,
        })
    };
    let fresh = || CachedUserState::new(F::Data::default());
    let mut pending_call = None;
    let (status, state) = match session {
        Session::New => (SessionStatus::New, fresh()),
        // The data is gone; the tombstone says where the session was.
        Session::Expired(tombstone) => {
            // Whichever session begins next has not announced it.
            pending_call = tombstone.pending_call.map(|call| PendingCall {
                inherited: true,
                ..call
            });
            (SessionStatus::expired(tombstone), fresh())
        }
        Session::Newer { found, known } => {
            return Err(Error::NewerFormat {
                found: *found,
                known: *known,
            });
        }
        Session::Live(record) => match decode::<F>(record) {
            Ok(state) => {
                pending_call = record.pending_call;
                (SessionStatus::Active, state)
            }
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
        pending_call,
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
