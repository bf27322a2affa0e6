//! The events of one delivery, in one lane a user.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use vimbiso_state::bot::{Conversation, Inbound};
use vimbiso_state::{MessageId, UserId};

use super::Inner;
use super::answer::Answer;
use crate::rekey::{Change, Rekeyed, rekey, resolve};
use crate::webhook::{Event, IdChange, IdKind, Message, Status};

/// What is to be done for a user.
enum Work {
    Message {
        user: UserId,
        id: MessageId,
        message: Message,
    },
    IdChange {
        new: UserId,
        notice: MessageId,
        change: IdChange,
    },
}

/// Handles what a webhook says, and returns when all is committed. What was begun goes on if the
/// future is dropped, and keeps the permit until it is done.
pub(super) async fn handle<C: Conversation>(
    inner: &Arc<Inner<C>>,
    permit: OwnedSemaphorePermit,
    events: Vec<Event>,
) -> Answer {
    let permit = Arc::new(permit);
    let (lanes, statuses) = sorted(inner, events);
    let mut tasks = Vec::new();
    for works in lanes {
        let inner = Arc::clone(inner);
        tasks.push(spawn(&permit, async move { in_order(&inner, works).await }));
    }
    if !statuses.is_empty() {
        let inner = Arc::clone(inner);
        tasks.push(spawn(
            &permit,
            async move { inner.statuses(statuses).await },
        ));
    }
    let mut answer = Answer::Done;
    for task in tasks {
        let of_task = task.await.unwrap_or_else(|_| {
            tracing::error!("A function of the host panicked; the webhook is to be sent again");
            Answer::Alert
        });
        answer = answer.max(of_task);
    }
    answer
}

/// In a task of its own: a channel that hangs up drops the future that waits for it, not this.
fn spawn(
    permit: &Arc<OwnedSemaphorePermit>,
    work: impl Future<Output = Answer> + Send + 'static,
) -> JoinHandle<Answer> {
    let permit = Arc::clone(permit);
    tokio::spawn(async move {
        let answer = work.await;
        drop(permit);
        answer
    })
}

/// One lane for each user, in the order of the first events, and the statuses. What is no turn is
/// left out.
fn sorted<C: Conversation>(inner: &Inner<C>, events: Vec<Event>) -> (Vec<Vec<Work>>, Vec<Status>) {
    let mut lanes: Vec<Vec<Work>> = Vec::new();
    let mut statuses = Vec::new();
    let mut lane_of: HashMap<UserId, usize> = HashMap::new();
    for event in events {
        if let Event::Status(status) = event {
            if inner.is_addressed(status.phone_number_id.as_ref()) {
                statuses.push(status);
            }
            continue;
        }
        let Some((users, work)) = inner.work(event) else {
            continue;
        };
        let known = users.iter().find_map(|user| lane_of.get(user)).copied();
        let lane = known.unwrap_or(lanes.len());
        // The old and the new id of a user share a lane from the change on.
        for user in users {
            if let Some(other) = lane_of.insert(user, lane).filter(|other| *other != lane) {
                join(&mut lanes, &mut lane_of, lane, other);
            }
        }
        match lanes.get_mut(lane) {
            Some(works) => works.push(work),
            None => lanes.push(vec![work]),
        }
    }
    (lanes, statuses)
}

/// Puts the work of the other lane behind that of this one.
fn join(lanes: &mut [Vec<Work>], lane_of: &mut HashMap<UserId, usize>, lane: usize, other: usize) {
    let moved = lanes.get_mut(other).map(std::mem::take).unwrap_or_default();
    if let Some(works) = lanes.get_mut(lane) {
        works.extend(moved);
    }
    for of_user in lane_of.values_mut().filter(|of_user| **of_user == other) {
        *of_user = lane;
    }
}

async fn in_order<C: Conversation>(inner: &Inner<C>, works: Vec<Work>) -> Answer {
    let mut answer = Answer::Done;
    for work in works {
        answer = match work {
            Work::Message { user, id, message } => inner.message(user, id, &message).await,
            Work::IdChange {
                new,
                notice,
                change,
            } => inner.id_change(&new, &notice, &change).await,
        };
        if answer != Answer::Done {
            break;
        }
    }
    answer
}

impl<C: Conversation> Inner<C> {
    /// What an event makes to do, and for whom.
    fn work(&self, event: Event) -> Option<(Vec<UserId>, Work)> {
        match event {
            Event::Message(message) => {
                if !self.is_addressed(message.phone_number_id.as_ref()) || !message.is_turn() {
                    tracing::debug!(kind = message.content.kind(), "A message is ignored");
                    return None;
                }
                let (Some(user), Some(id)) = (message.sender.user(), message.message_id()) else {
                    tracing::warn!("A message without an id or a sender is ignored");
                    return None;
                };
                let users = vec![user.clone()];
                Some((users, Work::Message { user, id, message }))
            }
            Event::IdChange(change) => {
                if !self.is_addressed(change.notice.phone_number_id.as_ref()) {
                    return None;
                }
                let (Some(new), Some(notice)) = (change.current_user(), change.message_id()) else {
                    tracing::warn!(
                        "A changed id is ignored: the notice lacks its id or the new one"
                    );
                    return None;
                };
                let mut users = change.previous_users();
                users.push(new.clone());
                let work = Work::IdChange {
                    new,
                    notice,
                    change,
                };
                Some((users, work))
            }
            Event::Error(error) => {
                tracing::warn!(code = error.code, "Meta reports an error");
                None
            }
            Event::Status(_) | Event::Echo(_) | Event::Standby(_) | Event::Other(_) => None,
        }
    }

    fn is_addressed(&self, phone_number_id: Option<&String>) -> bool {
        let ours = self.webhook.phone_number_id.as_ref();
        ours.is_none_or(|ours| phone_number_id == Some(ours))
    }

    async fn statuses(&self, statuses: Vec<Status>) -> Answer {
        for status in statuses {
            if let Some(whatsapp) = &self.webhook.statuses_to {
                whatsapp.status(&status);
            }
            if let Some(hook) = &self.webhook.on_status {
                hook(status).await;
            }
        }
        Answer::Done
    }

    async fn message(&self, user: UserId, id: MessageId, message: &Message) -> Answer {
        let Some(input) = (self.webhook.read)(message) else {
            tracing::debug!(kind = message.content.kind(), "The host ignores a message");
            return Answer::Done;
        };
        let bot = &self.webhook.bot;
        let (user, id) = match resolve(bot.manager(), user, id, message.sent).await {
            Ok(Some(resolved)) => resolved,
            Ok(None) => return Answer::Done,
            Err(error) => return Answer::of(&error),
        };
        match bot.handle(Inbound::new(user, id, input)).await {
            Ok(_) => Answer::Done,
            Err(error) => Answer::of(&error),
        }
    }

    async fn id_change(&self, new: &UserId, notice: &MessageId, change: &IdChange) -> Answer {
        let then = match change.kind {
            IdKind::Number => self.webhook.on_number_change,
            IdKind::UserId => self.webhook.on_user_id_change,
        };
        for old in change.previous_users() {
            let change = Change {
                notice,
                at: change.notice.sent,
                old: &old,
                new,
                then,
            };
            match rekey(&self.webhook.bot, &change).await {
                Ok(Rekeyed::Done) => {}
                Ok(Rekeyed::OutboxNotEmpty) => {
                    tracing::info!(user = ?old, "A changed id waits: something is left to send");
                    return Answer::Retry;
                }
                Err(error) => {
                    let answer = Answer::of(&error);
                    if answer != Answer::Done {
                        return answer;
                    }
                }
            }
        }
        Answer::Done
    }
}
