//! Callers who leave: every future of the manager is dropped at every point where it waits, and at random ones, by the thousand.
//! Nothing is corrupted, nothing is stuck, and nobody stands in a queue for ever.

mod at_random;
mod every_await_point;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use harness::desk::Manager;
use harness::hesitant::Hesitant;
use vimbiso_state::StateStore;

/// Longer than anything takes that is not stuck.
const STUCK: Duration = Duration::from_secs(20);

fn manager(store: impl StateStore + 'static) -> Manager {
    Manager::builder(Hesitant(store))
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

/// When a caller leaves who has seen enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// While there is nothing to go on with.
    Waiting,
    /// When it could go on: what was handed to it by then is lost on it.
    Woken,
}

/// Drops a future that is not ready after so many polls.
async fn dropped_after<F: Future>(polls: usize, leaves: Leaves, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
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

/// How many users a manager holds a place for, in its queues for turns and for tokens.
fn queued(manager: &Manager) -> usize {
    let shown = format!("{manager:?}");
    let number = |of: &str| {
        let (_, rest) = shown.split_once(of).unwrap();
        rest.split(',').next().unwrap().parse::<usize>().unwrap()
    };
    number(" in_a_turn: ") + number(" with_a_token: ")
}

/// Waits until nobody is queued: a refresh goes on in a task of its own when its caller has left.
async fn assert_nobody_is_left_in_a_queue(manager: &Manager) {
    let nobody = async {
        while queued(manager) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(
        tokio::time::timeout(STUCK, nobody).await.is_ok(),
        "{} are left in a queue",
        queued(manager)
    );
}
