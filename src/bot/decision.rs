//! What a message leads to: the conversation decides, and the bot makes a plan of it.

use std::time::Duration;

use super::Bot;
use super::conversation::{Conversation, Next};
use super::host::Inbound;
use super::plan::Plan;
use super::remembered;
use crate::error::Error;
use crate::session::PendingCall;
use crate::store::{Delivery, LeaseRequest, SessionWrite, WakeUp};
use crate::turn::{QuestionCounts, Step, Turn};

/// What a decision on a message depends on, beside the session.
pub(super) struct Decision<'a, C: Conversation> {
    pub(super) inbound: &'a Inbound<C::Input>,
    /// How long ago the message was sent.
    pub(super) sent_before: Duration,
    pub(super) mode: Mode<C>,
    pub(super) lease: Option<LeaseRequest>,
}

/// How a message is decided.
pub(super) enum Mode<C: Conversation> {
    /// By the conversation. These answers to the open question are read as such.
    Decide(QuestionCounts),
    /// Not at all: the user reads this.
    Tell(C::Reply),
}

impl<C: Conversation> Mode<C> {
    /// Decides again, with fewer answers that are read as answers to the open question.
    pub(super) fn as_older(&self, counts: QuestionCounts) -> Result<Self, Error> {
        match self {
            Self::Decide(before) if *before < counts => Ok(Self::Decide(counts)),
            // A conversation that calls on an older answer would be asked for ever.
            _ => Err(Error::host(
                "the conversation confirms something on an older answer",
            )),
        }
    }
}

impl<C: Conversation> Bot<C> {
    /// Asks the conversation, and plans what is committed.
    pub(super) fn decide(
        &self,
        turn: &mut Turn<C>,
        facts: &[C::Fact],
        decision: &Decision<'_, C>,
    ) -> Result<Step<Plan, C::Query>, Error> {
        let Decision {
            inbound,
            sent_before,
            mode,
            lease,
        } = decision;
        let to = inbound.to.as_deref();
        let delivery = self.delivery();
        let plan = Plan::new(delivery, *lease);
        let mut plan = match mode {
            Mode::Tell(reply) => Self::plan_aside(plan, reply, to)?,
            Mode::Decide(counts) => {
                turn.set_question_counts(*counts);
                let next = C::decide(turn, &inbound.input, facts)?;
                let calls = matches!(next, Next::Call(_) | Next::ReplyAndCall(..));
                // The key of a call is made of the question, or else of the message.
                let age_of_question = turn.age_of_question();
                let asked_before = age_of_question.unwrap_or(*sent_before);
                if calls && self.may_be_forgotten(asked_before) {
                    return match age_of_question {
                        // The conversation asks again.
                        Some(_) => Ok(Step::Stop(plan)),
                        None => Err(Error::Stale {
                            age: *sent_before,
                            retention: self.inner.service.repeat_for(),
                        }),
                    };
                }
                match next {
                    Next::Ask(query) => return Ok(Step::Ask(query)),
                    Next::Aside(reply) => Self::plan_aside(plan, &reply, to)?,
                    Next::Reply(reply) => plan.with_reply::<C>(&reply, to, false)?,
                    Next::Call(call) => Self::plan_call(plan, turn, call, to, asked_before)?,
                    Next::ReplyAndCall(reply, call) => {
                        let plan = plan.with_reply::<C>(&reply, to, false)?;
                        Self::plan_call(plan, turn, call, to, asked_before)?
                    }
                }
            }
        };
        if plan.session == SessionWrite::Prolong {
            plan.only_if_sent =
                (turn.needs_shown_question() || plan.call.is_some()) && turn.has_read_typed();
            plan.wake_up = self.wake_up(turn)?;
        }
        if delivery == Delivery::Pull {
            // A message shows that the user has read what was shown before it.
            plan.drop_shown = true;
            turn.store_reply(remembered::encode(&plan)?);
        }
        Ok(Step::Commit(plan))
    }

    /// Tells the user something, and leaves the session as it is.
    fn plan_aside(plan: Plan, reply: &C::Reply, to: Option<&str>) -> Result<Plan, Error> {
        let mut plan = plan.with_reply::<C>(reply, to, false)?;
        plan.session = SessionWrite::Nothing;
        plan.wake_up = WakeUp::Keep(None);
        Ok(plan)
    }

    fn plan_call(
        plan: Plan,
        turn: &mut Turn<C>,
        call: C::Call,
        to: Option<&str>,
        asked_before: Duration,
    ) -> Result<Plan, Error> {
        let key = turn.answered_call_key();
        turn.close_question();
        turn.set_pending(Some(PendingCall {
            key,
            inherited: false,
        }));
        plan.with_call::<C>(key, call, to, asked_before)
    }
}
