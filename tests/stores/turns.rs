//! A manager keeps its promise on every store that ships, whether it decides on guesses or loads first.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{Desk, Manager, SHORT, Stage, applied, apply, message, user};
use vimbiso_state::Step;
use vimbiso_state::store::CommitStatus;
use vimbiso_state::{CommitId, Error, JwtToken, StateManager};

use crate::shipped::Shipped;

/// One store, and the workers on it.
struct Workers {
    below: Shipped,
    guesses: usize,
}

impl Workers {
    /// One more worker, which knows nothing of the others.
    fn one(&self) -> Manager {
        let builder = StateManager::<Desk>::builder(Arc::clone(&self.below.store));
        builder
            .session_cache(self.guesses)
            .deadline(Duration::from_secs(30))
            .build()
            .unwrap()
    }
}

async fn one_worker_goes_on_where_another_stopped(workers: Workers) {
    let (first, second) = (workers.one(), workers.one());
    let weigh = |turn: &mut vimbiso_state::Turn<Desk>| {
        turn.show(&SHORT);
        turn.transition_to(Stage::Weigh, None)?;
        Ok(())
    };
    let _ = first.handle(&user(1), &message("a"), weigh).await.unwrap();
    let send = |turn: &mut vimbiso_state::Turn<Desk>| {
        turn.transition_to(Stage::Send, None)?;
        Ok(())
    };
    let handled = second.handle(&user(1), &message("b"), send).await.unwrap();
    assert_eq!(handled.user().state().stage(), Stage::Send);
    // The first worker's guess is stale now, and from Weigh nothing leads to Weigh.
    let refused = first
        .handle(&user(1), &message("c"), |turn| {
            Ok(Step::Commit(turn.transition_to(Stage::Weigh, None)?))
        })
        .await;
    assert!(
        matches!(refused, Err(Error::InvalidTransition(_))),
        "{refused:?}"
    );
    assert_eq!(
        first
            .user(&user(1))
            .await
            .unwrap()
            .version()
            .unwrap()
            .revision,
        2
    );
}

async fn a_second_delivery_gets_the_first_reply(workers: Workers) {
    let (first, second) = (workers.one(), workers.one());
    let _ = first
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let _ = first
        .handle(&user(1), &message("b"), apply("b"))
        .await
        .unwrap();
    for worker in [&first, &second] {
        let again = worker
            .handle(&user(1), &message("a"), apply("a"))
            .await
            .unwrap();
        assert!(again.is_duplicate());
        assert_eq!(again.into_output().unwrap(), Some(1));
    }
    assert_eq!(applied(&second, &user(1)).await, ["a", "b"]);
}

async fn many_messages_at_two_workers_take_effect_once(workers: Workers) {
    let managers = [workers.one(), workers.one()];
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let manager = managers[task % 2].clone();
            tokio::spawn(async move {
                for n in 0..4 {
                    let id = format!("{task}-{n}");
                    // Every third message is delivered twice.
                    for _ in 0..=usize::from(n % 3 == 0) {
                        let _ = manager
                            .handle(&user(1), &message(&id), apply(&id))
                            .await
                            .unwrap();
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut applied = applied(&managers[0], &user(1)).await;
    applied.sort();
    let mut sent: Vec<_> = (0..16)
        .flat_map(|task| (0..4).map(move |n| format!("{task}-{n}")))
        .collect();
    sent.sort();
    assert_eq!(applied, sent);
}

async fn many_deliveries_take_effect_once_with_one_reply(workers: Workers) {
    let managers = [workers.one(), workers.one()];
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let manager = managers[n % 2].clone();
            tokio::spawn(async move {
                manager
                    .handle(&user(1), &message("a"), apply("a"))
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        let handled = task.await.unwrap();
        fresh += u32::from(!handled.is_duplicate());
        assert_eq!(handled.into_output().unwrap(), Some(1));
    }
    assert_eq!(fresh, 1);
    assert_eq!(applied(&managers[0], &user(1)).await, ["a"]);
}

async fn second_of_two_open_turns_is_refused(workers: Workers) {
    let (one, other) = (workers.one(), workers.one());
    let (mut first, mut second) = (
        one.begin(&user(1)).await.unwrap(),
        other.begin(&user(1)).await.unwrap(),
    );
    first.data_mut().applied.push("first".into());
    second.data_mut().applied.push("second".into());
    assert!(second.commit().await.is_ok());
    assert!(matches!(first.commit().await, Err(Error::Conflict)));
    assert_eq!(applied(&one, &user(1)).await, ["second"]);
}

async fn a_message_that_is_given_up_never_takes_effect(workers: Workers) {
    let (one, other) = (workers.one(), workers.one());
    let _ = one
        .handle(&user(1), &message("before"), apply("before"))
        .await
        .unwrap();
    let id = CommitId::of(&user(1), &message("lost"));
    assert_eq!(
        other.resolve(&user(1), &id).await.unwrap(),
        CommitStatus::Fenced
    );
    let fenced = one.handle(&user(1), &message("lost"), apply("lost")).await;
    assert!(
        matches!(fenced, Err(Error::Fenced { commit_id }) if commit_id == id),
        "{fenced:?}"
    );
    assert_eq!(applied(&other, &user(1)).await, ["before"]);
}

async fn who_is_forgotten_by_one_worker_is_new_to_the_other(workers: Workers) {
    let (one, other) = (workers.one(), workers.one());
    let token = JwtToken::new("opaque").unwrap();
    let _ = one
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    one.set_jwt_token(&user(1), &token).await.unwrap();
    assert_eq!(
        other.load(&user(1)).await.unwrap().jwt_token(),
        Some(&token)
    );
    other.delete(&user(1)).await.unwrap();
    let handled = one
        .handle(&user(1), &message("b"), apply("b"))
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["b"]);
    assert_eq!(one.load(&user(1)).await.unwrap().jwt_token(), None);
}

async fn guesses_are_made_where_they_are_wanted(workers: Workers) {
    let worker = workers.one();
    for id in ["a", "b", "c"] {
        let _ = worker
            .handle(&user(1), &message(id), apply(id))
            .await
            .unwrap();
    }
    assert_eq!(
        worker.cache_stats().hits,
        if workers.guesses == 0 { 0 } else { 2 }
    );
}

macro_rules! turns {
    ($fixture:expr, $guesses:expr, [$($situation:ident)*]) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $situation() {
            super::super::$situation(super::super::Workers { below: ($fixture)().await, guesses: $guesses }).await;
        })*
    };
    ($fixture:expr, $guesses:expr) => {
        turns! { $fixture, $guesses, [
            one_worker_goes_on_where_another_stopped
            a_second_delivery_gets_the_first_reply
            many_messages_at_two_workers_take_effect_once
            many_deliveries_take_effect_once_with_one_reply
            second_of_two_open_turns_is_refused
            a_message_that_is_given_up_never_takes_effect
            who_is_forgotten_by_one_worker_is_new_to_the_other
            guesses_are_made_where_they_are_wanted
        ] }
    };
}

macro_rules! on_each {
    ($($(#[$when:meta])* $store:ident: $fixture:expr, can: $can:tt;)*) => {
        $($(#[$when])* mod $store {
            mod on_a_guess {
                use crate::shipped::*;
                turns! { $fixture, 10_000 }
            }
            mod loading_first {
                use crate::shipped::*;
                turns! { $fixture, 0 }
            }
        })*
    };
}
each_store! { on_each }
