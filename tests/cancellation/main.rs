//! Callers who stop waiting: every future of the manager is dropped at every point where it waits,
//! and at random ones, by the thousand. Nothing is corrupted, and no queue is blocked.

mod at_random;
mod bots;
mod every_await_point;
mod queue;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use harness::desk::Manager;
use harness::hooks::Hesitant;
use tokio::time::{sleep, timeout};
use vimbiso_state::StateStore;

/// Longer than anything takes that is not stuck.
const STUCK: Duration = Duration::from_secs(20);

fn manager(store: impl StateStore + 'static) -> Manager {
    Manager::builder(Hesitant::new(store))
        .deadline(STUCK)
        .build()
        .unwrap()
}

/// A store on this Redis, under a namespace of its own.
#[cfg(feature = "redis")]
async fn store_on(redis: &harness::redis::Redis) -> vimbiso_state::RedisStore {
    vimbiso_state::RedisStore::builder()
        .namespace(harness::redis::namespace())
        .connect(redis.url.as_str())
        .await
        .unwrap()
}

/// When a caller leaves after the last poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// While the future waits.
    Waiting,
    /// When the future has been woken: what it was given by then is lost with it.
    Woken,
}

/// Drops a future that is not ready after so many polls.
async fn dropped_after<F: Future>(polls: usize, leaves: Leaves, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        let Some(rest) = left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        left = rest;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 && leaves == Leaves::Waiting => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// How many users a manager has in its queues, for turns and for tokens.
fn queued(manager: &Manager) -> usize {
    let shown = format!("{manager:?}");
    let number = |field: &str| {
        let (_, rest) = shown.split_once(field).unwrap();
        rest.split(',').next().unwrap().parse::<usize>().unwrap()
    };
    number("users_in_a_turn: ") + number("users_refreshing_a_token: ")
}

/// Waits until the queues are empty: a refresh goes on in a task of its own if its caller leaves.
async fn assert_queues_become_empty(manager: &Manager) {
    let empty = async {
        while queued(manager) > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = timeout(STUCK, empty).await;
    assert!(waited.is_ok(), "{} users are left", queued(manager));
}
