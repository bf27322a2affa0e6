//! The conclusion of a call: its outcome is recorded and told, also if the session is over.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::Bot;
use super::catch::catch;
use super::conversation::Conversation;
use super::host::Worker;
use super::message::NoLookUp;
use super::outcome::Outcome;
use super::plan::{CallBody, Plan};
use super::remembered;
use super::report::Report;
use crate::error::{Error, Redelivery};
use crate::id::{CallKey, CommitId, OwnCommit, UserId};
use crate::manager::Ran;
use crate::session::SessionStatus;
use crate::store::{Delivery, OutboxRefusal, SessionWrite, WakeUp};
use crate::turn::{Step, Turn};

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
    pub(super) async fn conclude(
        &self,
        worker: &Arc<Worker>,
        user: &UserId,
        key: CallKey,
        body: &CallBody<C::Call>,
        outcome: &Outcome<C::Receipt>,
    ) -> Result<Concluded, Error> {
        // What is certain stays so. "Not made" may be untrue of an attempt that another worker has
        // begun since.
        let is_certain = matches!(outcome, Outcome::Done(_) | Outcome::GivenUp);
        let concluded_by = (!is_certain).then_some(worker.lease.holder);
        // The replies that the call came with may be on their way, by a task with the same lease.
        let worker = Arc::new(worker.beside());
        // Why the session could not be moved: then the outcome is recorded without that.
        let not_moved = Mutex::new(None);
        let commit_id = CommitId::own(user, OwnCommit::Conclusion(key));
        loop {
            let move_it = lock(&not_moved).is_none();
            let started = Instant::now();
            let decide = |turn: &mut Turn<C>, _: &[_]| {
                let (mut plan, why) =
                    self.plan_conclusion(&worker, turn, key, body, outcome, move_it)?;
                plan.concluded_by = concluded_by;
                match why {
                    None => Ok(Step::Commit(plan)),
                    Some(why) => {
                        *lock(&not_moved) = Some(why);
                        Err(Error::host("the session could not be moved"))
                    }
                }
            };
            let run = self.inner.manager.run(
                user,
                commit_id,
                decide,
                None::<NoLookUp>,
                Some(Plan::changes),
            );
            let ran = run.await;
            let why = lock(&not_moved).clone();
            match ran {
                Err(_) if move_it && why.is_some() => continue,
                // What `moved` did cannot be stored, and never can.
                Err(error) if move_it && error.redeliver() == Redelivery::Answered => {
                    *lock(&not_moved) = Some(error.to_string());
                }
                Err(error) => return Err(error),
                Ok(Ran::Committed { lanes, output, .. }) => {
                    if let Some(why) = why {
                        let user = user.clone();
                        self.inner.report(&Report::NotMoved { user, key, why });
                    }
                    let first = output.first_reply(commit_id);
                    self.go_on_with_replies(worker, user, lanes.replies, first, started);
                    return Ok(Concluded::Now);
                }
                Ok(Ran::Duplicate { .. }) => return Ok(Concluded::Before),
                Ok(Ran::Refused(OutboxRefusal::NoSuchCall)) => return Ok(Concluded::Gone),
                Ok(Ran::Refused(OutboxRefusal::NotHolder)) => return Ok(Concluded::TakenOver),
                Ok(Ran::Refused(_) | Ran::Stopped { .. }) => return Err(Error::Conflict),
            }
        }
    }

    /// The plan, and why the session could not be moved, if it could not.
    fn plan_conclusion(
        &self,
        worker: &Worker,
        turn: &mut Turn<C>,
        key: CallKey,
        body: &CallBody<C::Call>,
        outcome: &Outcome<C::Receipt>,
        move_it: bool,
    ) -> Result<(Plan, Option<String>), Error> {
        let pending = turn.pending().filter(|call| call.key == key);
        let session = match (pending, turn.status()) {
            (Some(_), SessionStatus::Active) => SessionWrite::KeepExpiry,
            (Some(_), SessionStatus::Expired { .. }) => SessionWrite::Tombstone,
            _ => SessionWrite::Nothing,
        };
        let mut reply = None;
        let is_its_own = pending.is_some_and(|call| !call.inherited);
        if move_it && is_its_own && session == SessionWrite::KeepExpiry {
            reply = match catch(|| C::moved(turn, &body.call, outcome)) {
                Some(Ok(reply)) => reply,
                Some(Err(error)) => return Ok((self.no_plan(), Some(error.to_string()))),
                None => return Ok((self.no_plan(), Some("it panicked".to_owned()))),
            };
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
        Ok((plan, None))
    }

    fn no_plan(&self) -> Plan {
        Plan::new(self.delivery(), None)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
