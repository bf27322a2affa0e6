//! The bot: answers a message with what the conversation decides and the API says.

use std::fmt;
use std::sync::{Arc, OnceLock};

use vimbiso_state::{Error, Handled, MessageId, Step, UserId};

use crate::api::facts::ApiFacts;
use crate::api::query::{ApiFact, ApiQuery};
use crate::api::{Api, ApiError};
use crate::conversation::decide;
use crate::conversation::next::Next;
use crate::conversation::result::record_result;
use crate::flow::{StateManager, Turn};
use crate::pending::Pending;
use crate::reply::Reply;
use crate::size_limit::is_storable;

/// The whole bot except its channel and its API.
///
/// Guarantees that each message takes effect once, that a call which changes something is announced
/// in the session before it is made, and that a reply is returned only after its commit.
///
/// A clone shares the sessions and the API.
///
/// # Examples
/// The [crate documentation](crate#implementing-the-api) runs a conversation.
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
    /// Whether the message was delivered before. Then nothing was changed, and the reply is the
    /// one of the first delivery.
    pub duplicate: bool,
}

impl Bot {
    /// A bot with these sessions and this API.
    pub fn new(manager: StateManager, api: Arc<dyn Api>) -> Self {
        Self { manager, api }
    }

    /// Handles one delivery of a message.
    ///
    /// If a query to the API fails, nothing is changed and the reply says to try again. If a call
    /// that changes something gets no answer, the session stays in `submitting`, and the user's
    /// next message makes the call again with the same key.
    ///
    /// A message that would store what no session may hold, such as a token, changes nothing. The
    /// reply then says to write it in another way, or to try again later if the API sent it.
    ///
    /// # Errors
    /// Those of [`StateManager::handle`](vimbiso_state::StateManager::handle). The message may be
    /// delivered again.
    pub async fn answer(
        &self,
        user: &UserId,
        message: &MessageId,
        text: &str,
    ) -> Result<Answer, Error> {
        // Outside the facts, which the manager drops if it has to load: a failed query is made
        // once for a message, not once for an attempt.
        let failure = OnceLock::new();
        let handled = self
            .manager
            .handle_with_facts(
                user,
                message,
                |turn, facts| match failure.get() {
                    Some(error) => Ok(Step::Stop(AfterTurn::Send(query_failed(error)))),
                    None => next_step(turn, text, facts),
                },
                |query: ApiQuery| async {
                    let fact = query.ask(&*self.api, user).await;
                    if let Err(error) = &fact.answer {
                        let _ = failure.set(error.clone());
                    }
                    fact
                },
            )
            .await;
        match handled {
            Ok(Handled::Committed { output, .. } | Handled::Stopped { output, .. }) => match output
            {
                AfterTurn::Send(reply) => Ok(Answer::first(reply)),
                AfterTurn::Call(pending) => self.call(user, message, &pending).await,
            },
            Ok(Handled::Duplicate {
                reply: Some(reply), ..
            }) => Ok(Answer::duplicate(reply.read()?)),
            // A turn that announced a call has no reply of its own: that of the result is sent.
            Ok(Handled::Duplicate {
                reply: None,
                user: loaded,
            }) => {
                let otherwise = if loaded.data().pending.is_some() {
                    in_progress()
                } else {
                    answered_already()
                };
                self.result_of(user, message, otherwise).await
            }
            // The turn would have stored what no session or stored reply may hold.
            Err(error @ (Error::State(_) | Error::ReplyTooLarge { .. })) => {
                tracing::warn!(%error, "Refusing a message");
                Ok(Answer::first(if is_storable(text) {
                    api_data_not_storable()
                } else {
                    message_not_storable()
                }))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes an announced call and records its result.
    async fn call(
        &self,
        user: &UserId,
        message: &MessageId,
        pending: &Pending,
    ) -> Result<Answer, Error> {
        let result = match self.api.perform(user, pending.key, &pending.call).await {
            Ok(receipt) => Ok(receipt),
            Err(ApiError::Refused { reason }) => Err(reason),
            Err(ApiError::Unavailable) => return Ok(Answer::first(no_answer_yet(pending))),
        };
        let handled = self
            .manager
            .handle(user, &message.step("result"), |turn| {
                record_result(turn, pending, &result).map(Step::Commit)
            })
            .await?;
        // If another delivery has recorded the result already, this is the reply that it stored.
        Ok(Answer::first(
            handled.into_output()?.unwrap_or_else(in_progress),
        ))
    }

    /// The reply that was stored with the result of a message's call, or else `otherwise`. Makes no
    /// call.
    async fn result_of(
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
        Ok(Answer::duplicate(reply.unwrap_or(otherwise)))
    }
}

/// Shows neither the sessions nor the API.
impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").finish_non_exhaustive()
    }
}

impl Answer {
    fn first(reply: Reply) -> Self {
        Self {
            reply,
            duplicate: false,
        }
    }

    fn duplicate(reply: Reply) -> Self {
        Self {
            reply,
            duplicate: true,
        }
    }
}

/// What follows once the turn of a message has ended.
enum AfterTurn {
    Send(Reply),
    Call(Pending),
}

fn next_step(
    turn: &mut Turn,
    text: &str,
    facts: &[ApiFact],
) -> Result<Step<AfterTurn, ApiQuery>, Error> {
    Ok(match decide(turn, text, ApiFacts::new(facts))? {
        Next::Reply(reply) => Step::Commit(AfterTurn::Send(reply)),
        Next::Call(pending) => Step::Commit(AfterTurn::Call(pending)),
        Next::Ask(query) => Step::Ask(query),
    })
}

fn query_failed(error: &ApiError) -> Reply {
    Reply::new(match error {
        ApiError::Refused { reason } => format!("❌ {reason}"),
        ApiError::Unavailable => {
            "⚠️ We cannot reach the accounts just now. Nothing was changed: please try again."
                .to_owned()
        }
    })
}

fn message_not_storable() -> Reply {
    Reply::new("❌ That cannot be used here. Nothing was changed: please write it in another way.")
}

fn api_data_not_storable() -> Reply {
    Reply::new(
        "⚠️ The accounts sent something that cannot be used. Nothing was changed: \
         please try again later, or send *menu*.",
    )
}

fn no_answer_yet(pending: &Pending) -> Reply {
    Reply::new(
        "⏳ Your request was sent, but there is no answer yet. \
         Send any message to ask for its result.",
    )
    .preceded_by(pending.notice.as_deref().unwrap_or_default())
}

fn answered_already() -> Reply {
    Reply::new("Your request has been dealt with; its result was told in a later reply.")
}

fn in_progress() -> Reply {
    Reply::new("⏳ Your request is still in progress. Send any message to ask for its result.")
}
