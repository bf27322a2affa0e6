//! One future after the other, dropped after one poll, after two, and so on until it is ready
//! by then.

use std::time::Duration;

use harness::desk::{Desk, Manager, Stage, applied, apply, begin, message, user};
use harness::tokens::{Api, expiring};
use tokio::task::yield_now;
use tokio::time::timeout;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, MemoryStore, Step, Turn, UserId};

use crate::{Leaves, STUCK, assert_queues_become_empty, dropped_after, manager};

/// A turn that must not be stuck. Returns whether it was a duplicate.
pub(crate) async fn turn(manager: &Manager, user: &UserId, id: &str) -> Result<bool, Error> {
    let handled = timeout(STUCK, manager.handle(user, &message(id), apply(id)))
        .await
        .expect("the turn is stuck");
    handled.map(|handled| handled.is_duplicate())
}

/// Drops what `start` begins after 0, 1, 2… polls, each time for a user who has had a turn of their
/// own; then a further turn must work, and `check` looks at what the user has.
async fn at_every_point<T>(
    manager: &Manager,
    start: impl AsyncFn(UserId) -> T,
    check: impl AsyncFn(&UserId, Option<T>),
) {
    let mut ready = [false; 2];
    for number in 0.. {
        let polls = number / 2;
        let leaves = [Leaves::Waiting, Leaves::Woken][number % 2];
        let user = user(number);
        let _ = turn(manager, &user, "a").await.unwrap();
        let done = dropped_after(polls, leaves, start(user.clone())).await;
        ready[number % 2] |= done.is_some();
        assert_queues_become_empty(manager).await;
        check(&user, done).await;
        let _ = turn(manager, &user, "z").await.unwrap();
        let applied = applied(manager, &user).await;
        assert_eq!(applied.last().map(String::as_str), Some("z"));
        assert_queues_become_empty(manager).await;
        if ready == [true; 2] {
            assert!(polls > 2, "it never waited");
            return;
        }
    }
}

async fn a_turn(manager: &Manager) {
    let start = async |user| {
        let b = message("b");
        manager.handle(&user, &b, apply("b")).await.unwrap()
    };
    at_every_point(manager, start, async |user, _| {
        // Delivered again, it takes effect unless it has.
        let _ = turn(manager, user, "b").await.unwrap();
        assert_eq!(applied(manager, user).await, ["a", "b"]);
    })
    .await;
}

async fn a_turn_with_look_ups(manager: &Manager) {
    let start = async |user| {
        let decide = |turn: &mut Turn<Desk>, facts: &[String]| match facts {
            [_, last] => {
                turn.data_mut().applied.push(last.clone());
                Ok(Step::Commit(()))
            }
            _ => Ok(Step::Ask(facts.len())),
        };
        let look_up = async |_: usize| {
            yield_now().await;
            "b".to_owned()
        };
        let b = message("b");
        manager
            .handle_with_facts(&user, &b, decide, look_up)
            .await
            .unwrap()
    };
    at_every_point(manager, start, async |user, _| {
        let _ = turn(manager, user, "b").await.unwrap();
        assert_eq!(applied(manager, user).await, ["a", "b"]);
    })
    .await;
}

async fn an_open_turn(manager: &Manager) {
    let start = async |user: UserId| {
        let mut turn = begin(manager, &user, "b").await;
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
        let weigh = |turn: &mut Turn<Desk>| Ok(turn.transition_to(Stage::Weigh, None)?);
        manager.update_state(&user, "test", weigh).await.unwrap()
    };
    at_every_point(manager, start, async |user, done| {
        let found = manager.load(user).await.unwrap();
        assert!(found.state().stage() == Stage::Weigh || done.is_none());
        assert_eq!(found.data().applied, ["a"]);
    })
    .await;
}

async fn a_resolve(manager: &Manager) {
    let id = |user: &UserId| CommitId::of(user, &message("b"));
    let start = async |user| manager.resolve(&user, &id(&user)).await.unwrap();
    at_every_point(manager, start, async |user, done| {
        assert!(matches!(done, None | Some(CommitStatus::Fenced)));
        let was_fenced = matches!(turn(manager, user, "b").await, Err(Error::Fenced { .. }));
        assert!(was_fenced || done.is_none());
        let resolved = manager.resolve(user, &id(user)).await.unwrap();
        assert_eq!(resolved == CommitStatus::Fenced, was_fenced);
        let expected: &[&str] = if was_fenced { &["a"] } else { &["a", "b"] };
        assert_eq!(applied(manager, user).await, expected);
    })
    .await;
}

async fn a_call_with_a_token(manager: &Manager) {
    let api = Api::slow(Duration::from_millis(1));
    let call = async |user: &UserId| {
        manager
            .with_token(user, &api, |token| api.ask(token))
            .await
            .unwrap()
    };
    let start = async |user| {
        manager.set_jwt_token(&user, &expiring(2, 7)).await.unwrap();
        call(&user).await
    };
    at_every_point(manager, start, async |user, _| {
        let called_with = timeout(STUCK, call(user)).await.expect("the call is stuck");
        let found = manager.load(user).await.unwrap();
        let stored = found.jwt_token().map(|token| token.expose());
        let why = "the token that was accepted is in the store";
        assert_eq!(stored, Some(called_with.as_str()), "{why}");
        assert_eq!(applied(manager, user).await, ["a"]);
    })
    .await;
}

async fn a_delete(manager: &Manager) {
    let start = async |user| manager.delete(&user).await.unwrap();
    at_every_point(manager, start, async |user, done| {
        let left = applied(manager, user).await;
        assert!(left.is_empty() || (done.is_none() && left == ["a"]));
        let is_known = turn(manager, user, "a").await.unwrap();
        assert_eq!(is_known, !left.is_empty(), "all is deleted, or nothing");
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
    a_turn_with_look_ups,
    an_open_turn,
    an_update,
    a_resolve,
    a_call_with_a_token,
    a_delete
);
