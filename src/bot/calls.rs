//! The lane of the call: makes it, or asks about it, until its outcome is known.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Bot;
use super::catch::catch_unwind;
use super::conclusion::Concluded;
use super::conversation::Conversation;
use super::host::Worker;
use super::outcome::Outcome;
use super::plan::CallBody;
use super::report::Report;
use super::retry;
use super::service::{Answered, CallAnswer};
use crate::id::UserId;
use crate::store::{EntryId, Lane, Retry, Settled, StoredCall, Taken, Work};

/// What is done about a call this time.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Perform,
    Ask,
    GiveUp,
}

impl<C: Conversation> Bot<C> {
    /// Makes the call of a user: this one, which was taken at that time.
    pub(super) fn spawn_call(
        &self,
        worker: Arc<Worker>,
        user: UserId,
        first: Option<(StoredCall, Instant)>,
    ) {
        let bot = self.clone();
        tokio::spawn(async move { bot.make_call(&worker, &user, first).await });
    }

    pub(super) async fn make_call(
        &self,
        worker: &Arc<Worker>,
        user: &UserId,
        first: Option<(StoredCall, Instant)>,
    ) {
        let mut next = first;
        if next.is_none() {
            let started = Instant::now();
            next = match self.take(worker, user, Lane::Call).await {
                Ok(Taken::Work(Work::Call(call))) => Some((call, started)),
                Ok(_) => None,
                Err(error) => {
                    self.failed(Some(user), "taking a call", error);
                    None
                }
            };
        }
        while let Some((call, started)) = next.take() {
            let entry = EntryId::Call(call.key);
            let Some(after) = self.try_call(worker, user, &call, started).await else {
                return;
            };
            let retry = Retry {
                after,
                in_doubt: true,
            };
            let settling = Instant::now();
            if let Some(Settled::Next(Work::Call(call))) =
                self.settle(worker, user, entry, Some(retry), started).await
            {
                next = Some((call, settling));
            }
        }
    }

    /// One attempt. Returns when to try again; `None` if the call is concluded.
    async fn try_call(
        &self,
        worker: &Arc<Worker>,
        user: &UserId,
        stored: &StoredCall,
        started: Instant,
    ) -> Option<Duration> {
        let inner = &self.inner;
        let settings = &inner.settings;
        let Ok(body) = serde_json::from_slice::<CallBody<C::Call>>(&stored.body) else {
            let user = user.clone();
            inner.report(&Report::Unreadable { user });
            return Some(retry::unreadable());
        };
        if started.elapsed() + settings.call_timeout > settings.lease {
            return Some(retry::after(stored.attempt));
        }
        let service = &inner.service;
        let key = stored.key;
        // A worker that was stopped must not act on what was true then.
        let age = stored.age + started.elapsed();
        let step = self.step(stored.attempt, age);
        let asked = async {
            match step {
                Step::Perform => service.perform(user, key, &body.call).await,
                Step::Ask => service.outcome_of(user, key, &body.call).await,
                Step::GiveUp => Ok(CallAnswer::not_found()),
            }
        };
        let answer = match timeout(settings.call_timeout, catch_unwind(asked)).await {
            Ok(Some(Ok(CallAnswer(answer)))) => Some(answer),
            Ok(Some(Err(error))) => {
                self.failed(Some(user), "a call", crate::error::Error::Host(error));
                None
            }
            Ok(None) => {
                let user = user.clone();
                let what = "a call";
                inner.report(&Report::Panicked { user, what });
                None
            }
            Err(_) => None,
        };
        let outcome = match (step, answer) {
            // The user has waited long enough, and an operator can still find out.
            (Step::GiveUp, _) => Outcome::GivenUp,
            (_, Some(Answered::Done(receipt))) => Outcome::Done(receipt),
            (_, Some(Answered::Refused(reason))) => Outcome::Refused(reason),
            (_, Some(Answered::Fenced)) => Outcome::NotMade,
            (Step::Ask, Some(Answered::NotFound)) if self.is_settled(stored, age) => {
                Outcome::NotMade
            }
            (_, Some(Answered::NotFound) | None) => return Some(retry::after(stored.attempt)),
        };
        match self.conclude(worker, user, key, &body, &outcome).await {
            Ok(concluded) => {
                let user = user.clone();
                match concluded {
                    Concluded::Now if outcome_is_given_up(&outcome) => {
                        inner.report(&Report::GivenUp { user, key });
                    }
                    Concluded::Gone => inner.report(&Report::LateOutcome { user, key }),
                    Concluded::Now | Concluded::Before => {}
                }
                None
            }
            Err(error) => {
                self.failed(Some(user), "recording the outcome of a call", error);
                Some(retry::after(stored.attempt))
            }
        }
    }

    /// A call is made again only while the API knows its key.
    fn step(&self, attempt: u32, age: Duration) -> Step {
        let settings = &self.inner.settings;
        // Counted before the call is made, so that its answer comes while the key is known.
        let still_known = age + settings.call_timeout <= self.inner.service.repeat_for();
        if age >= settings.give_up_after {
            Step::GiveUp
        } else if attempt <= 1 || still_known {
            Step::Perform
        } else {
            Step::Ask
        }
    }

    /// Whether no request of an earlier attempt can still take effect at the API.
    fn is_settled(&self, stored: &StoredCall, age: Duration) -> bool {
        let Some(settles_within) = self.inner.service.settles_within() else {
            return false;
        };
        let settings = &self.inner.settings;
        let last_first = retry::least_since_the_first(stored.attempt, settings.lease);
        let settled = settings.call_timeout + settles_within;
        last_first >= settled && age >= self.inner.service.repeat_for() + settles_within
    }
}

fn outcome_is_given_up<R>(outcome: &Outcome<R>) -> bool {
    matches!(outcome, Outcome::GivenUp)
}
