//! The path of one message: wait for the user's turn, load, decide, commit, and decide again where someone was faster.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};

use super::StateManager;
use super::ground::{self, Ground};
use crate::flow::{Flow, Stage};
use crate::store::{Basis, Commit, CommitOutcome, Done, Loaded};
use crate::{
    CachedUser, CommitId, Error, Handled, MessageId, Opening, Record, Reply, Turn, UserId,
};

impl<F: Flow> StateManager<F> {
    /// Handles one message: decides on the newest session, commits the decision, and only then returns.
    ///
    /// Turns of one user run one after the other in this process; where another process was faster, the closure runs again
    /// on what that one committed. It runs first on what this process committed last, if it remembers that, and the store
    /// refuses what was decided on a stale session. So the closure is sync, does no I/O, and may run more than once: what
    /// it is to leave behind, it leaves in the turn.
    ///
    /// A message that has taken effect before gets the reply remembered then; a decision made on it again is dropped.
    ///
    /// Every committed turn slides the session's expiry, also one that changed nothing.
    ///
    /// # Errors
    /// * what the closure returned; the session is as it was, and so it is after a panic in the closure
    /// * [`Error::Contended`] where others kept the session changing until the deadline
    /// * [`Error::Stale`] for a message [sent](MessageId::sent_at) before the store's memory begins
    /// * [`Error::Fenced`] where [`resolve`](Self::resolve) has given this message up
    /// * [`Error::State`], [`Error::Name`], [`Error::Replaced`] where the decision is not fit to be stored
    /// * [`Error::NewerFormat`] for a session of a later release
    /// * [`Error::Store`] where the store did not do it; if that is
    ///   [`StoreError::Unknown`](crate::StoreError::Unknown), ask [`resolve`](Self::resolve)
    pub async fn turn<T: Send>(
        &self,
        user: &UserId,
        message: &MessageId,
        decide: impl Fn(&mut Turn<F>) -> Result<T, Error> + Send,
    ) -> Result<Handled<F, T>, Error> {
        self.refuse_stale(message)?;
        self.queued(user, CommitId::of(user, message), decide).await
    }

    /// A turn without a message behind it.
    pub(super) async fn change(
        &self,
        user: &UserId,
        decide: impl Fn(&mut Turn<F>) -> Result<(), Error> + Send,
    ) -> Result<CachedUser<F>, Error> {
        match self.queued(user, CommitId::random(), decide).await? {
            Handled::Committed { user, .. } | Handled::Duplicate { user, .. } => Ok(user),
        }
    }

    async fn queued<T: Send>(
        &self,
        user: &UserId,
        commit_id: CommitId,
        decide: impl Fn(&mut Turn<F>) -> Result<T, Error> + Send,
    ) -> Result<Handled<F, T>, Error> {
        let mut effort = Effort::new();
        async {
            let deadline = self.deadline();
            let handled = match timeout_at(deadline, self.inner.queues.enter(user)).await {
                Ok(_turn) => {
                    self.until_committed(user, commit_id, &mut effort, deadline, decide)
                        .await
                }
                Err(_) => Err(effort.contended()),
            };
            effort.record();
            handled.inspect_err(failed)
        }
        .instrument(turn_span(user, &commit_id))
        .await
    }

    async fn until_committed<T: Send>(
        &self,
        user: &UserId,
        commit_id: CommitId,
        effort: &mut Effort,
        deadline: Instant,
        decide: impl Fn(&mut Turn<F>) -> Result<T, Error> + Send,
    ) -> Result<Handled<F, T>, Error> {
        let mut ground = self.inner.guesses.ground(user, &commit_id);
        loop {
            let (guessed, (mut turn, basis)) = match ground.take() {
                Some(ground) => (ground.guessed, ground.turn(commit_id)),
                None => {
                    effort.round_trips += 1;
                    let mut loaded = self
                        .inner
                        .store
                        .load(user, Some(&commit_id), deadline)
                        .await?;
                    match loaded.done.take() {
                        Some(Done::Applied { reply, .. }) => {
                            return duplicate(user, &loaded, reply);
                        }
                        Some(Done::Fenced) => return Err(Error::Fenced { commit_id }),
                        None => (false, Ground::found(user, loaded)?.turn(commit_id)),
                    }
                }
            };
            effort.attempts += 1;
            let decided =
                decide(&mut turn).and_then(|output| Ok((output, turn.to_record(commit_id)?)));
            let (output, record) = match decided {
                Ok(decided) => decided,
                // An error that a guess led to is no answer: ask the store, and decide again.
                Err(_) if guessed => {
                    self.inner.guesses.stale();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let committed = self.commit(turn, record, &basis, effort, deadline).await?;
            if guessed {
                match committed {
                    Committed::Applied(_) => self.inner.guesses.hit(),
                    Committed::Duplicate { .. } | Committed::Conflict(_) => {
                        self.inner.guesses.stale()
                    }
                }
            }
            match committed {
                Committed::Applied(user) => return Ok(Handled::Committed { user, output }),
                Committed::Duplicate { current, reply } => return duplicate(user, &current, reply),
                Committed::Conflict(newest) => ground = Some(Ground::found(user, newest)?),
            }
            if !effort.pause(deadline).await {
                return Err(effort.contended());
            }
        }
    }

    /// Hands a decided turn to the store.
    pub(super) async fn commit(
        &self,
        turn: Turn<F>,
        record: Record,
        basis: &Basis,
        effort: &mut Effort,
        deadline: Instant,
    ) -> Result<Committed<F>, Error> {
        effort.round_trips += 1;
        let (record, commit_id) = (Arc::new(record), turn.commit_id());
        let commit = Commit {
            id: &commit_id,
            basis,
            record: &record,
            reply: turn.reply(),
            drop_token: matches!(turn.opening(), Opening::Recovered { .. }),
            ttl: self.inner.ttl,
            lifetime: self.inner.lifetime,
            deadline,
        };
        let done = self.inner.store.commit(turn.user_id(), commit).await;
        if !matches!(done, Ok(CommitOutcome::Applied(_))) {
            self.inner.guesses.drop(turn.user_id());
        }
        // Once a turn, for a span keeps every value that it is given: after a conflict comes another attempt.
        if !matches!(done, Ok(CommitOutcome::Conflict(_))) {
            record_turn(&turn, &record);
        }
        match done? {
            CommitOutcome::Applied(basis) => {
                outcome("committed");
                let user = turn.into_committed(&record);
                self.inner
                    .guesses
                    .keep(&user, record.commit_id, commit_id, basis);
                Ok(Committed::Applied(user))
            }
            CommitOutcome::Duplicate { reply, current, .. } => {
                Ok(Committed::Duplicate { current, reply })
            }
            CommitOutcome::Conflict(newest) => {
                ground::warn_if_it_went_back(turn.user(), &newest.session);
                tracing::debug!("Deciding again on the session as it is");
                Ok(Committed::Conflict(newest))
            }
            CommitOutcome::Fenced => Err(Error::Fenced { commit_id }),
        }
    }

    /// Refuses a message that may have been handled before the store's memory begins.
    pub(super) fn refuse_stale(&self, message: &MessageId) -> Result<(), Error> {
        // Clocks differ, and a message travels: a tenth of the retention, five minutes at most, is left unused.
        let retention = self.inner.store.retention();
        let window = retention - (retention / 10).min(Duration::from_secs(300));
        match message
            .sent()
            .and_then(|sent| SystemTime::now().duration_since(sent).ok())
        {
            Some(age) if age > window => Err(Error::Stale { age, retention }),
            _ => Ok(()),
        }
    }
}

/// What became of one attempt.
pub(super) enum Committed<F: Flow> {
    Applied(CachedUser<F>),
    Duplicate {
        current: Loaded,
        reply: Option<Box<[u8]>>,
    },
    Conflict(Loaded),
}

pub(super) fn duplicate<F: Flow, T>(
    user: &UserId,
    current: &Loaded,
    reply: Option<Box<[u8]>>,
) -> Result<Handled<F, T>, Error> {
    outcome("duplicate");
    tracing::info!("Answering a duplicate");
    Ok(Handled::Duplicate {
        user: ground::open(user, &current.session)?,
        reply: reply.map(Reply::new),
    })
}

/// What a turn has cost so far.
pub(super) struct Effort {
    attempts: u32,
    round_trips: u32,
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

    /// Waits a little, longer each time and never twice the same, so that the same two do not meet again. The first time
    /// not at all: a refusal brings the newest session with it. `false` where the deadline is over.
    async fn pause(&self, deadline: Instant) -> bool {
        let most = Duration::from_millis(1 << self.attempts.min(6)) - Duration::from_millis(2);
        if !most.is_zero() {
            tokio::time::sleep_until(deadline.min(Instant::now() + most.mul_f64(rand::random())))
                .await;
        }
        Instant::now() < deadline
    }

    fn contended(&self) -> Error {
        Error::Contended {
            attempts: self.attempts,
            waited: self.started.elapsed(),
        }
    }

    pub(super) fn record(&self) {
        let span = Span::current();
        span.record("attempts", self.attempts);
        span.record("round_trips", self.round_trips);
    }
}

fn record_turn<F: Flow>(turn: &Turn<F>, record: &Record) {
    let span = Span::current();
    span.record("opening", turn.opening().name());
    span.record("stage_from", turn.stage_found().name());
    span.record("stage_to", turn.stage().name());
    span.record("update_from", turn.label());
    span.record("version", field::display(record.version));
}

fn outcome(outcome: &'static str) {
    Span::current().record("outcome", outcome);
}

pub(super) fn failed(error: &Error) {
    outcome(match error {
        Error::Contended { .. } => "contended",
        Error::Conflict => "conflict",
        _ => "error",
    });
}

pub(super) fn turn_span(user: &UserId, commit_id: &CommitId) -> Span {
    tracing::info_span!(
        "turn",
        ?user,
        %commit_id,
        opening = field::Empty,
        stage_from = field::Empty,
        stage_to = field::Empty,
        version = field::Empty,
        outcome = field::Empty,
        guess = field::Empty,
        attempts = field::Empty,
        round_trips = field::Empty,
        update_from = field::Empty,
    )
}
