//! Between a channel and the API: gather, decide, commit, act, reply.

use std::fmt;
use std::sync::{Arc, OnceLock};

use vimbiso_state::vimbisopay::Incoming;
use vimbiso_state::{Error, Handled, MessageId, Step, UserId};

use crate::api::{Api, ApiError};
use crate::conversation::conclude::conclude;
use crate::conversation::decide;
use crate::conversation::next::Next;
use crate::findings::{Fact, Findings, LookUp};
use crate::reply::Reply;
use crate::size_limit::may_be_held;
use crate::state::{Pending, StateManager, Turn};

/// The whole bot but its channel and its API.
///
/// Guarantees that each message takes effect once, that a call which changes something is announced in the session before
/// it is made, and that a reply is returned only after its commit.
#[derive(Clone)]
pub struct Bot {
    manager: StateManager,
    api: Arc<dyn Api>,
}

/// What to send to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// Whether the message had been delivered before: then nothing was changed, and the reply is the one given then.
    pub duplicate: bool,
}

impl Bot {
    /// A bot on these sessions and this API.
    pub fn new(manager: StateManager, api: Arc<dyn Api>) -> Self {
        Self { manager, api }
    }

    /// Handles one delivery of a message.
    ///
    /// Where the API cannot be reached for a look-up, nothing is changed and the reply says to try again. Where it cannot be
    /// reached for a call that changes something, the session stays in `submitting`, and the user's next message asks the
    /// API again under the same key. A message that would bring into the session what no state may hold, such as a token, is
    /// refused with a reply: to write in another way, or to try again later where the API is at fault.
    ///
    /// # Errors
    /// Those of [`StateManager::handle`](vimbiso_state::StateManager::handle). The message may be delivered again.
    pub async fn answer(
        &self,
        user: &UserId,
        message: &MessageId,
        text: &str,
    ) -> Result<Answer, Error> {
        let incoming = Incoming::parse(text);
        // Kept beside the facts, which the manager drops if it has to load: an API that is down is asked once a message.
        let failure = OnceLock::new();
        let handled = self
            .manager
            .handle_with_facts(
                user,
                message,
                |turn, facts| match failure.get() {
                    Some(error) => Ok(Step::Stop(Decided::Reply(not_looked_up(error)))),
                    None => decided(turn, &incoming, facts),
                },
                |question: LookUp| async {
                    let fact = question.ask(&*self.api, user).await;
                    if let Err(error) = &fact.answer {
                        let _ = failure.set(error.clone());
                    }
                    fact
                },
            )
            .await;
        match handled {
            Ok(
                Handled::Committed {
                    output: Decided::Reply(reply),
                    ..
                }
                | Handled::Stopped {
                    output: Decided::Reply(reply),
                    ..
                },
            ) => Ok(Answer::now(reply)),
            Ok(
                Handled::Committed {
                    output: Decided::Call(pending),
                    ..
                }
                | Handled::Stopped {
                    output: Decided::Call(pending),
                    ..
                },
            ) => self.act(user, message, &pending).await,
            Ok(Handled::Duplicate {
                reply: Some(reply), ..
            }) => Ok(Answer::again(reply.read()?)),
            Ok(Handled::Duplicate {
                reply: None,
                user: found,
            }) => {
                let otherwise = if found.state().data().pending.is_some() {
                    in_progress()
                } else {
                    told_already()
                };
                self.result(user, message, otherwise).await
            }
            // Something was to be brought into the session, or remembered, that is never stored.
            Err(error @ (Error::State(_) | Error::ReplyTooLarge { .. })) => {
                tracing::warn!(%error, "Refusing a message");
                Ok(Answer::now(if may_be_held(text) {
                    not_usable()
                } else {
                    not_stored()
                }))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes an announced call, and records what came back.
    async fn act(
        &self,
        user: &UserId,
        message: &MessageId,
        pending: &Pending,
    ) -> Result<Answer, Error> {
        let result = match self.api.perform(user, pending.key, &pending.call).await {
            Ok(receipt) => Ok(receipt),
            Err(ApiError::Refused { reason }) => Err(reason),
            Err(ApiError::Unavailable) => return Ok(Answer::now(not_known(pending))),
        };
        let handled = self
            .manager
            .handle(user, &message.step("result"), |turn| {
                conclude(turn, pending, &result).map(Step::Commit)
            })
            .await?;
        Ok(Answer::now(
            handled.into_output()?.unwrap_or_else(in_progress),
        ))
    }

    /// What was recorded for a message that led to a call, or else `otherwise`. Never makes the call.
    async fn result(
        &self,
        user: &UserId,
        message: &MessageId,
        otherwise: Reply,
    ) -> Result<Answer, Error> {
        let stored = self
            .manager
            .stored_reply(user, &message.step("result"))
            .await?;
        let reply = stored.map(|reply| reply.read()).transpose()?;
        Ok(Answer::again(reply.unwrap_or(otherwise)))
    }
}

/// Shows neither the sessions nor the API.
impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").finish_non_exhaustive()
    }
}

impl Answer {
    fn now(reply: Reply) -> Self {
        Self {
            reply,
            duplicate: false,
        }
    }

    fn again(reply: Reply) -> Self {
        Self {
            reply,
            duplicate: true,
        }
    }
}

/// What is to be done once a message's turn has ended.
enum Decided {
    Reply(Reply),
    Call(Pending),
}

fn decided(
    turn: &mut Turn,
    incoming: &Incoming<'_>,
    facts: &[Fact],
) -> Result<Step<Decided, LookUp>, Error> {
    Ok(match decide(turn, incoming, Findings::new(facts))? {
        Next::Reply(reply) => Step::Commit(Decided::Reply(reply)),
        Next::Call(pending) => Step::Commit(Decided::Call(pending)),
        Next::Ask(question) => Step::Ask(question),
    })
}

fn not_looked_up(error: &ApiError) -> Reply {
    Reply::new(match error {
        ApiError::Refused { reason } => format!("❌ {reason}"),
        ApiError::Unavailable => {
            "⚠️ We cannot reach the accounts just now. Nothing was changed: please try again."
                .to_owned()
        }
    })
}

fn not_stored() -> Reply {
    Reply::new("❌ That cannot be used here. Nothing was changed: please write it in another way.")
}

fn not_usable() -> Reply {
    Reply::new(
        "⚠️ The accounts sent something that cannot be used. Nothing was changed: \
         please try again later, or send *menu*.",
    )
}

fn not_known(pending: &Pending) -> Reply {
    Reply::new(
        "⏳ Your request was sent, but there is no answer yet. \
         Send any message to ask for its result.",
    )
    .after(pending.notice.as_deref().unwrap_or_default())
}

fn told_already() -> Reply {
    Reply::new("Your request has been dealt with; its result was told in a later reply.")
}

fn in_progress() -> Reply {
    Reply::new("⏳ Your request is still in progress. Send any message to ask for its result.")
}
