//! One future after the other, dropped after one poll, after two, and so on until it is ready by then.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use harness::desk::{Manager, Stage, applied, apply, message, user};
use harness::tokens::{Api, expiring};
use tokio::time::timeout;
use vimbiso_state::Step;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, MemoryStore, StateUpdate, UserId};

use crate::{Leaves, STUCK, assert_nobody_is_left_in_a_queue, dropped_after, manager, queued};

async fn turn(manager: &Manager, user: &UserId, id: &str) -> Result<bool, Error> {
    let handled = timeout(STUCK, manager.handle(user, &message(id), apply(id)))
        .await
        .expect("the turn is stuck");
    handled.map(|handled| handled.is_duplicate())
}

/// Drops what `start` begins after 0, 1, 2… polls, each time for a user who has had a turn of their own; then a further turn
/// must work, and `check` sees what they have.
async fn at_every_point<T>(
    manager: &Manager,
    start: impl AsyncFn(UserId) -> T,
    check: impl AsyncFn(&UserId, Option<T>),
) {
    let mut ready = [false; 2];
    for number in 0.. {
        let (polls, leaves) = (number / 2, [Leaves::Waiting, Leaves::Woken][number % 2]);
        let user = user(number);
        let _ = turn(manager, &user, "a").await.unwrap();
        let done = dropped_after(polls, leaves, start(user.clone())).await;
        ready[number % 2] |= done.is_some();
        assert_nobody_is_left_in_a_queue(manager).await;
        check(&user, done).await;
        let _ = turn(manager, &user, "z").await.unwrap();
        assert_eq!(
            applied(manager, &user).await.last().map(String::as_str),
            Some("z")
        );
        assert_nobody_is_left_in_a_queue(manager).await;
        if ready == [true; 2] {
            assert!(polls > 2, "it never waited");
            return;
        }
    }
}

async fn a_turn(manager: &Manager) {
    let start = async |user| {
        manager
            .handle(&user, &message("b"), apply("b"))
            .await
            .unwrap()
    };
    at_every_point(manager, start, async |user, _| {
        // Delivered again, it takes effect unless it has.
        let _ = turn(manager, user, "b").await.unwrap();
        assert_eq!(applied(manager, user).await, ["a", "b"]);
    })
    .await;
}

async fn a_turn_in_the_open(manager: &Manager) {
    let start = async |user: UserId| {
        let mut turn = manager
            .begin_for(&user, &message("b"))
            .await
            .unwrap()
            .continue_value()
            .unwrap();
        turn.data_mut().applied.push("b".to_owned());
        turn.commit().await.unwrap()
    };
    at_every_point(manager, start, async |user, _| {
        let _ = turn(manager, user, "b").await.unwrap();
        assert_eq!(applied(manager, user).await, ["a", "b"]);
    })
    .await;
}

async fn an_update(manager: &Manager) {
    let start = async |user| {
        manager
            .update_state(&user, StateUpdate::new("test").stage(Stage::Weigh))
            .await
            .unwrap()
    };
    at_every_point(manager, start, async |user, done| {
        let found = manager.user(user).await.unwrap();
        assert!(found.state().stage() == Stage::Weigh || done.is_none());
        assert_eq!(found.data().applied, ["a"]);
    })
    .await;
}

async fn a_resolve(manager: &Manager) {
    let start = async |user| {
        manager
            .resolve(&user, &CommitId::of(&user, &message("b")))
            .await
            .unwrap()
    };
    at_every_point(manager, start, async |user, done| {
        assert!(matches!(done, None | Some(CommitStatus::Fenced)));
        let was_fenced = matches!(turn(manager, user, "b").await, Err(Error::Fenced { .. }));
        assert!(was_fenced || done.is_none());
        let resolved = manager
            .resolve(user, &CommitId::of(user, &message("b")))
            .await
            .unwrap();
        assert_eq!(resolved == CommitStatus::Fenced, was_fenced);
        assert_eq!(
            applied(manager, user).await,
            if was_fenced {
                vec!["a"]
            } else {
                vec!["a", "b"]
            }
        );
    })
    .await;
}

async fn a_call_with_a_token(manager: &Manager) {
    let api = Api::slow(Duration::from_millis(1));
    let start = async |user| {
        manager.set_jwt_token(&user, &expiring(2, 7)).await.unwrap();
        manager
            .with_token(&user, &api, |token| api.ask(token))
            .await
            .unwrap()
    };
    at_every_point(manager, start, async |user, _| {
        let called = timeout(
            STUCK,
            manager.with_token(user, &api, |token| api.ask(token)),
        )
        .await
        .expect("the call is stuck");
        let stands = manager
            .user(user)
            .await
            .unwrap()
            .jwt_token()
            .map(|token| token.expose().to_owned());
        assert_eq!(
            stands,
            Some(called.unwrap()),
            "the token that was good is the one in the store"
        );
        assert_eq!(applied(manager, user).await, ["a"]);
    })
    .await;
}

async fn a_forget(manager: &Manager) {
    let start = async |user| manager.delete(&user).await.unwrap();
    at_every_point(manager, start, async |user, done| {
        let left = applied(manager, user).await;
        assert!(left.is_empty() || (done.is_none() && left == ["a"]));
        assert_eq!(
            turn(manager, user, "a").await.unwrap(),
            !left.is_empty(),
            "all is forgotten, or nothing"
        );
    })
    .await;
}

macro_rules! each_future {
    ($($future:ident),*) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $future() {
                super::$future(&super::manager(super::MemoryStore::new())).await;
            })*
        }

        #[cfg(feature = "redis")]
        mod on_redis {
            use harness::redis::Redis;

            $(#[tokio::test]
            async fn $future() {
                let redis = Redis::any().await;
                super::$future(&super::manager(crate::store_on(&redis).await)).await;
            })*
        }
    };
}
each_future!(
    a_turn,
    a_turn_in_the_open,
    an_update,
    a_resolve,
    a_call_with_a_token,
    a_forget
);

/// Starts a turn, and leaves it where it waits first.
fn waiting(
    manager: &Manager,
    id: &'static str,
) -> Pin<Box<impl Future<Output = Result<bool, Error>>>> {
    let manager = manager.clone();
    let mut turn = Box::pin(async move { turn(&manager, &user(1), id).await });
    let polled = turn.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    turn
}

#[tokio::test]
async fn the_next_one_gets_in_when_the_one_inside_leaves() {
    let manager = manager(MemoryStore::new());
    let (inside, next) = (waiting(&manager, "1"), waiting(&manager, "2"));
    assert_eq!(queued(&manager), 1, "who stands in a queue can be seen");
    drop(inside);
    assert!(!next.await.unwrap());
    assert_eq!(
        (queued(&manager), applied(&manager, &user(1)).await),
        (0, vec!["2".to_owned()])
    );
}

#[tokio::test]
async fn next_in_queue_enters_when_the_one_before_leaves() {
    let manager = manager(MemoryStore::new());
    let (inside, between, next) = (
        waiting(&manager, "1"),
        waiting(&manager, "2"),
        waiting(&manager, "3"),
    );
    drop(between);
    assert!(!inside.await.unwrap() && !next.await.unwrap());
    assert_eq!(
        (queued(&manager), applied(&manager, &user(1)).await),
        (0, vec!["1".to_owned(), "3".to_owned()])
    );
}

#[tokio::test]
async fn queue_goes_on_when_the_next_leaves_at_its_turn() {
    let manager = manager(MemoryStore::new());
    let (inside, next) = (waiting(&manager, "1"), waiting(&manager, "2"));
    drop(inside);
    drop(next);
    assert_eq!(queued(&manager), 0);
    assert!(!turn(&manager, &user(1), "3").await.unwrap());
}
