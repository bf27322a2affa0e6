//! Messages of one user arrive in parallel, at several workers: nothing is lost, nothing is doubled.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Desk, Manager, applied, apply, message, user};
use harness::meddler::Meddler;
use vimbiso_state::Step;
use vimbiso_state::{Error, MemoryStore, StateManager};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_at_two_workers_lose_and_double_nothing() {
    let store = MemoryStore::new();
    let manager = || {
        StateManager::<Desk>::builder(store.clone())
            .deadline(Duration::from_secs(60))
            .build()
            .unwrap()
    };
    let managers = [manager(), manager()];
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let manager = managers[task % 2].clone();
            tokio::spawn(async move {
                for n in 0..20 {
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
    let applied = applied(&managers[0], &user(1)).await;
    let once: BTreeSet<_> = applied.iter().collect();
    assert_eq!((applied.len(), once.len()), (64 * 20, 64 * 20));
    assert_eq!(
        managers[0]
            .user(&user(1))
            .await
            .unwrap()
            .version()
            .unwrap()
            .revision,
        64 * 20
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_users_at_once_do_not_see_each_other() {
    let manager = Manager::new(MemoryStore::new());
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let manager = manager.clone();
            tokio::spawn(async move {
                for n in 0..50 {
                    let id = format!("{task}-{n}");
                    let _ = manager
                        .handle(&user(task), &message(&id), apply(&id))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for task in 0..64 {
        let expected: Vec<_> = (0..50).map(|n| format!("{task}-{n}")).collect();
        assert_eq!(applied(&manager, &user(task)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn second_of_two_open_turns_is_refused() {
    let manager = Manager::new(MemoryStore::new());
    let (mut first, mut second) = (
        manager.begin(&user(1)).await.unwrap(),
        manager.begin(&user(1)).await.unwrap(),
    );
    first.data_mut().applied.push("first".into());
    second.data_mut().applied.push("second".into());
    assert!(second.commit().await.is_ok());
    assert!(matches!(first.commit().await, Err(Error::Conflict)));
    assert_eq!(applied(&manager, &user(1)).await, ["second"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_begun_before_the_expiry_is_refused_after_it() {
    let manager = Manager::new(MemoryStore::new());
    let _ = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    let late = manager.begin(&user(1)).await.unwrap();
    tokio::time::advance(Duration::from_secs(301)).await;
    assert!(matches!(late.commit().await, Err(Error::Conflict)));
}

#[tokio::test(start_paused = true)]
async fn waiting_past_the_deadline_is_a_typed_error() {
    let never = Meddler::new(MemoryStore::new(), |_| std::future::pending());
    let manager = StateManager::<Desk>::new(never);
    let first = tokio::spawn({
        let manager = manager.clone();
        async move { manager.handle(&user(1), &message("a"), apply("a")).await }
    });
    tokio::task::yield_now().await;
    let second = manager.handle(&user(1), &message("b"), apply("b")).await;
    assert!(
        matches!(second, Err(Error::Contended { attempts: 0, waited }) if waited >= Duration::from_secs(2)),
        "{second:?}"
    );
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn conflict_is_decided_again_on_the_newer_session() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let once = AtomicU32::new(0);
    let meddler = Meddler::new(store, move |user| {
        let (other, first) = (other.clone(), once.fetch_add(1, Ordering::Relaxed) == 0);
        async move {
            if first {
                let _ = other
                    .handle(&user, &message("other"), apply("other"))
                    .await
                    .unwrap();
            }
        }
    });
    let manager = Manager::new(meddler);
    let handled = manager
        .handle(&user(1), &message("ours"), apply("ours"))
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["other", "ours"]);
    assert_eq!(
        handled.into_output().unwrap(),
        Some(2),
        "the reply is the newer decision's"
    );
}

#[tokio::test(start_paused = true)]
async fn endless_conflicts_end_at_deadline_without_effect() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let count = AtomicU32::new(0);
    let meddler = Meddler::new(store, move |user| {
        let (other, n) = (other.clone(), count.fetch_add(1, Ordering::Relaxed));
        async move {
            let _ = other
                .handle(&user, &message(format!("{n}")), |_| Ok(Step::Commit(())))
                .await
                .unwrap();
        }
    });
    let manager = Manager::new(meddler);
    let contended = manager
        .handle(&user(1), &message("ours"), apply("ours"))
        .await;
    let Err(Error::Contended { attempts, waited }) = contended else {
        panic!("{contended:?}")
    };
    assert!(
        attempts > 10 && waited >= Duration::from_secs(2),
        "{attempts} {waited:?}"
    );
    assert!(applied(&manager, &user(1)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn message_handled_by_another_worker_is_a_duplicate() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let manager = Manager::new(Meddler::new(store, move |user| {
        let other = other.clone();
        async move {
            let _ = other
                .handle(&user, &message("a"), apply("a"))
                .await
                .unwrap();
        }
    }));
    let handled = manager
        .handle(&user(1), &message("a"), apply("a"))
        .await
        .unwrap();
    assert!(handled.is_duplicate());
    assert_eq!(handled.into_output().unwrap(), Some(1));
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_leaves_nothing_behind() {
    let store = MemoryStore::new();
    let manager = Manager::new(Meddler::new(store, |_| {
        tokio::time::sleep(Duration::from_millis(500))
    }));
    let soon = Duration::from_millis(100);
    assert!(
        tokio::time::timeout(soon, manager.handle(&user(1), &message("a"), apply("a")))
            .await
            .is_err()
    );
    let handled = manager
        .handle(&user(1), &message("b"), apply("b"))
        .await
        .unwrap();
    assert_eq!(handled.user().data().applied, ["b"]);
}
