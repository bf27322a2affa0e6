//! What became of the parts of each reply, as far as this process knows.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use vimbiso_state::CommitId;

use super::callback::Part;
use crate::client::Recipient;
use crate::message::Template;

/// How many replies are remembered, and for how long after their last change.
const MOST: usize = 20_000;
const KEPT: Duration = Duration::from_secs(15 * 60);
/// How long a question for the status of a message waits: statuses come within a second or two.
const STATUS_WAIT: Duration = Duration::from_secs(2);

/// What is known of a part. Statuses come in any order: the greatest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delivery {
    /// It was sent, and the answer is missing.
    Uncertain,
    /// The API accepted it.
    Accepted,
    /// A status says that it was sent.
    Sent,
    /// A status says that it was not delivered.
    Failed,
    /// A status says that the user has it.
    Delivered,
}

impl Delivery {
    fn is_accepted(self) -> bool {
        match self {
            Self::Accepted | Self::Sent | Self::Delivered => true,
            Self::Uncertain | Self::Failed => false,
        }
    }
}

#[derive(Default)]
pub(super) struct Deliveries {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    replies: HashMap<CommitId, Reply>,
    /// The replies in the order in which they are forgotten, with the time at which they were put
    /// here.
    queue: VecDeque<(Instant, CommitId)>,
}

struct Reply {
    changed: Instant,
    parts: BTreeMap<Part, Delivery>,
    /// What goes to whom if a part fails because only a template is allowed.
    template: Option<(Recipient, Template)>,
}

impl Deliveries {
    /// Whether the API has accepted this part.
    pub(super) fn is_accepted(&self, reply: CommitId, part: Part) -> bool {
        let state = self.state();
        let parts = state.replies.get(&reply).map(|reply| &reply.parts);
        parts
            .and_then(|parts| parts.get(&part))
            .is_some_and(|part| part.is_accepted())
    }

    /// Replaces what is known of a part by what an attempt to send it led to.
    pub(super) fn set(&self, reply: CommitId, part: Part, delivery: Option<Delivery>) {
        let mut state = self.state();
        let parts = &mut state.reply(reply).parts;
        match delivery {
            // The status can be here before the answer.
            Some(Delivery::Accepted) => {
                let known = parts.entry(part).or_insert(Delivery::Accepted);
                *known = Delivery::Accepted.max(*known);
            }
            Some(delivery) => {
                parts.insert(part, delivery);
            }
            None => {
                parts.remove(&part);
            }
        }
    }

    /// Adds what a status says. Returns whether it was not known.
    pub(super) fn learn(&self, reply: CommitId, part: Part, delivery: Delivery) -> bool {
        let mut state = self.state();
        let parts = &mut state.reply(reply).parts;
        let is_new = parts.get(&part).is_none_or(|known| *known < delivery);
        if is_new {
            parts.insert(part, delivery);
        }
        drop(state);
        self.changed.notify_waiters();
        is_new
    }

    pub(super) fn keep_template(
        &self,
        reply: CommitId,
        to: &Recipient,
        template: Option<&Template>,
    ) {
        if let Some(template) = template {
            self.state().reply(reply).template = Some((to.clone(), template.clone()));
        }
    }

    pub(super) fn take_template(&self, reply: CommitId) -> Option<(Recipient, Template)> {
        self.state().replies.get_mut(&reply)?.template.take()
    }

    /// Whether a reply of so many parts reached its user. Waits a short time for the status of a
    /// part that was sent without an answer.
    pub(super) async fn settled(&self, reply: CommitId, parts: usize) -> Option<bool> {
        let deadline = Instant::now() + STATUS_WAIT;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on it misses no change.
            changed.as_mut().enable();
            let (settled, is_awaited) = self.known(reply, parts);
            if settled.is_some() || !is_awaited {
                return settled;
            }
            if timeout_at(deadline, changed).await.is_err() {
                return None;
            }
        }
    }

    /// What is known, and whether a status is due that would tell.
    fn known(&self, reply: CommitId, parts: usize) -> (Option<bool>, bool) {
        let state = self.state();
        let Some(reply) = state.replies.get(&reply) else {
            return (None, false);
        };
        let is_accepted = |part: &Delivery| part.is_accepted();
        let mut known = Vec::new();
        for number in 0..u16::try_from(parts).unwrap_or(u16::MAX) {
            known.push(reply.parts.get(&Part::Number(number)).copied());
        }
        let template = reply.parts.get(&Part::Template);
        let all = known
            .iter()
            .all(|part| part.as_ref().is_some_and(is_accepted));
        if template.is_some_and(is_accepted) || (all && parts > 0) {
            return (Some(true), false);
        }
        let uncertain = Some(Delivery::Uncertain);
        let is_awaited = known.contains(&uncertain) || template.copied() == uncertain;
        // A part of which nothing is known may have been sent by another process.
        let is_certain = !is_awaited && known.iter().all(Option::is_some);
        (is_certain.then_some(false), is_awaited)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The reply, as changed now.
    fn reply(&mut self, id: CommitId) -> &mut Reply {
        let now = Instant::now();
        // Only for a new one, so that a reply that is being sent does not displace itself.
        if !self.replies.contains_key(&id) {
            self.forget(now);
            self.queue.push_back((now, id));
        }
        let reply = self.replies.entry(id).or_insert_with(|| Reply {
            changed: now,
            parts: BTreeMap::new(),
            template: None,
        });
        reply.changed = now;
        reply
    }

    /// Removes the replies that are too old, and the oldest one if there are too many.
    fn forget(&mut self, now: Instant) {
        while let Some((since, id)) = self.queue.front().copied() {
            let is_full = self.queue.len() >= MOST;
            if since + KEPT > now && !is_full {
                return;
            }
            self.queue.pop_front();
            match self.replies.get(&id).map(|reply| reply.changed) {
                // It has changed since it was put here.
                Some(changed) if changed + KEPT > now && !is_full => {
                    self.queue.push_back((changed, id));
                }
                _ => {
                    self.replies.remove(&id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Part = Part::Number(0);
    const SECOND: Part = Part::Number(1);

    #[tokio::test(start_paused = true)]
    async fn reply_is_sent_if_all_parts_are() {
        let deliveries = Deliveries::default();
        let reply = CommitId::random();
        assert_eq!(deliveries.settled(reply, 2).await, None);
        deliveries.set(reply, FIRST, Some(Delivery::Accepted));
        assert_eq!(deliveries.settled(reply, 2).await, None);
        assert!(deliveries.learn(reply, SECOND, Delivery::Sent));
        assert_eq!(deliveries.settled(reply, 2).await, Some(true));
        assert!(deliveries.learn(reply, SECOND, Delivery::Failed));
        assert_eq!(deliveries.settled(reply, 2).await, Some(false));
        assert!(!deliveries.learn(reply, SECOND, Delivery::Sent));
        assert_eq!(deliveries.settled(reply, 2).await, Some(false));
        assert!(deliveries.learn(reply, Part::Template, Delivery::Sent));
        assert_eq!(deliveries.settled(reply, 2).await, Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn status_that_comes_meanwhile_settles() {
        let deliveries = Deliveries::default();
        let reply = CommitId::random();
        deliveries.set(reply, FIRST, Some(Delivery::Uncertain));
        let start = Instant::now();
        assert_eq!(deliveries.settled(reply, 1).await, None);
        assert_eq!(start.elapsed(), STATUS_WAIT);
        let status = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            deliveries.learn(CommitId::random(), FIRST, Delivery::Sent);
            tokio::time::sleep(Duration::from_millis(500)).await;
            deliveries.learn(reply, FIRST, Delivery::Delivered);
        };
        let start = Instant::now();
        assert_eq!(
            tokio::join!(deliveries.settled(reply, 1), status).0,
            Some(true)
        );
        assert_eq!(start.elapsed(), Duration::from_millis(1_500));
    }

    #[tokio::test(start_paused = true)]
    async fn status_before_the_answer_is_kept() {
        let deliveries = Deliveries::default();
        let reply = CommitId::random();
        deliveries.set(reply, FIRST, Some(Delivery::Uncertain));
        deliveries.learn(reply, FIRST, Delivery::Failed);
        deliveries.set(reply, FIRST, Some(Delivery::Accepted));
        assert!(!deliveries.is_accepted(reply, FIRST));
    }

    #[tokio::test(start_paused = true)]
    async fn replies_are_forgotten_by_age_and_number() {
        let deliveries = Deliveries::default();
        let kept = CommitId::random();
        let old = CommitId::random();
        deliveries.set(kept, FIRST, Some(Delivery::Accepted));
        deliveries.set(old, FIRST, Some(Delivery::Accepted));
        tokio::time::advance(KEPT / 2).await;
        deliveries.set(kept, SECOND, Some(Delivery::Accepted));
        tokio::time::advance(KEPT / 2).await;
        deliveries.set(CommitId::random(), FIRST, Some(Delivery::Accepted));
        assert!(deliveries.is_accepted(kept, FIRST));
        assert!(!deliveries.is_accepted(old, FIRST));
        for _ in 0..MOST + 10 {
            deliveries.set(CommitId::random(), FIRST, Some(Delivery::Accepted));
        }
        // The first one in the queue is known, so it stays.
        let first = deliveries.state().queue.front().unwrap().1;
        deliveries.set(first, SECOND, Some(Delivery::Accepted));
        assert!(deliveries.is_accepted(first, FIRST));
        let state = deliveries.state();
        assert_eq!(state.replies.len(), MOST);
        assert_eq!(state.queue.len(), MOST);
    }
}
