//! The two calls of a turn to the store: a load, if the session is not cached, and the commit.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::StateManager;
use super::attempt::{self, Attempt, Effort};
use super::snapshot::{self, Snapshot};
use crate::error::{Error, StoreError};
use crate::flow::Flow;
use crate::id::{self, CommitId, MessageId, UserId};
use crate::session::{CachedUser, Record};
use crate::store::{
    CommitOutcome, CommitRequest, CommitStatus, LaneState, Loaded, OutboxChanges, OutboxCommit,
    OutboxRefusal, OutboxStore, SessionWrite,
};
use crate::turn::{StoredReply, Turn};

impl<F: Flow> StateManager<F> {
    /// Loads the session for a message, unless the message has taken effect before.
    pub(super) async fn load_for(
        &self,
        user: &UserId,
        commit_id: CommitId,
        effort: &mut Effort,
        deadline: Instant,
    ) -> Result<Found<F>, Error> {
        effort.round_trips += 1;
        let store = &self.inner.store;
        let mut loaded = store.load(user, Some(&commit_id), deadline).await?;
        match loaded.commit_status.take() {
            Some(CommitStatus::Applied { version, reply }) => {
                attempt::record_version(version);
                let (user, reply) = duplicate(user, &loaded, reply)?;
                Ok(Found::Duplicate(user, reply))
            }
            Some(CommitStatus::Fenced) => Err(Error::Fenced { commit_id }),
            None => Ok(Found::Session(Snapshot::loaded(user, loaded)?)),
        }
    }

    /// Hands a decided turn to the store, together with what it changes in the outbox, if it does.
    pub(super) async fn commit(
        &self,
        attempt: &Attempt,
        turn: Turn<F>,
        record: Arc<Record>,
        changes: Option<OutboxChanges<'_>>,
        effort: &mut Effort,
        deadline: Instant,
    ) -> Result<Committed<F>, Error> {
        effort.round_trips += 1;
        let request = CommitRequest {
            id: &attempt.commit_id,
            precondition: &attempt.precondition,
            record: &record,
            reply: turn.reply(),
            drop_token: attempt.drop_token,
            ttl: self.inner.ttl,
            max_lifetime: self.inner.max_lifetime,
            deadline,
        };
        let user = &attempt.user;
        let store = &self.inner.store;
        let result = match changes {
            None => store
                .commit(user, request)
                .await
                .map(|outcome| (outcome, Lanes::EMPTY)),
            Some(changes) => match self.outbox()?.commit_with(user, request, changes).await {
                Ok(OutboxCommit::Answered {
                    outcome,
                    replies,
                    call,
                }) => Ok((outcome, Lanes { replies, call })),
                Ok(OutboxCommit::Refused(why)) => return Ok(Committed::Refused(why)),
                Err(error) => Err(error),
            },
        };
        let is_session = changes.is_none_or(|changes| {
            matches!(
                changes.session,
                SessionWrite::Prolong | SessionWrite::KeepExpiry
            )
        });
        // Also after an error: the commit may have been applied.
        if !is_session || !matches!(result, Ok((CommitOutcome::Applied(_), _))) {
            self.inner.session_cache.remove(user);
        }
        // Once a message, because a span keeps every value: after a conflict comes another attempt.
        match &result {
            Ok((CommitOutcome::Conflict(_), _)) => {}
            Ok((CommitOutcome::Duplicate { version, .. }, _)) => {
                attempt::record_decision(&turn, *version);
            }
            _ => attempt::record_decision(&turn, record.version),
        }
        let (outcome, lanes) = result?;
        match outcome {
            CommitOutcome::Applied(precondition) => {
                attempt::record_outcome("committed");
                let data_memory = turn.data_memory();
                let user = turn.into_committed(&record);
                if is_session {
                    self.inner.session_cache.insert(
                        &user,
                        record.entered_by,
                        attempt.commit_id,
                        precondition,
                        data_memory,
                    );
                }
                Ok(Committed::Applied(user, lanes))
            }
            CommitOutcome::Duplicate { reply, current, .. } => {
                let (user, reply) = duplicate(user, &current, reply)?;
                Ok(Committed::Duplicate(user, reply, lanes))
            }
            CommitOutcome::Conflict(newest) => {
                // First: of a session that is left alone, nothing more is said.
                let newest = Snapshot::loaded(user, newest)?;
                newest.warn_if_it_went_back(turn.user());
                tracing::debug!("Deciding again on the session as it is");
                Ok(Committed::Conflict(newest))
            }
            CommitOutcome::Fenced => Err(Error::Fenced {
                commit_id: attempt.commit_id,
            }),
        }
    }

    /// The outbox calls of the store.
    pub(crate) fn outbox(&self) -> Result<&dyn OutboxStore, StoreError> {
        self.inner
            .store
            .outbox()
            .ok_or_else(|| StoreError::misconfigured("this store keeps no outboxes"))
    }

    /// How long ago a message was sent; zero if it does not say. Refuses one that may have been
    /// handled before the store's memory begins, and one whose time cannot be right.
    pub(crate) fn age_of(&self, message: &MessageId) -> Result<Duration, Error> {
        let Some(sent) = message.sent() else {
            return Ok(Duration::ZERO);
        };
        // Clocks differ and a message travels, so a tenth of the retention, five minutes at most,
        // is left unused.
        let retention = self.inner.store.retention();
        let window = retention - (retention / 10).min(Duration::from_secs(300));
        // What is further ahead would be accepted long after the store has forgotten it.
        let tolerance = (retention / 10).min(Duration::from_secs(3600));
        let age = id::age(sent, SystemTime::now(), tolerance)?;
        if age > window {
            return Err(Error::Stale { age, retention });
        }
        Ok(age)
    }
}

/// What a load for a message found.
pub(super) enum Found<F: Flow> {
    Session(Snapshot<F>),
    Duplicate(CachedUser<F>, Option<StoredReply>),
}

/// What became of one attempt.
#[allow(clippy::large_enum_variant)] // matched where it is returned, so a box would only cost
pub(super) enum Committed<F: Flow> {
    Applied(CachedUser<F>, Lanes),
    Duplicate(CachedUser<F>, Option<StoredReply>, Lanes),
    Conflict(Snapshot<F>),
    Refused(OutboxRefusal),
}

/// The outbox as a commit leaves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes {
    pub(crate) replies: LaneState,
    pub(crate) call: LaneState,
}

impl Lanes {
    pub(super) const EMPTY: Self = Self {
        replies: LaneState::Empty,
        call: LaneState::Empty,
    };
}

fn duplicate<F: Flow>(
    user: &UserId,
    current: &Loaded,
    reply: Option<Box<[u8]>>,
) -> Result<(CachedUser<F>, Option<StoredReply>), Error> {
    attempt::record_outcome("duplicate");
    tracing::info!("Answering a duplicate");
    let user = snapshot::user_of(user, &current.session)?;
    Ok((user, reply.map(StoredReply::new)))
}
