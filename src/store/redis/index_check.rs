//! How far this process is in comparing the index with the outboxes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::net::Connection;
use crate::store::StoreError;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The least time from one step to the next.
const PAUSE: Duration = Duration::from_millis(250);

/// How far the comparison of this process is.
pub(super) struct IndexCheck {
    every: Duration,
    state: Mutex<State>,
}

struct State {
    next_step: Instant,
    round: Option<Round>,
    /// Whether the user may not run `SCAN`.
    is_denied: bool,
}

/// One comparison of the whole index.
struct Round {
    started: Instant,
    /// The masters that are not done, the one that is asked next first.
    nodes: VecDeque<Connection>,
    /// Where the first of them goes on.
    cursor: u64,
}

/// What is done next.
pub(super) enum Step {
    Begin,
    Scan { node: Connection, cursor: u64 },
}

impl IndexCheck {
    pub(super) fn new(every: Duration) -> Self {
        let state = State {
            // Not while a process starts, and not so late that one that lives for minutes never
            // does it.
            next_step: Instant::now() + every / 12,
            round: None,
            is_denied: false,
        };
        Self {
            every,
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be done now. Calls at the same time do it once, also if one is dropped.
    pub(super) fn next_step(&self) -> Option<Step> {
        let mut state = self.state();
        let now = Instant::now();
        if state.is_denied || now < state.next_step {
            return None;
        }
        state.next_step = now + PAUSE.min(self.every);
        // One that takes longer than until the next one, as if a node is gone for good, ends there.
        state
            .round
            .take_if(|round| round.started + self.every < now);
        match &state.round {
            Some(Round { nodes, cursor, .. }) => nodes.front().map(|node| Step::Scan {
                node: node.clone(),
                cursor: *cursor,
            }),
            None => {
                state.next_step = now + self.every / 12;
                Some(Step::Begin)
            }
        }
    }

    pub(super) fn begin(&self, nodes: Vec<Connection>) {
        let mut state = self.state();
        state.next_step = Instant::now();
        state.round = Some(Round {
            started: Instant::now(),
            nodes: nodes.into(),
            cursor: 0,
        });
    }

    /// A step was done; the next one of this node goes on at this cursor, 0 if it has no more.
    pub(super) fn done(&self, cursor: u64) {
        let mut state = self.state();
        let Some(round) = &mut state.round else {
            return;
        };
        round.cursor = cursor;
        if cursor == 0 {
            round.nodes.pop_front();
        }
        if round.nodes.is_empty() {
            state.round = None;
            state.next_step = Instant::now() + self.every;
        }
    }

    /// A step was not done: the other nodes come first, and this one begins again.
    pub(super) fn failed(&self, error: &StoreError) {
        let mut state = self.state();
        if matches!(error, StoreError::Denied { .. }) {
            tracing::warn!(
                %error,
                "The index of those who are due is not compared with the outboxes: grant +scan"
            );
            state.is_denied = true;
            return;
        }
        tracing::warn!(%error, "The index of those who are due was not compared with the outboxes");
        if let Some(round) = &mut state.round {
            round.cursor = 0;
            round.nodes.rotate_left(1.min(round.nodes.len()));
        }
    }
}
