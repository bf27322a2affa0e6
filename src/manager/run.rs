//! The path of one message: wait in the user's queue, take a snapshot, decide, commit, and decide
//! again after a conflict.

use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::StateManager;
use super::attempt::{self, Attempt, Effort};
use super::commit::{Committed, Found, Lanes};
use crate::error::Error;
use crate::flow::Flow;
use crate::id::{CommitId, UserId};
use crate::session::CachedUser;
use crate::store::{OutboxChanges, OutboxRefusal, SessionWrite};
use crate::turn::{Handled, Step, StoredReply, Turn};

/// How many facts a decision may ask for. A decision that asks for more is taken for one that never
/// ends.
const MAX_FACTS: usize = 32;

/// What an output changes in the outbox.
pub(crate) type Changes<T> = fn(&T) -> OutboxChanges<'_>;

/// One message, and how it is decided.
struct Message<'a, T, D, U> {
    user: &'a UserId,
    commit_id: CommitId,
    decide: D,
    look_up: Option<U>,
    changes: Option<Changes<T>>,
}

/// What became of a message, and the outbox as it left or found it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // matched where it is returned, so a box would only cost
pub(crate) enum Ran<F: Flow, T> {
    Committed {
        user: CachedUser<F>,
        output: T,
        lanes: Lanes,
    },
    Stopped {
        user: CachedUser<F>,
        output: T,
    },
    Duplicate {
        user: CachedUser<F>,
        reply: Option<StoredReply>,
        /// `None` if a load has found it, which does not look at the outbox.
        lanes: Option<Lanes>,
    },
    Refused(OutboxRefusal),
}

impl<F: Flow, T> Ran<F, T> {
    pub(super) fn into_handled(self) -> Result<Handled<F, T>, Error> {
        match self {
            Self::Committed { user, output, .. } => Ok(Handled::Committed { user, output }),
            Self::Stopped { user, output } => Ok(Handled::Stopped { user, output }),
            Self::Duplicate { user, reply, .. } => Ok(Handled::Duplicate { user, reply }),
            // Only a commit with changes to the outbox is refused.
            Self::Refused(_) => Err(Error::Conflict),
        }
    }
}

impl<F: Flow> StateManager<F> {
    /// A turn under this commit id, in the user's queue. `changes` says what an output changes in
    /// the outbox.
    pub(crate) async fn run<T, Q, A, L>(
        &self,
        user: &UserId,
        commit_id: CommitId,
        decide: impl Fn(&mut Turn<F>, &[A]) -> Result<Step<T, Q>, Error> + Send,
        look_up: Option<impl Fn(Q) -> L + Send>,
        changes: Option<Changes<T>>,
    ) -> Result<Ran<F, T>, Error>
    where
        T: Send,
        Q: Send,
        A: Send + Sync,
        L: Future<Output = A> + Send,
    {
        async {
            let deadline = self.deadline();
            let mut effort = Effort::new();
            let ran = match timeout_at(deadline, self.inner.queues.enter(user)).await {
                Ok(_queue_position) => {
                    let message = Message {
                        user,
                        commit_id,
                        decide,
                        look_up,
                        changes,
                    };
                    self.until_committed(message, &mut effort, deadline).await
                }
                Err(_) => Err(effort.contended()),
            };
            effort.finish(ran)
        }
        .instrument(attempt::span(user, &commit_id))
        .await
    }

    async fn until_committed<T, Q, A, D, U, L>(
        &self,
        message: Message<'_, T, D, U>,
        effort: &mut Effort,
        mut deadline: Instant,
    ) -> Result<Ran<F, T>, Error>
    where
        D: Fn(&mut Turn<F>, &[A]) -> Result<Step<T, Q>, Error> + Send,
        U: Fn(Q) -> L + Send,
        T: Send,
        Q: Send,
        A: Send + Sync,
        L: Future<Output = A> + Send,
    {
        let Message {
            user,
            commit_id,
            decide,
            look_up,
            changes,
        } = message;
        let cache = &self.inner.session_cache;
        let mut next = cache.take(user, &commit_id);
        let mut facts = Vec::new();
        let mut facts_of = None;
        loop {
            let snapshot = match next.take() {
                Some(snapshot) => snapshot,
                None => match self.load_for(user, commit_id, effort, deadline).await? {
                    Found::Session(snapshot) => snapshot,
                    Found::Duplicate(user, reply) => {
                        return Ok(Ran::Duplicate {
                            user,
                            reply,
                            lanes: None,
                        });
                    }
                },
            };
            effort.attempts += 1;
            // Only a decision that may ask is made again on the same snapshot.
            let again = look_up.as_ref().map(|_| snapshot.clone());
            // From here on the closure has the turn, and the attempt has what it must not touch.
            let (mut attempt, mut turn) = Attempt::begin(snapshot, commit_id);
            // A load that confirms the cached session confirms its facts too.
            if facts_of.as_ref() != Some(&attempt.precondition) {
                facts.clear();
                facts_of = Some(attempt.precondition.clone());
            }
            let decided = loop {
                let question = match decide(&mut turn, &facts) {
                    Ok(Step::Commit(output)) => {
                        let write = changes
                            .map_or(SessionWrite::Prolong, |changes| changes(&output).session);
                        // Without a precondition, the store would not notice that it is stale.
                        if write == SessionWrite::Nothing && attempt.is_cached() {
                            break Ok((output, None));
                        }
                        break attempt
                            .record(&mut turn, write)
                            .map(|record| (output, Some(record)));
                    }
                    Ok(Step::Stop(output)) => break Ok((output, None)),
                    Ok(Step::Ask(question)) => question,
                    Err(error) => break Err(error),
                };
                let (Some(look_up), Some(again)) = (&look_up, &again) else {
                    break Err(Error::host("this turn has no look-up"));
                };
                if facts.len() == MAX_FACTS {
                    break Err(Error::host(format!(
                        "the closure asked for more than {MAX_FACTS} facts"
                    )));
                }
                let asked_at = Instant::now();
                // In two steps: the borrow of the closure must not live across the await.
                let fact = look_up(question);
                facts.push(fact.await);
                // The look-up has a timeout of its own.
                deadline += asked_at.elapsed();
                (attempt, turn) = Attempt::begin(again.clone(), commit_id);
            };
            let (output, record) = match decided {
                Ok((output, Some(record))) => (output, record),
                // What a cached session led to, other than a commit that the store can refuse, is
                // no answer: load, and decide again.
                Ok((_, None)) | Err(_) if attempt.is_cached() => {
                    cache.stale();
                    continue;
                }
                Ok((output, None)) => {
                    attempt::record_outcome("stopped");
                    let user = attempt.user_as_loaded()?;
                    return Ok(Ran::Stopped { user, output });
                }
                Err(error) => return Err(error),
            };
            let committed = self
                .commit(
                    &attempt,
                    turn,
                    record,
                    changes.map(|changes| changes(&output)),
                    effort,
                    deadline,
                )
                .await?;
            if attempt.is_cached() {
                match committed {
                    Committed::Applied(..) => cache.hit(),
                    Committed::Duplicate(..) | Committed::Conflict(_) | Committed::Refused(_) => {
                        cache.stale();
                    }
                }
            }
            match committed {
                Committed::Applied(user, lanes) => {
                    return Ok(Ran::Committed {
                        user,
                        output,
                        lanes,
                    });
                }
                Committed::Duplicate(user, reply, lanes) => {
                    return Ok(Ran::Duplicate {
                        user,
                        reply,
                        lanes: Some(lanes),
                    });
                }
                Committed::Refused(why) => return Ok(Ran::Refused(why)),
                Committed::Conflict(newest) => next = Some(newest),
            }
            effort.back_off(deadline).await?;
        }
    }
}
