//! What is due: work that another worker left, reminders, and notices of an expiry.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Bot;
use super::catch::{catch, catch_unwind};
use super::conversation::Conversation;
use super::host::Worker;
use super::message::NoLookUp;
use super::plan::Plan;
use super::report::Report;
use crate::error::{Error, Redelivery};
use crate::id::{CommitId, OwnCommit, UserId};
use crate::manager::Ran;
use crate::session::{SessionStatus, Version};
use crate::store::{Delivery, SessionWrite, WakeUp};
use crate::turn::{Step, Turn};

/// For how long a user who is due is left to the process that has asked. Shorter than the window of
/// a store whose index is not in the same step as its commits.
const CLAIM: Duration = Duration::from_secs(10);

/// How many users one request returns at most.
const BATCH: usize = 64;

/// The notice is due a little later than its session expires, so that it finds that.
const AFTER_EXPIRY: Duration = Duration::from_secs(1);

/// What one look at those who are due has left.
enum Swept {
    MayBeMore,
    /// No worker is free for it.
    AllBusy,
    Nothing,
}

impl<C: Conversation> Bot<C> {
    /// Does what is due, until [`shutdown`](Self::shutdown): work that a dead worker has left,
    /// calls and replies that are to be tried again, reminders, and notices of an expiry. Spawn it
    /// once in every process.
    ///
    /// Costs one request to the store for each [poll](super::BotBuilder::poll) if nothing is due;
    /// on a Redis Cluster, sixteen small ones at once. Once an hour, one process on Redis also
    /// compares its index with the outboxes, a little with each poll.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Terminal, Till};
    /// # use vimbiso_state::bot::Bot;
    /// # use vimbiso_state::{MemoryStore, StateManager};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let bot = Bot::new(StateManager::<Cafe>::new(MemoryStore::new()), Till, Terminal);
    /// tokio::spawn(bot.clone().work());
    /// # });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn work(self) {
        let poll = self.inner.settings.poll;
        while !self.inner.is_closing() {
            match self.sweep().await {
                Swept::MayBeMore => {}
                Swept::AllBusy => self.inner.wait_for_workers(poll).await,
                Swept::Nothing => tokio::time::sleep(poll).await,
            }
        }
    }

    /// Starts what is due now.
    async fn sweep(&self) -> Swept {
        let inner = &self.inner;
        let limit = inner.free_workers().min(BATCH);
        if limit == 0 {
            return Swept::AllBusy;
        }
        let due = match inner.outbox() {
            Ok(outbox) => outbox.due(limit, CLAIM, inner.manager.deadline()).await,
            Err(error) => {
                self.failed(None, "asking what is due", error);
                return Swept::Nothing;
            }
        };
        let due = match due {
            Ok(due) => due,
            Err(error) => {
                self.failed(None, "asking what is due", error.into());
                return Swept::Nothing;
            }
        };
        // Otherwise the store has no more that are due now.
        let swept = match due.len() == limit {
            true => Swept::MayBeMore,
            false => Swept::Nothing,
        };
        for due in due {
            // The claim ends by itself if there is no worker.
            let Some(worker) = inner.worker().map(Arc::new) else {
                return Swept::AllBusy;
            };
            if due.is_reminder {
                let bot = self.clone();
                tokio::spawn(async move { bot.wake(&worker, &due.user).await });
            } else {
                self.spawn_lanes(worker, due.user);
            }
        }
        swept
    }

    async fn wake(&self, worker: &Arc<Worker>, user: &UserId) {
        match catch_unwind(self.try_wake(worker, user)).await {
            Some(Ok(())) => {}
            Some(Err(error)) => self.failed(Some(user), "a reminder", error),
            None => self.inner.report(&Report::Panicked {
                user: user.clone(),
                what: "a reminder",
            }),
        }
    }

    async fn try_wake(&self, worker: &Arc<Worker>, user: &UserId) -> Result<(), Error> {
        let inner = &self.inner;
        let outbox = inner.outbox()?.read(user, inner.manager.deadline()).await?;
        let Some(reminder) = outbox.reminder.filter(|reminder| reminder.after.is_zero()) else {
            return Ok(());
        };
        let version = reminder.version;
        let commit_id = CommitId::own(user, OwnCommit::WakeUp(version.tag));
        let mut is_dropped = false;
        loop {
            let decide = |turn: &mut Turn<C>, _: &[_]| {
                let plan = match is_dropped {
                    false => self.plan_wake_up(worker, turn, version)?,
                    true => self.no_wake_up(worker, version),
                };
                Ok(Step::Commit(plan))
            };
            let started = Instant::now();
            let run = inner.manager.run(
                user,
                commit_id,
                decide,
                None::<NoLookUp>,
                Some(Plan::changes),
            );
            match run.await {
                Ok(Ran::Committed { lanes, output, .. }) => {
                    let worker = Arc::clone(worker);
                    let first = output.first_reply(commit_id);
                    self.go_on_with_replies(worker, user, lanes.replies, first, started);
                    return Ok(());
                }
                Ok(Ran::Duplicate { .. } | Ran::Stopped { .. }) => return Ok(()),
                // The queue is full: it is tried again after the claim.
                Ok(Ran::Refused(_)) => return Err(Error::OutboxFull),
                // The conversation would decide the same again.
                Err(error) if !is_dropped && is_of_the_conversation(&error) => {
                    self.failed(Some(user), "a reminder", error);
                    is_dropped = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Drops the wake-up that is bound to this version.
    fn no_wake_up(&self, worker: &Worker, version: Version) -> Plan {
        let mut plan = Plan::new(self.delivery(), Some(worker.lease));
        plan.session = SessionWrite::Nothing;
        plan.wake_up = WakeUp::DropIf(version);
        plan
    }

    /// Reminds the user, or tells of the expiry, if nothing has changed since this version.
    fn plan_wake_up(
        &self,
        worker: &Worker,
        turn: &mut Turn<C>,
        version: Version,
    ) -> Result<Plan, Error> {
        let mut plan = self.no_wake_up(worker, version);
        if turn.user().version() != Some(version) {
            return Ok(plan);
        }
        let reply = match turn.status() {
            SessionStatus::Active => {
                plan.session = SessionWrite::KeepExpiry;
                plan.wake_up = self.expiry_notice();
                catch(|| C::remind(turn)).ok_or_else(|| Error::host("`remind` panicked"))??
            }
            SessionStatus::Expired { .. } if C::EXPIRY_NOTICE => {
                plan.session = SessionWrite::Tombstone;
                catch(|| C::expired(turn.user()))
                    .ok_or_else(|| Error::host("`expired` panicked"))?
            }
            _ => None,
        };
        match reply {
            Some(reply) => plan.with_reply::<C>(&reply, None, false),
            None => Ok(plan),
        }
    }

    /// The wake-up of a message.
    pub(super) fn wake_up(&self, turn: &Turn<C>) -> Result<WakeUp, Error> {
        // A user who fetches replies would read it with the next one, when it is too late.
        let Some(after) = turn.reminder().filter(|_| !self.pulls()) else {
            return Ok(self.expiry_notice());
        };
        let longest = self.inner.manager.retention() * 9 / 10;
        if !(Duration::from_secs(1)..=longest).contains(&after) {
            return Err(Error::Setting {
                what: "time of a reminder",
                allowed: "1 s to 9 tenths of the store's retention",
            });
        }
        Ok(WakeUp::After(after))
    }

    fn expiry_notice(&self) -> WakeUp {
        if C::EXPIRY_NOTICE {
            WakeUp::After(self.inner.manager.ttl() + AFTER_EXPIRY)
        } else {
            WakeUp::Drop
        }
    }

    pub(super) fn pulls(&self) -> bool {
        self.delivery() == Delivery::Pull
    }
}

/// Whether the conversation, or what it did to the turn, is the reason: it would do the same again.
pub(super) fn is_of_the_conversation(error: &Error) -> bool {
    matches!(error, Error::Host(_)) || error.redeliver() == Redelivery::Answered
}
