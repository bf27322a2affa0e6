//! What the manager knows of a turn that its closure must not touch.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Span, field};

use super::snapshot::{self, Snapshot};
use crate::error::Error;
use crate::flow::{Flow, Stage};
use crate::id::{CommitId, UserId};
use crate::session::{CachedUser, Record, SessionStatus, Version};
use crate::store::{Precondition, Session, SessionWrite};
use crate::turn::Turn;

/// One decision on its way to the store. A message takes a further attempt after each conflict.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) user: UserId,
    pub(super) commit_id: CommitId,
    pub(super) precondition: Precondition,
    /// What the store said; `None` if the snapshot came out of the session cache.
    pub(super) loaded: Option<Session>,
    /// Whether the commit removes the token: that of a session that could not be read may be
    /// another person's.
    pub(super) drop_token: bool,
    /// The commit that took the session to its stage.
    entered_by: Option<CommitId>,
    /// The version that only the turn of this attempt makes.
    version: Version,
}

impl Attempt {
    /// The attempt and its turn, on this snapshot.
    pub(super) fn begin<F: Flow>(snapshot: Snapshot<F>, commit_id: CommitId) -> (Self, Turn<F>) {
        let user = snapshot.user.id().clone();
        let turn = Turn::new(snapshot.user, commit_id);
        let attempt = Self {
            user,
            commit_id,
            precondition: snapshot.precondition,
            loaded: snapshot.loaded,
            drop_token: matches!(turn.status(), SessionStatus::Recovered { .. }),
            entered_by: snapshot.entered_by,
            version: turn.next_version(),
        };
        (attempt, turn)
    }

    /// Whether the decision was made on what this process committed last, not on what the store
    /// said.
    pub(super) fn is_cached(&self) -> bool {
        self.loaded.is_none()
    }

    /// The user as the store knows them, without what the closure did.
    pub(super) fn user_as_loaded<F: Flow>(&self) -> Result<CachedUser<F>, Error> {
        snapshot::user_of(&self.user, self.loaded.as_ref().unwrap_or(&Session::New))
    }

    /// What a store is to keep of this turn.
    ///
    /// # Errors
    /// Those of [`Turn::encode_record`]. [`Error::Host`] if the closure exchanged the turn for
    /// another one, for that one may belong to another user or to an older session.
    pub(super) fn record<F: Flow>(
        &self,
        turn: &mut Turn<F>,
        write: SessionWrite,
    ) -> Result<Arc<Record>, Error> {
        // Two turns of one message have the same commit id: only the version tells them apart.
        if turn.next_version() != self.version {
            return Err(Error::host(
                "the closure exchanged its turn for another one; change the turn that it was given",
            ));
        }
        match (write, &self.loaded) {
            // The session is over: what the turn began with is not it.
            (SessionWrite::Tombstone, Some(Session::Expired(tombstone))) => Ok(Arc::new(Record {
                flow: tombstone.flow.clone(),
                version: self.version,
                entered_by: tombstone.entered_by,
                format: F::DATA_FORMAT,
                stage: tombstone.stage.clone(),
                option: tombstone.option.clone(),
                direction: turn.direction(),
                menu: None,
                pending_call: turn.pending(),
                data: "".into(),
            })),
            _ => turn.encode_record(self.entered_by).map(Arc::new),
        }
    }
}

/// What a message has cost so far.
#[derive(Debug)]
pub(super) struct Effort {
    pub(super) attempts: u32,
    pub(super) round_trips: u32,
    started: Instant,
}

impl Effort {
    pub(super) fn new() -> Self {
        Self {
            attempts: 0,
            round_trips: 0,
            started: Instant::now(),
        }
    }

    /// Waits a little before the next attempt, or says that the deadline is over.
    ///
    /// The wait is random and grows, so that the same two workers do not meet again. It does not
    /// wait before the second attempt, because a conflict brings the newest session with it.
    pub(super) async fn back_off(&self, deadline: Instant) -> Result<(), Error> {
        // 0, 2, 6, 14, 30 and then 62 ms.
        let longest = Duration::from_millis(1 << self.attempts.min(6)) - Duration::from_millis(2);
        if !longest.is_zero() {
            let until = Instant::now() + longest.mul_f64(rand::random());
            tokio::time::sleep_until(until.min(deadline)).await;
        }
        if Instant::now() < deadline {
            Ok(())
        } else {
            Err(self.contended())
        }
    }

    pub(super) fn contended(&self) -> Error {
        Error::Contended {
            attempts: self.attempts,
            waited: self.started.elapsed(),
        }
    }

    /// Writes the counts and, for an error, the outcome into the turn's span.
    pub(super) fn finish<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        let span = Span::current();
        span.record("attempts", self.attempts);
        span.record("round_trips", self.round_trips);
        if let Err(error) = &result {
            span.record("outcome", outcome_of(error));
        }
        result
    }
}

fn outcome_of(error: &Error) -> &'static str {
    match error {
        Error::Contended { .. } => "contended",
        Error::Conflict => "conflict",
        _ => "error",
    }
}

/// The span of a turn, with fields for what is known at its end.
///
/// A commit id is a hash without a secret, so its `Debug` form is logged, which tells messages
/// apart in this process and nothing else. The version is random, and the same in all processes.
pub(super) fn span(user: &UserId, commit_id: &CommitId) -> Span {
    tracing::info_span!(
        "turn",
        ?user,
        ?commit_id,
        status = field::Empty,
        stage_from = field::Empty,
        stage_to = field::Empty,
        version = field::Empty,
        outcome = field::Empty,
        cache = field::Empty,
        attempts = field::Empty,
        round_trips = field::Empty,
        update_from = field::Empty,
    )
}

/// Writes what was decided into the turn's span. Called once a message, because a span keeps every
/// value that it is given.
pub(super) fn record_decision<F: Flow>(turn: &Turn<F>, version: Version) {
    let span = Span::current();
    span.record("status", turn.status().name());
    span.record("stage_from", turn.stage_found().name());
    span.record("stage_to", turn.stage().name());
    span.record("update_from", turn.log_label());
    record_version(version);
}

/// Writes the version that the message made: at a duplicate, when it took effect.
pub(super) fn record_version(version: Version) {
    Span::current().record("version", field::display(version));
}

pub(super) fn record_outcome(outcome: &'static str) {
    Span::current().record("outcome", outcome);
}
