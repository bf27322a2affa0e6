//! How far this process is in comparing the index with the outboxes.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::net::Connection;
use crate::store::StoreError;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// The least time from one step to the next.
const PAUSE: Duration = Duration::from_millis(250);

/// The least time without a step after which a comparison is given up, as if a node is gone for
/// good. A process may ask who is due once a minute.
const STALLED: Duration = Duration::from_secs(3 * 60);

/// How far the comparison of this process is.
pub(super) struct IndexCheck {
    every: Duration,
    state: Mutex<State>,
}

struct State {
    next_step: Instant,
    round: Option<Round>,
    /// How many steps of all rounds have ended.
    steps: u64,
    /// Whether the user may not run `SCAN`.
    is_denied: bool,
}

/// One comparison of the whole index.
struct Round {
    /// When it began, or when a step was done last.
    advanced: Instant,
    /// The masters that are not done, the one that is asked next first.
    nodes: VecDeque<Connection>,
    /// Where the first of them goes on.
    cursor: u64,
}

/// What is done next.
pub(super) enum Step {
    Begin,
    Scan(Scan),
}

/// A part of a node's keys.
pub(super) struct Scan {
    pub(super) node: Connection,
    pub(super) cursor: u64,
    step: u64,
}

impl IndexCheck {
    pub(super) fn new(every: Duration) -> Self {
        let state = State {
            // Not while a process starts, and not so late that one that lives for minutes never
            // does it.
            next_step: Instant::now() + every / 12,
            round: None,
            steps: 0,
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

    /// What is to be done now. Calls at the same time do it once, unless it takes long.
    pub(super) fn next_step(&self) -> Option<Step> {
        let mut state = self.state();
        let now = Instant::now();
        if state.is_denied || now < state.next_step {
            return None;
        }
        state.next_step = now + PAUSE.min(self.every);
        let longest = self.every.max(STALLED);
        state.round.take_if(|round| round.advanced + longest < now);
        match &state.round {
            Some(round) => round.nodes.front().map(|node| {
                Step::Scan(Scan {
                    node: node.clone(),
                    cursor: round.cursor,
                    step: state.steps,
                })
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
            advanced: Instant::now(),
            nodes: nodes.into(),
            cursor: 0,
        });
    }

    /// A step was done; the next one of this node goes on at this cursor, 0 if it has no more.
    pub(super) fn done(&self, scan: &Scan, cursor: u64) {
        let mut state = self.state();
        let Some(round) = state.round_of(scan) else {
            return;
        };
        round.advanced = Instant::now();
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
    pub(super) fn failed(&self, step: &Step, error: &StoreError) {
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
        if let Step::Scan(scan) = step
            && let Some(round) = state.round_of(scan)
        {
            round.cursor = 0;
            round.nodes.rotate_left(1.min(round.nodes.len()));
        }
    }
}

impl State {
    /// The round that this step belongs to, for its end. `None` if the step has ended before, in
    /// another call: then it must not count for the next part too.
    fn round_of(&mut self, scan: &Scan) -> Option<&mut Round> {
        if self.steps != scan.step {
            return None;
        }
        self.steps += 1;
        self.round.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::store::redis::net::Target;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    /// A comparison of this many nodes that has begun.
    fn begun(nodes: usize) -> IndexCheck {
        let check = IndexCheck::new(HOUR);
        let node = || Connection::new(Target::at("redis://127.0.0.1:1"), PAUSE);
        check.begin((0..nodes).map(|_| node()).collect());
        check
    }

    fn next_scan(check: &IndexCheck) -> Scan {
        match check.next_step() {
            Some(Step::Scan(scan)) => scan,
            _ => panic!("no part is to be compared"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_comparison_goes_on_while_it_advances() {
        let check = begun(1);
        for cursor in 1..1000 {
            let scan = next_scan(&check);
            assert_eq!(scan.cursor, cursor - 1);
            check.done(&scan, cursor);
            advance(Duration::from_secs(60)).await;
        }
        advance(HOUR).await;
        assert!(matches!(check.next_step(), Some(Step::Begin)), "stalled");
    }

    #[tokio::test(start_paused = true)]
    async fn step_that_two_calls_make_ends_once() {
        let check = begun(2);
        let slow = next_scan(&check);
        advance(PAUSE).await;
        let fast = next_scan(&check);
        check.done(&fast, 0);
        advance(PAUSE).await;
        let second = next_scan(&check);
        check.done(&slow, 0);
        advance(PAUSE).await;
        // Neither is the second node passed over, nor does it begin again.
        assert_eq!(next_scan(&check).step, second.step);
        check.done(&second, 0);
        advance(HOUR - PAUSE).await;
        assert!(check.next_step().is_none(), "all are done");
    }
}
