//! A closure that exchanges its turn for another one is refused: that one may belong to another
//! user, or to an older session.

use std::mem::swap;
use std::sync::Mutex;

use harness::desk::{Desk, Manager, applied, begin, deliver, message, user};
use vimbiso_state::{CachedUser, Error, MemoryStore, Step, Turn};

#[track_caller]
fn assert_exchanged<T: std::fmt::Debug>(result: Result<T, Error>) {
    match result {
        Err(Error::Host(why)) => assert!(why.to_string().contains("exchanged its turn"), "{why}"),
        other => panic!("{other:?}"),
    }
}

fn turn_of(n: usize) -> Turn<Desk> {
    Turn::of(CachedUser::visitor(user(n)))
}

#[tokio::test(start_paused = true)]
async fn turn_made_by_the_closure_is_not_committed() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for n in [1, 2] {
        let replaces = |turn: &mut Turn<Desk>| {
            *turn = turn_of(n);
            Ok(Step::Commit(()))
        };
        assert_exchanged(manager.handle(&user(1), &message("a"), replaces).await);
        let mut open = begin(&manager, &user(1), "a").await;
        *open = turn_of(n);
        assert_exchanged(open.commit().await);
    }
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn swapped_turns_of_two_users_are_not_committed() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let mut one = begin(&manager, &user(1), "a").await;
    let mut other = begin(&manager, &user(2), "a").await;
    swap(&mut *one, &mut *other);
    assert_exchanged(one.commit().await);
    assert_exchanged(other.commit().await);
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn swapped_turns_of_one_message_are_not_committed() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    // Same user, same commit id, same session: only the turns themselves tell them apart.
    let mut one = begin(&manager, &user(1), "a").await;
    let mut other = begin(&manager, &user(1), "a").await;
    assert_eq!(one.commit_id(), other.commit_id());
    swap(&mut *one, &mut *other);
    assert_exchanged(one.commit().await);
    assert_exchanged(other.commit().await);
    assert!(store.is_empty());

    // Swapped back, they are what they were.
    let mut one = begin(&manager, &user(1), "a").await;
    let mut other = begin(&manager, &user(1), "a").await;
    swap(&mut *one, &mut *other);
    swap(&mut *one, &mut *other);
    assert!(one.commit().await.is_ok());
    assert!(other.commit().await.unwrap().is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn turn_of_an_earlier_attempt_is_not_committed() {
    let store = MemoryStore::new();
    let ours = Manager::new(store.clone());
    let other = Manager::new(store);
    let _ = deliver(&ours, &user(1), "a").await;
    let _ = deliver(&other, &user(1), "b").await;
    // The first attempt decides on a cached session that is out of date. Its turn is kept.
    let kept = Mutex::new(turn_of(1));
    let runs = Mutex::new(0);
    let keep = |turn: &mut Turn<Desk>| {
        *runs.lock().unwrap() += 1;
        turn.data_mut().applied.push("stale".into());
        swap(turn, &mut kept.lock().unwrap());
        if *runs.lock().unwrap() == 1 {
            return Err(Error::host("not yet"));
        }
        Ok(Step::Commit(()))
    };
    assert_exchanged(ours.handle(&user(1), &message("c"), keep).await);
    assert_eq!(*runs.lock().unwrap(), 2);
    let kept = kept.into_inner().unwrap();
    assert_eq!(kept.data().applied, ["a", "b", "stale"], "the second turn");
    assert_eq!(applied(&ours, &user(1)).await, ["a", "b"]);

    // The same for a turn that is committed by hand.
    let mut first = begin(&ours, &user(1), "d").await;
    first.data_mut().applied.push("stale".into());
    let _ = deliver(&other, &user(1), "e").await;
    let mut second = begin(&ours, &user(1), "d").await;
    assert_eq!(first.commit_id(), second.commit_id());
    swap(&mut *first, &mut *second);
    assert_exchanged(second.commit().await);
    assert_eq!(applied(&ours, &user(1)).await, ["a", "b", "e"]);
}

#[tokio::test(start_paused = true)]
async fn turn_from_before_a_question_is_not_committed() {
    let manager = Manager::new(MemoryStore::new());
    let kept = Mutex::new(turn_of(1));
    let ask = |turn: &mut Turn<Desk>, facts: &[()]| {
        swap(turn, &mut kept.lock().unwrap());
        Ok(match facts {
            [] => Step::Ask(()),
            _ => Step::Commit(()),
        })
    };
    let asked = manager
        .handle_with_facts(&user(1), &message("a"), ask, async |()| ())
        .await;
    assert_exchanged(asked);
    assert_eq!(manager.load(&user(1)).await.unwrap().version(), None);
}

#[tokio::test(start_paused = true)]
async fn turn_kept_from_another_message_is_not_committed() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let kept = Mutex::new(turn_of(1));
    let exchange = |turn: &mut Turn<Desk>| {
        turn.data_mut().applied.push("exchanged".into());
        swap(turn, &mut kept.lock().unwrap());
        Ok(Step::Commit(()))
    };
    // First it is given a turn of its own making, then that of the message before.
    for id in ["b", "c"] {
        assert_exchanged(manager.handle(&user(1), &message(id), exchange).await);
    }
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
    let handled = deliver(&manager, &user(1), "b").await;
    assert!(!handled.is_duplicate());
}

#[tokio::test(start_paused = true)]
async fn stopped_turn_shows_the_user_it_was_begun_for() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let exchange = |turn: &mut Turn<Desk>| {
        *turn = turn_of(2);
        Ok(Step::Stop(()))
    };
    let stopped = manager.handle(&user(1), &message("b"), exchange).await;
    let stopped = stopped.unwrap();
    assert_eq!(stopped.user().id(), &user(1));
    assert_eq!(stopped.user().data().applied, ["a"]);
}
