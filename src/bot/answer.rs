//! Request and response: the caller takes the replies with it.

use super::Bot;
use super::conversation::Conversation;
use super::host::Inbound;
use super::message::TurnEnd;
use super::plan::CallBody;
use super::remembered;
use super::report::Report;
use crate::error::Error;
use crate::id::{CallKey, CommitId, OwnCommit, UserId};
use crate::store::{Outbox, QueuedReply, StoredCall};
use crate::turn::StoredReply;

/// What a user reads in answer to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer<R> {
    /// The replies, the oldest first: what waited for the user, and that of the message.
    pub replies: Vec<R>,
    /// Whether the message had taken effect before. Then nothing was changed.
    pub duplicate: bool,
}

impl<C: Conversation> Bot<C> {
    /// Handles one delivery of a message, and returns what the user reads: for a bot without a
    /// channel, such as one behind a web page. Built by [`Bot::builder`] without
    /// [`channel`](super::BotBuilder::channel).
    ///
    /// If the message leads to a call, this waits for its outcome, for the
    /// [timeout of a call](super::BotBuilder::call_timeout). If that is not known by then, the user
    /// reads what [`still_pending`](Conversation::still_pending) says, and the outcome is among the
    /// replies to the user's next message. A reply stays in the store until the next message of
    /// the user arrives, which shows that it was read; so a second delivery gets it again. A reply
    /// that this release cannot read is [reported](super::Report::Unreadable) and stays.
    ///
    /// All of it runs in a task of its own: a caller that is dropped changes nothing.
    ///
    /// # Examples
    /// ```
    /// # mod cafe_bot { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/cafe_bot.rs")); }
    /// # use cafe_bot::{Cafe, Till};
    /// use vimbiso_state::bot::{Bot, Inbound};
    /// use vimbiso_state::{MemoryStore, MessageId, StateManager, UserId};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let bot = Bot::builder(StateManager::<Cafe>::new(MemoryStore::new()), Till).build()?;
    /// let user = UserId::new("263771234567")?;
    /// let message = MessageId::new("form-1")?;
    /// let answer = bot.answer(Inbound::new(user, message, "hi".to_owned())).await?;
    /// assert!(answer.replies[0].starts_with("What would you like?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle); [`Error::Host`] if this bot has a channel. The message
    /// may be delivered again.
    pub async fn answer(&self, inbound: Inbound<C::Input>) -> Result<Answer<C::Reply>, Error> {
        if !self.pulls() {
            return Err(Error::host(
                "a bot with a channel sends its replies itself; use `handle`",
            ));
        }
        let bot = self.clone();
        self.in_a_task(inbound.user.clone(), async move {
            let Inbound { user, message, .. } = &inbound;
            let commit_id = CommitId::of(user, message);
            match bot.turn(&inbound).await? {
                TurnEnd::Committed { call } => {
                    let made = call.as_ref().map(|(_, call, _)| call.key);
                    if let Some((worker, call, started)) = call {
                        bot.make_call(&worker, user, Some((call, started))).await;
                    }
                    let (outbox, mut replies) = bot.show(user).await?;
                    // Without a reply, another worker makes the call of this message.
                    let is_own = |call: &StoredCall| made == Some(call.key) || replies.is_empty();
                    let pending = outbox.call.as_ref().filter(|call| is_own(call));
                    replies.extend(pending.and_then(Self::still_pending));
                    Ok(Answer {
                        replies,
                        duplicate: false,
                    })
                }
                TurnEnd::Duplicate { reply } => Ok(Answer {
                    replies: bot.replies_again(user, commit_id, reply).await?,
                    duplicate: true,
                }),
            }
        })
        .await
    }

    /// The replies that wait for the user. One that cannot be read keeps no other from the user: it
    /// is reported and waits on, for a release or a process that can read it.
    async fn show(&self, user: &UserId) -> Result<(Outbox, Vec<C::Reply>), Error> {
        let inner = &self.inner;
        let store = inner.outbox()?;
        let deadline = inner.manager.deadline();
        let mut outbox = store.show(user, &[], deadline).await?;
        let mut replies = Vec::new();
        let mut unreadable = Vec::new();
        outbox.replies.retain(|queued| {
            let reply = serde_json::from_slice(&queued.body).ok();
            let is_readable = reply.is_some();
            replies.extend(reply);
            if !is_readable {
                unreadable.push(queued.id);
            }
            is_readable
        });
        if !unreadable.is_empty() {
            let user = user.clone();
            // So that the next message does not remove them as read.
            let _ = store.show(&user, &unreadable, deadline).await?;
            inner.report(&Report::Unreadable { user });
        }
        Ok((outbox, replies))
    }

    /// The replies of a message that has taken effect before.
    async fn replies_again(
        &self,
        user: &UserId,
        commit_id: CommitId,
        stored: Option<StoredReply>,
    ) -> Result<Vec<C::Reply>, Error> {
        let Some(stored) = stored else {
            return Ok(self.show(user).await?.1);
        };
        let (reply, call) = remembered::decode::<C::Reply>(&stored)?;
        let conclusion = call.map(|key| CommitId::own(user, OwnCommit::Conclusion(key)));
        let is_own = |queued: &QueuedReply| queued.id == commit_id || Some(queued.id) == conclusion;
        let inner = &self.inner;
        let mut outbox = inner.outbox()?.read(user, inner.manager.deadline()).await?;
        let mut replies = Vec::new();
        // Nothing was shown since: the user reads the same again, and what has come meanwhile. What
        // is not returned here must not count as read.
        if outbox.replies.iter().any(is_own) {
            (outbox, replies) = self.show(user).await?;
        }
        let is_waiting = outbox.replies.iter().any(is_own);
        if !is_waiting {
            replies.splice(..0, reply);
        }
        let pending = outbox.call.as_ref();
        match (call, pending.filter(|pending| Some(pending.key) == call)) {
            (Some(_), Some(pending)) => replies.extend(Self::still_pending(pending)),
            (Some(key), None) if !is_waiting => {
                replies.extend(self.outcome_again(user, key).await?);
            }
            _ => {}
        }
        Ok(replies)
    }

    fn still_pending(pending: &StoredCall) -> Option<C::Reply> {
        let body = serde_json::from_slice::<CallBody<C::Call>>(&pending.body).ok()?;
        Some(C::still_pending(&body.call))
    }

    /// What the user was told about a call.
    async fn outcome_again(&self, user: &UserId, key: CallKey) -> Result<Option<C::Reply>, Error> {
        let conclusion = CommitId::own(user, OwnCommit::Conclusion(key));
        let stored = self.inner.manager.reply_of(user, &conclusion).await?;
        match stored {
            Some(stored) => Ok(remembered::decode::<C::Reply>(&stored)?.0),
            None => Ok(None),
        }
    }
}
