//! Messages of one user arrive in parallel, at several workers: none is lost, none is doubled.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use harness::desk::{Desk, Manager, applied, apply, begin, deliver, message, user};
use harness::hooks::Meddler;
use tokio::time::{advance, sleep, timeout};
use vimbiso_state::{Error, MemoryStore, StateManager, Step};

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
                        let _ = deliver(&manager, &user(1), &id).await;
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
    assert_eq!(applied.len(), 64 * 20);
    assert_eq!(once.len(), 64 * 20);
    let found = managers[0].load(&user(1)).await.unwrap();
    assert_eq!(found.version().unwrap().revision, 64 * 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_users_at_once_do_not_see_each_other() {
    let manager = Manager::new(MemoryStore::new());
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let manager = manager.clone();
            tokio::spawn(async move {
                for n in 0..50 {
                    let _ = deliver(&manager, &user(task), &format!("{task}-{n}")).await;
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
    let mut first = begin(&manager, &user(1), "first").await;
    let mut second = begin(&manager, &user(1), "second").await;
    first.data_mut().applied.push("first".into());
    second.data_mut().applied.push("second".into());
    assert!(second.commit().await.is_ok());
    assert!(matches!(first.commit().await, Err(Error::Conflict)));
    assert_eq!(applied(&manager, &user(1)).await, ["second"]);
}

#[tokio::test(start_paused = true)]
async fn open_turn_is_refused_after_the_expiry() {
    let manager = Manager::new(MemoryStore::new());
    let _ = deliver(&manager, &user(1), "a").await;
    let late = begin(&manager, &user(1), "b").await;
    advance(Duration::from_secs(301)).await;
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
    match manager.handle(&user(1), &message("b"), apply("b")).await {
        Err(Error::Contended { attempts, waited }) => {
            assert_eq!(attempts, 0);
            assert!(waited >= Duration::from_secs(2), "{waited:?}");
        }
        other => panic!("{other:?}"),
    }
    first.abort();
}

#[tokio::test(start_paused = true)]
async fn conflict_is_decided_again_on_the_newer_session() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let commits = AtomicU32::new(0);
    let meddler = Meddler::new(store, move |user| {
        let other = other.clone();
        let is_first = commits.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            if is_first {
                let _ = deliver(&other, &user, "other").await;
            }
        }
    });
    let manager = Manager::new(meddler);
    let handled = deliver(&manager, &user(1), "ours").await;
    assert_eq!(handled.user().data().applied, ["other", "ours"]);
    let output = handled.into_output().unwrap();
    assert_eq!(output, Some(2), "the reply is the newer decision's");
}

#[tokio::test(start_paused = true)]
async fn endless_conflicts_end_at_deadline_without_effect() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let commits = AtomicU32::new(0);
    let meddler = Meddler::new(store, move |user| {
        let other = other.clone();
        let id = message(commits.fetch_add(1, Ordering::Relaxed).to_string());
        async move {
            let nothing = |_: &mut _| Ok(Step::Commit(()));
            let _ = other.handle(&user, &id, nothing).await.unwrap();
        }
    });
    let manager = Manager::new(meddler);
    let contended = manager
        .handle(&user(1), &message("ours"), apply("ours"))
        .await;
    match contended {
        Err(Error::Contended { attempts, waited }) => {
            assert!(attempts > 10, "{attempts} attempts");
            assert!(waited >= Duration::from_secs(2), "{waited:?}");
        }
        other => panic!("{other:?}"),
    }
    assert!(applied(&manager, &user(1)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn message_handled_by_another_worker_is_a_duplicate() {
    let store = MemoryStore::new();
    let other = Manager::new(store.clone());
    let manager = Manager::new(Meddler::new(store, move |user| {
        let other = other.clone();
        async move {
            let _ = deliver(&other, &user, "a").await;
        }
    }));
    let handled = deliver(&manager, &user(1), "a").await;
    assert!(handled.is_duplicate());
    assert_eq!(handled.into_output().unwrap(), Some(1));
    assert_eq!(applied(&manager, &user(1)).await, ["a"]);
}

#[tokio::test(start_paused = true)]
async fn caller_who_stops_waiting_leaves_nothing_behind() {
    let slow = Meddler::new(MemoryStore::new(), |_| sleep(Duration::from_millis(500)));
    let manager = Manager::new(slow);
    let user = user(1);
    let first = deliver(&manager, &user, "a");
    assert!(timeout(Duration::from_millis(100), first).await.is_err());
    let handled = deliver(&manager, &user, "b").await;
    assert_eq!(handled.user().data().applied, ["b"]);
}
