//! The lanes of an outbox, as a worker enters them.

use std::sync::Arc;

use tokio::time::Instant;

use super::Bot;
use super::conversation::Conversation;
use super::host::Worker;
use crate::error::Error;
use crate::id::UserId;
use crate::store::{Delivery, Lane, LaneState, Take, Taken, Work};

impl<C: Conversation> Bot<C> {
    /// Takes what is due on each lane, and does it.
    pub(super) fn spawn_lanes(&self, worker: Arc<Worker>, user: UserId) {
        if !self.pulls() {
            self.spawn_replies(Arc::clone(&worker), user.clone(), None);
        }
        self.spawn_call(worker, user, None);
    }

    /// Goes on with the replies as a commit has left them: `first` is the one that it added, and
    /// `started` is when it was sent.
    pub(super) fn go_on_with_replies(
        &self,
        worker: Arc<Worker>,
        user: &UserId,
        state: LaneState,
        first: Option<Work>,
        started: Instant,
    ) {
        match state {
            LaneState::Acquired => {
                let first = first.map(|reply| (reply, started));
                self.spawn_replies(worker, user.clone(), first);
            }
            LaneState::Due => self.spawn_replies(worker, user.clone(), None),
            LaneState::Empty | LaneState::Later | LaneState::Held => {}
        }
    }

    pub(super) fn delivery(&self) -> Delivery {
        match self.inner.channel {
            Some(_) => Delivery::Push,
            None => Delivery::Pull,
        }
    }

    /// Takes the first entry of a lane.
    pub(super) async fn take(
        &self,
        worker: &Worker,
        user: &UserId,
        lane: Lane,
    ) -> Result<Taken, Error> {
        let take = Take {
            lane,
            lease: worker.lease,
            deadline: self.inner.manager.deadline(),
        };
        Ok(self.inner.outbox()?.take(user, take).await?)
    }
}
