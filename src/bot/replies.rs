//! The lane of replies: sends them in order, each until the channel has accepted it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Bot;
use super::catch::catch_unwind;
use super::channel::{Outgoing, Sent};
use super::conversation::Conversation;
use super::host::Worker;
use super::report::Report;
use super::retry;
use crate::error::Error;
use crate::id::UserId;
use crate::store::{EntryId, Lane, QueuedReply, Retry, Settled, Settlement, Taken, Work};

/// What became of an attempt to send.
enum Attempt {
    /// Sent, or rejected for good.
    Over,
    Again(Retry),
}

impl<C: Conversation> Bot<C> {
    /// Sends the replies of a user: this one, which was taken at that time, and those behind it.
    pub(super) fn spawn_replies(
        &self,
        worker: Arc<Worker>,
        user: UserId,
        first: Option<(Work, Instant)>,
    ) {
        let bot = self.clone();
        tokio::spawn(async move { bot.send_replies(&worker, &user, first).await });
    }

    pub(super) async fn send_replies(
        &self,
        worker: &Worker,
        user: &UserId,
        first: Option<(Work, Instant)>,
    ) {
        let mut next = first;
        if next.is_none() {
            let started = Instant::now();
            next = match self.take(worker, user, Lane::Replies).await {
                Ok(Taken::Work(work)) => Some((work, started)),
                Ok(Taken::Held { .. } | Taken::Idle) => None,
                Err(error) => {
                    self.failed(Some(user), "taking replies", error);
                    None
                }
            };
        }
        while let Some((Work::Reply(reply), started)) = next {
            let entry = EntryId::Reply(reply.id);
            let attempt = self.attempt(user, reply, started).await;
            let retry = match attempt {
                Attempt::Over => None,
                Attempt::Again(retry) => Some(retry),
            };
            let settling = Instant::now();
            next = match self.settle(worker, user, entry, retry, started).await {
                Some(Settled::Next(work)) => Some((work, settling)),
                Some(Settled::Released | Settled::NotHolder) | None => None,
            };
        }
    }

    /// Sends one reply, if there is time for it under the lease.
    async fn attempt(&self, user: &UserId, reply: QueuedReply, started: Instant) -> Attempt {
        let inner = &self.inner;
        let settings = &inner.settings;
        let attempt = reply.attempt;
        let in_doubt = reply.in_doubt;
        let Ok(body) = serde_json::from_slice(&reply.body) else {
            let user = user.clone();
            inner.report(&Report::Unreadable { user });
            return Attempt::Again(Retry {
                after: retry::unreadable(),
                in_doubt,
            });
        };
        let Some(channel) = &inner.channel else {
            // A release without a channel took over what one with a channel left.
            return Attempt::Again(Retry {
                after: retry::unreadable(),
                in_doubt,
            });
        };
        if inner.is_closing() || started.elapsed() + settings.send_timeout > settings.lease {
            return Attempt::Again(Retry {
                after: Duration::ZERO,
                in_doubt,
            });
        }
        let mut outgoing = Outgoing {
            user: user.clone(),
            to: reply.to.map(String::from),
            reply: body,
            id: reply.id,
            is_outcome: reply.is_outcome,
            may_repeat: in_doubt,
        };
        let asked = async {
            if outgoing.may_repeat {
                match channel.was_sent(&outgoing).await {
                    Some(true) => return Sent::Sent,
                    Some(false) => outgoing.may_repeat = false,
                    None => {}
                }
            }
            match channel.send(&outgoing).await {
                Sent::Ambiguous => {
                    outgoing.may_repeat = true;
                    match channel.was_sent(&outgoing).await {
                        Some(true) => Sent::Sent,
                        Some(false) => {
                            outgoing.may_repeat = false;
                            Sent::Failed { retry_after: None }
                        }
                        None => Sent::Ambiguous,
                    }
                }
                other => other,
            }
        };
        let sent = timeout(settings.send_timeout, catch_unwind(asked)).await;
        let sent = match sent {
            Ok(Some(sent)) => sent,
            Ok(None) => {
                let user = user.clone();
                let what = "sending a reply";
                inner.report(&Report::Panicked { user, what });
                return Attempt::Again(Retry {
                    after: retry::after(attempt),
                    in_doubt: true,
                });
            }
            Err(_) => Sent::Ambiguous,
        };
        match sent {
            Sent::Sent => Attempt::Over,
            Sent::Rejected { reason } => {
                inner.report(&Report::Rejected {
                    user: user.clone(),
                    reply: reply.id,
                    is_outcome: reply.is_outcome,
                    reason,
                });
                Attempt::Over
            }
            Sent::Failed { retry_after } => {
                let why = Error::host("the channel did not accept it");
                self.failed(Some(user), "sending a reply", why);
                Attempt::Again(Retry {
                    after: match retry_after {
                        // The outbox outlives it, because a settlement renews it for the retention.
                        Some(asked) => asked
                            .min(retry::LONGEST_ASKED)
                            .min(inner.manager.retention() / 2),
                        None => retry::after(attempt),
                    },
                    in_doubt: outgoing.may_repeat,
                })
            }
            Sent::Ambiguous => {
                let why = Error::host("the channel gave no certain answer");
                self.failed(Some(user), "sending a reply", why);
                Attempt::Again(Retry {
                    after: retry::after(attempt),
                    in_doubt: true,
                })
            }
        }
    }

    /// Says what became of an entry, and says it again after an error while the lease lasts. `None`
    /// if the store did not answer: then another worker takes the lane when the lease is over.
    pub(super) async fn settle(
        &self,
        worker: &Worker,
        user: &UserId,
        entry: EntryId,
        retry: Option<Retry>,
        started: Instant,
    ) -> Option<Settled> {
        let mut tries = 0;
        while started.elapsed() < worker.lease.length {
            let settlement = Settlement {
                entry,
                holder: worker.lease.holder,
                retry,
                length: worker.lease.length,
                deadline: self.inner.manager.deadline(),
            };
            let outbox = self.inner.outbox().ok()?;
            match outbox.settle(user, settlement).await {
                Ok(settled) => return Some(settled),
                Err(error) => self.failed(Some(user), "settling an entry", error.into()),
            }
            tries += 1;
            // The same settlement again: it names its entry, so it settles no other one.
            tokio::time::sleep(retry::after(tries)).await;
        }
        None
    }

    pub(super) fn failed(&self, user: Option<&UserId>, what: &'static str, error: Error) {
        let user = user.cloned();
        self.inner.report(&Report::Failed { user, what, error });
    }
}
