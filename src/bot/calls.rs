//! The lane of the call: makes it, or asks about it, until its outcome is known.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Bot;
use super::catch::catch_unwind;
use super::conclusion::{Concluded, RECORDING};
use super::conversation::Conversation;
use super::host::Worker;
use super::outcome::Outcome;
use super::plan::CallBody;
use super::report::Report;
use super::retry;
use super::service::{Answered, CallAnswer};
use crate::error::{BoxError, Error};
use crate::id::{CallKey, UserId};
use crate::store::{EntryId, Lane, Retry, Settled, StoredCall, Taken, Work};

const ASKING: &str = "asking about a call";
const NO_ANSWER: &str = "no answer in the time for it";

/// What is done about a call this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Perform,
    /// Asks first, because an answer may have been lost, or refused in words that say nothing.
    AskAndPerform,
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
        worker: &Worker,
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
        worker: &Worker,
        user: &UserId,
        stored: &StoredCall,
        started: Instant,
    ) -> Option<Duration> {
        let inner = &self.inner;
        let settings = &inner.settings;
        let Ok(body) = serde_json::from_slice::<CallBody<C::Call>>(&stored.body) else {
            let user = user.clone();
            inner.report(&Report::Unreadable { user });
            return Some(retry::unreadable_call(stored.attempt));
        };
        if started.elapsed() + settings.call_timeout > settings.lease {
            return Some(retry::after(stored.attempt));
        }
        let key = stored.key;
        // A worker that was stopped must not act on what was true then.
        let age = stored.age + started.elapsed();
        let asked = age + Duration::from_millis(body.asked_before);
        let step = self.step(stored.attempt, age, asked);
        let asking = self.ask_about(step, user, key, &body.call);
        let answer = match timeout(settings.call_timeout, catch_unwind(asking)).await {
            Ok(Some(Ok(CallAnswer(answer)))) => Some(answer),
            Ok(Some(Err(error))) => {
                self.failed(Some(user), "a call", Error::Host(error));
                None
            }
            Ok(None) => {
                let user = user.clone();
                let what = "a call";
                inner.report(&Report::Panicked { user, what });
                None
            }
            Err(_) => {
                self.failed(Some(user), "a call", Error::host(NO_ANSWER));
                None
            }
        };
        let outcome = match (step, answer) {
            // The user has waited long enough, and an operator can still find out.
            (Step::GiveUp, _) => Outcome::GivenUp,
            (_, Some(Answered::Done(receipt))) => Outcome::Done(receipt),
            (_, Some(Answered::Refused(reason))) => Outcome::Refused(reason),
            (_, Some(Answered::Fenced)) => Outcome::NotMade,
            (Step::Ask, Some(Answered::NotFound)) if self.is_settled(stored, asked) => {
                Outcome::NotMade
            }
            (_, Some(Answered::NotFound) | None) => return Some(retry::after(stored.attempt)),
        };
        let concluded = self.conclude(worker, user, key, &body, &outcome, started);
        match concluded.await {
            Ok(concluded) => {
                let user = user.clone();
                let is_given_up = matches!(outcome, Outcome::GivenUp);
                match concluded {
                    Concluded::Now if is_given_up => {
                        inner.report(&Report::GivenUp { user, key });
                    }
                    Concluded::Before if is_given_up => {}
                    // What was recorded before may be that the call was given up.
                    Concluded::Before | Concluded::Gone => {
                        inner.report(&Report::LateOutcome { user, key });
                    }
                    Concluded::Now | Concluded::TakenOver => {}
                }
                None
            }
            Err(error) => {
                self.failed(Some(user), RECORDING, error);
                Some(retry::after(stored.attempt))
            }
        }
    }

    async fn ask_about(
        &self,
        step: Step,
        user: &UserId,
        key: CallKey,
        call: &C::Call,
    ) -> Result<CallAnswer<C::Receipt>, BoxError> {
        let service = &self.inner.service;
        match step {
            Step::Perform => service.perform(user, key, call).await,
            Step::Ask => service.outcome_of(user, key, call).await,
            Step::AskAndPerform => {
                // A part of the time, so that an API that does not answer is sent the call all the
                // same: it knows the key.
                let longest = self.inner.settings.call_timeout / 3;
                match timeout(longest, service.outcome_of(user, key, call)).await {
                    Ok(Ok(CallAnswer(Answered::NotFound))) => {}
                    Ok(Ok(known)) => return Ok(known),
                    Ok(Err(error)) => self.failed(Some(user), ASKING, Error::Host(error)),
                    Err(_) => self.failed(Some(user), ASKING, Error::host(NO_ANSWER)),
                }
                service.perform(user, key, call).await
            }
            Step::GiveUp => Ok(CallAnswer::not_found()),
        }
    }

    /// What is done about a call of this age, whose question was asked so long ago.
    fn step(&self, attempt: u32, age: Duration, asked: Duration) -> Step {
        if age >= self.inner.settings.give_up_after {
            Step::GiveUp
        } else if self.honours_no_keys() {
            match attempt {
                0 | 1 => Step::Perform,
                _ => Step::Ask,
            }
        } else if self.may_be_forgotten(asked) {
            Step::Ask
        } else if attempt <= 1 {
            Step::Perform
        } else {
            Step::AskAndPerform
        }
    }

    /// Whether the API knows no key for as long as one request takes. Then a call is made once.
    fn honours_no_keys(&self) -> bool {
        self.inner.service.repeat_for() < self.inner.settings.call_timeout
    }

    /// Whether the API may forget the key of a call before it answers, if the question of the call
    /// was asked so long ago.
    // From the question on, and not from the announcement: a failover may have lost an earlier one,
    // whose call was made.
    pub(super) fn may_be_forgotten(&self, asked: Duration) -> bool {
        let last = asked.saturating_add(self.inner.settings.call_timeout);
        !self.honours_no_keys() && last > self.inner.service.repeat_for()
    }

    /// Whether no request of an earlier attempt can still take effect at the API.
    fn is_settled(&self, stored: &StoredCall, asked: Duration) -> bool {
        let Some(settles_within) = self.inner.service.settles_within() else {
            return false;
        };
        let settings = &self.inner.settings;
        let last_first = retry::least_since_the_first(stored.attempt, settings.lease);
        let settled = settings.call_timeout + settles_within;
        last_first >= settled && asked >= self.inner.service.repeat_for() + settles_within
    }
}
