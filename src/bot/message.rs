//! The path of one message: decide, commit, and hand what is to be done to workers.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::Arc;

use tokio::time::Instant;

use super::Bot;
use super::conversation::Conversation;
use super::decision::{Decision, Mode};
use super::host::{Inbound, Worker};
use super::plan::{CallBody, Plan};
use super::report::Report;
use crate::error::{Error, Redelivery, StoreError};
use crate::id::{CommitId, UserId};
use crate::manager::{Lanes, Ran};
use crate::store::{LaneState, OutboxRefusal, SessionWrite, StoredCall};
use crate::turn::{QuestionCounts, StoredReply};

/// The longest destination of a reply, in bytes.
const MAX_DESTINATION: usize = 256;

/// The look-up of a turn that needs no facts.
pub(super) type NoLookUp = fn(Infallible) -> Ready<Infallible>;

/// What became of a message that was handed to a [`Bot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// It took effect with this delivery.
    First,
    /// It had taken effect before; nothing was changed.
    Duplicate,
}

/// What became of a message, for those who work on.
pub(super) enum TurnEnd {
    Committed {
        /// A call that the caller has the lease for, and the worker for it.
        call: Option<(Arc<Worker>, StoredCall, Instant)>,
    },
    Duplicate {
        reply: Option<StoredReply>,
    },
}

impl<C: Conversation> Bot<C> {
    /// Handles one delivery of a message, and returns as soon as what it leads to is committed:
    /// answer the webhook then. The reply is sent by this process, or by another one if this one
    /// dies. Without a [channel](super::BotBuilder::channel) it waits for the user's next
    /// [`answer`](Self::answer).
    ///
    /// All of it runs in a task of its own: a caller that is dropped, because the channel has hung
    /// up, changes nothing.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// use vimbiso_state::bot::{Bot, Delivered, Inbound};
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("wamid.1")?;
    /// for expected in [Delivered::First, Delivered::Duplicate] {
    ///     let inbound = Inbound::new(user.clone(), message.clone(), "hi".to_owned());
    ///     assert_eq!(bot.handle(inbound).await?, expected); // answer 200 in both cases
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`StateManager::handle`](crate::StateManager::handle), unless
    /// [`Conversation::failed`] has an answer; [`Error::OutboxFull`] if too many replies wait for
    /// this user. [`Error::redeliver`] says what to answer the channel.
    pub async fn handle(&self, inbound: Inbound<C::Input>) -> Result<Delivered, Error> {
        let bot = self.clone();
        let user = inbound.user.clone();
        self.in_a_task(user.clone(), async move {
            match bot.turn(&inbound).await? {
                TurnEnd::Committed { call } => {
                    if let Some((worker, call, started)) = call {
                        bot.spawn_call(worker, user, Some((call, started)));
                    }
                    Ok(Delivered::First)
                }
                TurnEnd::Duplicate { .. } => Ok(Delivered::Duplicate),
            }
        })
        .await
    }

    /// Runs a turn to its end even if the caller is dropped, and makes an error of a panic.
    pub(super) async fn in_a_task<T: Send + 'static>(
        &self,
        user: UserId,
        turn: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        match tokio::spawn(turn).await {
            Ok(result) => result,
            Err(_) => {
                let what = "the decision on a message";
                self.inner.report(&Report::Panicked { user, what });
                Err(Error::host("the decision on this message panicked"))
            }
        }
    }

    pub(super) async fn turn(&self, inbound: &Inbound<C::Input>) -> Result<TurnEnd, Error> {
        let inner = &self.inner;
        let Inbound { user, message, .. } = inbound;
        // Before anything else: of an old message it is not known if it took effect.
        let sent_before = inner.manager.age_of(message)?;
        if inbound
            .to
            .as_ref()
            .is_some_and(|to| to.len() > MAX_DESTINATION)
        {
            return Err(Error::Setting {
                what: "destination of a reply",
                allowed: "at most 256 bytes",
            });
        }
        let commit_id = CommitId::of(user, message);
        let worker = inner.worker().map(Arc::new);
        let mut decision = Decision {
            inbound,
            sent_before,
            mode: Mode::Decide(QuestionCounts::Always),
            lease: worker.as_ref().map(|worker| worker.lease),
        };
        loop {
            // The lease runs from before the commit is sent, whenever the store grants it.
            let started = Instant::now();
            let ran = inner
                .manager
                .run(
                    user,
                    commit_id,
                    |turn, facts| self.decide(turn, facts, &decision),
                    Some(|query| inner.service.look_up(user, query)),
                    Some(Plan::changes),
                )
                .await;
            match ran {
                Ok(Ran::Committed {
                    user: now,
                    lanes,
                    output,
                }) => {
                    // The slot decides, and the session has a copy of the key.
                    if let Some(key) = now.pending_call()
                        && output.session == SessionWrite::Prolong
                        && lanes.call == LaneState::Empty
                    {
                        let bot = self.clone();
                        let user = user.clone();
                        tokio::spawn(async move { bot.forget_lost_call(&user, key).await });
                    }
                    let call = self.after_commit(user, commit_id, &output, lanes, worker, started);
                    return Ok(TurnEnd::Committed { call });
                }
                Ok(Ran::Duplicate { reply, lanes, .. }) => {
                    self.after_duplicate(user, lanes, worker);
                    return Ok(TurnEnd::Duplicate { reply });
                }
                Ok(Ran::Refused(OutboxRefusal::Full)) => return Err(Error::OutboxFull),
                // Nothing was written, so the message may be decided in another way.
                Ok(Ran::Refused(OutboxRefusal::Unsent)) => {
                    decision.mode = decision.mode.as_older(QuestionCounts::IfPressed)?;
                }
                Ok(Ran::Stopped { .. }) => {
                    decision.mode = decision.mode.as_older(QuestionCounts::Never)?;
                }
                Ok(Ran::Refused(OutboxRefusal::CallPending(pending))) => {
                    let body = serde_json::from_slice::<CallBody<C::Call>>(&pending.body)
                        .map_err(|_| self.unreadable(user))?;
                    decision.mode = Mode::Tell(C::still_pending(&body.call));
                }
                // A message concludes no call.
                Ok(Ran::Refused(OutboxRefusal::NoSuchCall | OutboxRefusal::NotHolder)) => {
                    return Err(Error::Conflict);
                }
                Err(error) => match (self.told(inbound, &error), &decision.mode) {
                    (Some(reply), Mode::Decide(_)) => decision.mode = Mode::Tell(reply),
                    _ => {
                        if let Error::Store(StoreError::Unknown { .. }) = error
                            && let Some(worker) = worker
                        {
                            // If it was applied, this process has the lease and does not know it.
                            self.spawn_lanes(worker, user.clone());
                        }
                        return Err(error);
                    }
                },
            }
        }
    }

    /// What the user reads instead of an error that another delivery would meet again.
    fn told(&self, inbound: &Inbound<C::Input>, error: &Error) -> Option<C::Reply> {
        (error.redeliver() == Redelivery::Answered)
            .then(|| C::failed(&inbound.input, error))
            .flatten()
    }

    pub(super) fn unreadable(&self, user: &UserId) -> Error {
        let user = user.clone();
        self.inner.report(&Report::Unreadable { user });
        Error::host("the pending call was written by another release, which must handle this")
    }

    /// Starts the work that this commit has the lease for. Returns its call, for the caller to
    /// make.
    fn after_commit(
        &self,
        user: &UserId,
        commit_id: CommitId,
        plan: &Plan,
        lanes: Lanes,
        worker: Option<Arc<Worker>>,
        started: Instant,
    ) -> Option<(Arc<Worker>, StoredCall, Instant)> {
        let worker = worker?;
        let first = plan.first_reply(commit_id);
        self.go_on_with_replies(Arc::clone(&worker), user, lanes.replies, first, started);
        match lanes.call {
            LaneState::Acquired => return plan.first_call().map(|call| (worker, call, started)),
            LaneState::Due => self.spawn_call(worker, user.clone(), None),
            LaneState::Empty | LaneState::Later | LaneState::Held => {}
        }
        None
    }

    /// Does what the worker has left that handled the message, if it has died.
    fn after_duplicate(&self, user: &UserId, lanes: Option<Lanes>, worker: Option<Arc<Worker>>) {
        let Some(worker) = worker else {
            return;
        };
        let is_due = |state: fn(&Lanes) -> LaneState| {
            lanes
                .as_ref()
                .is_none_or(|lanes| state(lanes) == LaneState::Due)
        };
        if is_due(|lanes| lanes.replies) || is_due(|lanes| lanes.call) {
            self.spawn_lanes(worker, user.clone());
        }
    }
}
