//! The conclusion of a call: its outcome is recorded and told, also if the session is over.

use std::sync::Arc;

use tokio::time::{Instant, sleep};

use super::Bot;
use super::catch::catch;
use super::conversation::Conversation;
use super::host::Worker;
use super::message::NoLookUp;
use super::outcome::Outcome;
use super::plan::{CallBody, Plan};
use super::remembered;
use super::report::Report;
use super::retry;
use super::wake_up::is_of_the_conversation;
use crate::error::{Error, Redelivery, StoreError};
use crate::id::{CallKey, CommitId, OwnCommit, UserId};
use crate::manager::Ran;
use crate::session::SessionStatus;
use crate::store::{Delivery, LaneState, OutboxRefusal, SessionWrite, WakeUp};
use crate::turn::{Step, Turn};

/// The step that fails if an outcome is not recorded, for a report.
pub(super) const RECORDING: &str = "recording the outcome of a call";

/// What became of a conclusion.
#[derive(Debug)]
pub(super) enum Concluded {
    /// It is recorded.
    Now,
    /// It was recorded before.
    Before,
    /// The call is not pending, and this conclusion was never recorded.
    Gone,
    /// Another worker makes the call now, so what is known of the earlier attempt is not certain.
    TakenOver,
}

impl<C: Conversation> Bot<C> {
    /// Records the outcome of a call that was taken at this time, and tries again after an error of
    /// the store while the lease lasts: an API may not be able to say twice what it has said.
    pub(super) async fn conclude(
        &self,
        worker: &Worker,
        user: &UserId,
        key: CallKey,
        body: &CallBody<C::Call>,
        outcome: &Outcome<C::Receipt>,
        taken: Instant,
    ) -> Result<Concluded, Error> {
        // What is certain stays so. "Not made" may be untrue of an attempt that another worker has
        // begun since.
        let is_certain = matches!(outcome, Outcome::Done(_) | Outcome::GivenUp);
        let concluded_by = (!is_certain).then_some(worker.lease.holder);
        // The replies that the call came with may be on their way, by a task with the same lease.
        let worker = Arc::new(worker.beside());
        let commit_id = CommitId::own(user, OwnCommit::Conclusion(key));
        // Why the session could not be moved: then the outcome is recorded without that.
        let mut not_moved = None;
        let mut may_be_recorded = false;
        let mut failures = 0;
        loop {
            let moves = not_moved.is_none();
            let started = Instant::now();
            let decide = |turn: &mut Turn<C>, _: &[_]| {
                let mut plan = self.plan_conclusion(&worker, turn, key, body, outcome, moves)?;
                plan.concluded_by = concluded_by;
                Ok(Step::Commit(plan))
            };
            let run = self.inner.manager.run(
                user,
                commit_id,
                decide,
                None::<NoLookUp>,
                Some(Plan::changes),
            );
            let (replies, first) = match run.await {
                Ok(Ran::Committed { lanes, output, .. }) => {
                    (lanes.replies, output.first_reply(commit_id))
                }
                // By this worker, and the answer was lost. It may have the lease for the reply.
                Ok(Ran::Duplicate { .. }) if may_be_recorded => (LaneState::Due, None),
                Ok(Ran::Duplicate { .. }) => return Ok(Concluded::Before),
                Ok(Ran::Refused(OutboxRefusal::NoSuchCall)) => return Ok(Concluded::Gone),
                Ok(Ran::Refused(OutboxRefusal::NotHolder)) => return Ok(Concluded::TakenOver),
                Ok(Ran::Refused(_) | Ran::Stopped { .. }) => return Err(Error::Conflict),
                // `moved` failed, or what it did can never be stored.
                Err(error) if moves && is_of_the_conversation(&error) => {
                    not_moved = Some(error.to_string());
                    continue;
                }
                Err(error) => {
                    failures += 1;
                    let wait = retry::after(failures);
                    if !may_pass(&error) || taken.elapsed() + wait >= worker.lease.length {
                        return Err(error);
                    }
                    may_be_recorded |= matches!(error, Error::Store(StoreError::Unknown { .. }));
                    self.failed(Some(user), RECORDING, error);
                    sleep(wait).await;
                    continue;
                }
            };
            if let Some(why) = not_moved {
                let user = user.clone();
                self.inner.report(&Report::NotMoved { user, key, why });
            }
            self.go_on_with_replies(worker, user, replies, first, started);
            return Ok(Concluded::Now);
        }
    }

    fn plan_conclusion(
        &self,
        worker: &Worker,
        turn: &mut Turn<C>,
        key: CallKey,
        body: &CallBody<C::Call>,
        outcome: &Outcome<C::Receipt>,
        moves: bool,
    ) -> Result<Plan, Error> {
        let pending = turn.pending().filter(|call| call.key == key);
        let session = match (pending, turn.status()) {
            (Some(_), SessionStatus::Active) => SessionWrite::KeepExpiry,
            (Some(_), SessionStatus::Expired { .. }) => SessionWrite::Tombstone,
            _ => SessionWrite::Nothing,
        };
        let mut reply = None;
        let is_its_own = pending.is_some_and(|call| !call.inherited);
        if moves && is_its_own && session == SessionWrite::KeepExpiry {
            reply = catch(|| C::moved(turn, &body.call, outcome))
                .ok_or_else(|| Error::host("`moved` panicked"))??;
        }
        let reply = match reply {
            Some(reply) => reply,
            None => catch(|| C::told(&body.call, outcome))
                .ok_or_else(|| Error::host("`told` panicked"))?,
        };
        let delivery = self.delivery();
        let mut plan = Plan::new(delivery, Some(worker.lease)).with_reply::<C>(
            &reply,
            body.to.as_deref(),
            true,
        )?;
        plan.session = session;
        plan.concludes = Some(key);
        // A commit that makes no version rebinds nothing.
        let version = turn.user().version();
        plan.wake_up = WakeUp::Keep(version.filter(|_| session != SessionWrite::Nothing));
        if pending.is_some() {
            turn.set_pending(None);
        }
        if delivery == Delivery::Pull {
            turn.store_reply(remembered::encode(&plan)?);
        }
        Ok(plan)
    }
}

/// Whether the same may succeed a little later.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Contended { .. } => true,
        Error::Store(error) => error.redeliver() == Redelivery::Retry,
        _ => false,
    }
}
