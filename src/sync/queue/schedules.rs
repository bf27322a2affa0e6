//! The queue under the schedules that shuttle draws.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use shuttle::future::{block_on, spawn, yield_now};

use super::Queues;
use crate::id::UserId;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::check;

fn user(n: usize) -> UserId {
    UserId::new(format!("user-{n}")).unwrap()
}

/// Polls a future at most so many times, then drops it.
async fn for_polls<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        // A timeout wakes a caller by the clock, not by the queue.
        context.waker().wake_by_ref();
        future.as_mut().poll(context).map(Some)
    })
    .await
}

async fn visit(
    queues: Arc<Queues>,
    inside: Arc<AtomicU32>,
    user: UserId,
    give_up_after: Option<u32>,
) {
    let entered = match give_up_after {
        Some(polls) => for_polls(polls, queues.enter(&user)).await,
        None => Some(queues.enter(&user).await),
    };
    let Some(_turn) = entered else { return };
    assert_eq!(
        inside.fetch_add(1, Ordering::SeqCst),
        0,
        "two of one user are inside"
    );
    yield_now().await;
    inside.fetch_sub(1, Ordering::SeqCst);
}

/// Callers for two users; each waits for ever, or gives up after so many polls.
fn visitors(callers: &'static [(usize, Option<u32>)]) {
    check(move || {
        let queues = Arc::new(Queues::default());
        let inside: [Arc<AtomicU32>; 2] = Default::default();
        let visit = |(who, polls): &(usize, _)| {
            spawn(visit(
                Arc::clone(&queues),
                Arc::clone(&inside[*who]),
                user(*who),
                *polls,
            ))
        };
        let visitors: Vec<_> = callers.iter().map(visit).collect();
        for visitor in visitors {
            block_on(visitor).unwrap();
        }
        assert_eq!(queues.len(), 0, "an empty queue was left behind");
    });
}

#[test]
fn turns_of_one_user_never_overlap() {
    visitors(&[(0, None), (0, None), (1, None), (0, None)]);
}

#[test]
fn giving_up_leaves_the_queue() {
    visitors(&[
        (0, None),
        (0, Some(1)),
        (0, Some(2)),
        (0, None),
        (1, Some(1)),
    ]);
}
