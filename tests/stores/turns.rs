//! A manager keeps its promises on every store that ships, with its session cache and without it.

use std::sync::Arc;
use std::time::Duration;

use harness::desk::{
    Desk, Manager, OtherDesk, SHORT, Stage, applied, apply, begin, deliver, message, user,
};
use harness::tokens::{NoSource, expiring};
use vimbiso_state::store::CommitStatus;
use vimbiso_state::token::{CallError, TokenError};
use vimbiso_state::{CommitId, Error, JwtToken, Redelivery, StateManager, Step, StoreError, Turn};

use crate::shipped::Shipped;

/// One store, and the workers on it.
struct Workers {
    shipped: Shipped,
    session_cache_bytes: usize,
}

impl Workers {
    /// One more worker, which knows nothing of the others.
    fn one(&self) -> Manager {
        StateManager::<Desk>::builder(Arc::clone(&self.shipped.store))
            .session_cache_bytes(self.session_cache_bytes)
            .deadline(Duration::from_secs(30))
            .build()
            .unwrap()
    }
}

async fn one_worker_goes_on_after_another(workers: Workers) {
    let first = workers.one();
    let second = workers.one();
    let weigh = |turn: &mut Turn<Desk>| {
        turn.show(&SHORT);
        turn.transition_to(Stage::Weigh, None)?;
        Ok(Step::Commit(()))
    };
    let send = |turn: &mut Turn<Desk>| Ok(Step::Commit(turn.transition_to(Stage::Send, None)?));
    let _ = first.handle(&user(1), &message("a"), weigh).await.unwrap();
    let handled = second.handle(&user(1), &message("b"), send).await.unwrap();
    assert_eq!(handled.user().state().stage(), Stage::Send);
    // The first worker's cached session is at Weigh, where staying is allowed. The stored one is at
    // Send, from which no step leads to Weigh.
    let refused = first.handle(&user(1), &message("c"), weigh).await;
    assert!(
        matches!(refused, Err(Error::InvalidTransition(_))),
        "{refused:?}"
    );
    let found = first.load(&user(1)).await.unwrap();
    assert_eq!(found.version().unwrap().revision, 2);
}

async fn second_delivery_gets_the_first_reply(workers: Workers) {
    let first = workers.one();
    let second = workers.one();
    let _ = deliver(&first, &user(1), "a").await;
    let _ = deliver(&first, &user(1), "b").await;
    for worker in [&first, &second] {
        let again = deliver(worker, &user(1), "a").await;
        assert!(again.is_duplicate());
        assert_eq!(again.into_output().unwrap(), Some(1));
        let reply = worker.stored_reply(&user(1), &message("b")).await.unwrap();
        assert_eq!(reply.unwrap().read::<usize>().unwrap(), 2);
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
                        let _ = deliver(&manager, &user(1), &id).await;
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
            tokio::spawn(async move { deliver(&manager, &user(1), "a").await })
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
    let one = workers.one();
    let other = workers.one();
    let mut first = begin(&one, &user(1), "first").await;
    let mut second = begin(&other, &user(1), "second").await;
    first.data_mut().applied.push("first".into());
    second.data_mut().applied.push("second".into());
    assert!(second.commit().await.is_ok());
    assert!(matches!(first.commit().await, Err(Error::Conflict)));
    assert_eq!(applied(&one, &user(1)).await, ["second"]);
}

async fn resolved_message_never_takes_effect(workers: Workers) {
    let one = workers.one();
    let other = workers.one();
    let _ = deliver(&one, &user(1), "before").await;
    let id = CommitId::of(&user(1), &message("lost"));
    let status = other.resolve(&user(1), &id).await.unwrap();
    assert_eq!(status, CommitStatus::Fenced);
    let fenced = one.handle(&user(1), &message("lost"), apply("lost")).await;
    assert!(
        matches!(fenced, Err(Error::Fenced { commit_id }) if commit_id == id),
        "{fenced:?}"
    );
    assert_eq!(applied(&other, &user(1)).await, ["before"]);
}

async fn stopped_turn_leaves_no_trace(workers: Workers) {
    let one = workers.one();
    let other = workers.one();
    let _ = deliver(&one, &user(1), "a").await;
    let _ = deliver(&other, &user(1), "b").await;
    let stop = |turn: &mut Turn<Desk>| {
        let count = turn.data().applied.len();
        turn.data_mut().applied.clear();
        turn.remember_reply(&count)?;
        Ok(Step::Stop(count))
    };
    let stopped = one.handle(&user(1), &message("c"), stop).await.unwrap();
    assert_eq!(stopped.user().version().unwrap().revision, 2);
    let output = stopped.into_output().unwrap();
    assert_eq!(output, Some(2), "decided on the newest session");
    assert_eq!(applied(&other, &user(1)).await, ["a", "b"]);
    assert!(!deliver(&other, &user(1), "c").await.is_duplicate());
}

async fn deleted_user_is_new_to_every_worker(workers: Workers) {
    let one = workers.one();
    let other = workers.one();
    let token = JwtToken::new("opaque").unwrap();
    let _ = deliver(&one, &user(1), "a").await;
    one.set_jwt_token(&user(1), &token).await.unwrap();
    let found = other.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), Some(&token));
    other.delete(&user(1)).await.unwrap();
    let handled = deliver(&one, &user(1), "b").await;
    assert_eq!(handled.user().data().applied, ["b"]);
    let found = one.load(&user(1)).await.unwrap();
    assert_eq!(found.jwt_token(), None);
}

async fn session_of_another_flow_is_refused_and_kept(workers: Workers) {
    let desk = workers.one();
    let other = StateManager::<OtherDesk>::builder(Arc::clone(&workers.shipped.store))
        .session_cache_bytes(workers.session_cache_bytes)
        .build()
        .unwrap();
    let user = user(1);
    let token = expiring(3600, 1);
    let _ = deliver(&desk, &user, "a").await;
    desk.set_jwt_token(&user, &token).await.unwrap();
    let before = desk.load(&user).await.unwrap();

    let keep = |_: &mut Turn<OtherDesk>| Ok(Step::Commit(()));
    // The stored token is valid, but not this bot's.
    let call = async |_| Ok(());
    let call = other.with_token(&user, &Arc::new(NoSource), call).await;
    let CallError::NoToken(TokenError::Store(call)) = call.unwrap_err() else {
        panic!("a call was made with the token of another flow")
    };
    let refusals = [
        other.handle(&user, &message("b"), keep).await.err(),
        // Its id took effect in the other flow.
        other.handle(&user, &message("a"), keep).await.err(),
        other.begin(&user, &message("b")).await.err(),
        other.load(&user).await.err(),
        other.update_state(&user, "job", |_| Ok(())).await.err(),
        other.reset_state(&user).await.err(),
        other.set_jwt_token(&user, &token).await.err(),
        other.clear_jwt_token(&user).await.err(),
        other.start_session(&user, &token).await.err(),
    ];
    let mut texts = vec![call.to_string()];
    for error in refusals.map(Option::unwrap) {
        assert!(
            matches!(error, Error::Store(StoreError::Misconfigured { .. })),
            "{error:?}"
        );
        assert_eq!(error.redeliver(), Redelivery::Alert);
        texts.push(error.to_string());
    }
    for text in texts {
        assert!(text.contains("the flow `desk`"), "{text}");
        assert!(text.contains("the flow `other_desk`"), "{text}");
        assert!(text.contains("a namespace of its own"), "{text}");
    }

    let after = workers.one().load(&user).await.unwrap();
    assert_eq!(after.version(), before.version());
    assert_eq!(after.data(), before.data());
    assert_eq!(after.jwt_token(), Some(&token));
    // The host may still remove it; then the user is new to both.
    other.delete(&user).await.unwrap();
    assert!(other.handle(&user, &message("b"), keep).await.is_ok());
    assert!(desk.handle(&user, &message("c"), apply("c")).await.is_err());
}

async fn session_cache_is_used_if_it_is_on(workers: Workers) {
    let worker = workers.one();
    for id in ["a", "b", "c"] {
        let _ = deliver(&worker, &user(1), id).await;
    }
    let hits = if workers.session_cache_bytes == 0 {
        0
    } else {
        2
    };
    assert_eq!(worker.cache_stats().hits, hits);
}

macro_rules! turns {
    ($fixture:expr, $session_cache:expr, [$($situation:ident)*]) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $situation() {
            let workers = super::super::Workers {
                shipped: ($fixture)().await,
                session_cache_bytes: $session_cache,
            };
            super::super::$situation(workers).await;
        })*
    };
    ($fixture:expr, $session_cache:expr) => {
        turns! { $fixture, $session_cache, [
            one_worker_goes_on_after_another
            second_delivery_gets_the_first_reply
            many_messages_at_two_workers_take_effect_once
            many_deliveries_take_effect_once_with_one_reply
            second_of_two_open_turns_is_refused
            resolved_message_never_takes_effect
            stopped_turn_leaves_no_trace
            deleted_user_is_new_to_every_worker
            session_of_another_flow_is_refused_and_kept
            session_cache_is_used_if_it_is_on
        ] }
    };
}

macro_rules! on_each {
    ($($(#[$when:meta])* $store:ident: $fixture:expr, can: $can:tt;)*) => {
        $($(#[$when])* mod $store {
            mod with_a_session_cache {
                use crate::shipped::*;
                turns! { $fixture, 1_000_000 }
            }
            mod without_a_session_cache {
                use crate::shipped::*;
                turns! { $fixture, 0 }
            }
        })*
    };
}
each_store! { on_each }
