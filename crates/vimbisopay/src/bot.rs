//! Between a channel and the API: gather, decide, commit, act, reply.

use std::fmt;
use std::sync::Arc;
use vimbiso_state::Step;

use vimbiso_state::vimbisopay::Incoming;
use vimbiso_state::{Error, Handled, MessageId, UserId};

use crate::api::{Api, ApiError};
use crate::conversation::conclude::conclude;
use crate::conversation::decide;
use crate::conversation::next::Next;
use crate::findings::{Findings, LookUp};
use crate::reply::Reply;
use crate::size_limit::may_be_held;
use crate::state::{Pending, StateManager};

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
    /// Those of [`StateManager::turn`](vimbiso_state::StateManager::turn). The message may be delivered again.
    pub async fn answer(
        &self,
        user: &UserId,
        message: &MessageId,
        text: &str,
    ) -> Result<Answer, Error> {
        let incoming = Incoming::parse(text);
        let mut found = Findings::default();
        let handled = loop {
            let error = match self
                .manager
                .handle(user, message, |turn| {
                    committed(decide(turn, &incoming, &found)?)
                })
                .await
            {
                Ok(handled) => break handled,
                Err(error) => error,
            };
            let Missing(question) = match error {
                // Something was to be brought into the session, or remembered, that is never stored.
                error @ (Error::State(_) | Error::ReplyTooLarge { .. }) => {
                    tracing::warn!(%error, "Refusing a message");
                    return Ok(Answer::now(if may_be_held(text) {
                        not_usable()
                    } else {
                        not_stored()
                    }));
                }
                error => error.into_host()?,
            };
            if let Err(error) = found.ask(&*self.api, user, question).await {
                return Ok(Answer::now(not_looked_up(&error)));
            }
        };
        match handled {
            Handled::Committed {
                output: Committed::Reply(reply),
                ..
            } => Ok(Answer::now(reply)),
            Handled::Committed {
                output: Committed::Call(pending),
                ..
            } => self.act(user, message, &pending).await,
            Handled::Duplicate {
                reply: Some(reply), ..
            } => Ok(Answer::again(reply.read()?)),
            Handled::Duplicate {
                reply: None,
                user: found,
            } => {
                let otherwise = if found.data().pending.is_some() {
                    in_progress()
                } else {
                    told_already()
                };
                self.result(user, message, otherwise).await
            }
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
                conclude(turn, pending, &result)
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
        // What is recorded is answered before the closure runs.
        let look = self
            .manager
            .handle(user, &message.step("result"), |_| {
                Err::<Reply, _>(Error::host(NotRecorded))
            })
            .await;
        match look {
            Ok(handled) => Ok(Answer::again(handled.into_output()?.unwrap_or(otherwise))),
            Err(error) => error
                .into_host::<NotRecorded>()
                .map(|_| Answer::again(otherwise)),
        }
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

/// What is to be done once a message's turn is committed.
enum Committed {
    Reply(Reply),
    Call(Pending),
}

/// An error leaves the turn without a trace: that is how it ends if something has to be looked up first.
fn committed(next: Next) -> Result<Committed, Error> {
    match next {
        Next::Reply(reply) => Ok(Committed::Reply(reply)),
        Next::Call(pending) => Ok(Committed::Call(pending)),
        Next::Ask(question) => Err(Error::host(Missing(question))),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the decision needs an answer of the API first")]
struct Missing(LookUp);

#[derive(Debug, thiserror::Error)]
#[error("no result is recorded yet")]
struct NotRecorded;

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
