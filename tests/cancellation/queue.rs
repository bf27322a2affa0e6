//! The queue of a user goes on when a caller leaves it.

use std::pin::Pin;
use std::task::{Context, Waker};

use harness::desk::{Manager, applied, user};
use vimbiso_state::{Error, MemoryStore};

use crate::every_await_point::turn;
use crate::{manager, queued};

type Turn = Pin<Box<dyn Future<Output = Result<bool, Error>>>>;

/// Starts a turn, and leaves it at its first wait.
fn waiting(manager: &Manager, id: &'static str) -> Turn {
    let manager = manager.clone();
    let mut turn: Turn = Box::pin(async move { turn(&manager, &user(1), id).await });
    let polled = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    turn
}

#[tokio::test]
async fn next_in_queue_enters_when_the_one_inside_leaves() {
    let manager = manager(MemoryStore::new());
    let inside = waiting(&manager, "1");
    let next = waiting(&manager, "2");
    assert_eq!(queued(&manager), 1, "one user has a queue");
    drop(inside);
    assert!(!next.await.unwrap());
    assert_eq!(queued(&manager), 0);
    assert_eq!(applied(&manager, &user(1)).await, ["2"]);
}

#[tokio::test]
async fn next_in_queue_enters_when_the_one_before_leaves() {
    let manager = manager(MemoryStore::new());
    let inside = waiting(&manager, "1");
    let between = waiting(&manager, "2");
    let next = waiting(&manager, "3");
    drop(between);
    assert!(!inside.await.unwrap());
    assert!(!next.await.unwrap());
    assert_eq!(queued(&manager), 0);
    assert_eq!(applied(&manager, &user(1)).await, ["1", "3"]);
}

#[tokio::test]
async fn queue_goes_on_when_the_next_leaves_at_its_turn() {
    let manager = manager(MemoryStore::new());
    let inside = waiting(&manager, "1");
    let next = waiting(&manager, "2");
    drop(inside);
    drop(next);
    assert_eq!(queued(&manager), 0);
    assert!(!turn(&manager, &user(1), "3").await.unwrap());
}
