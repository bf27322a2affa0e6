//! One task a store frees what expires, and ends when there is nothing to free.

use std::time::Duration;

use harness::desk::{Manager, deliver, user};
use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;
use vimbiso_state::MemoryStore;

const TWO_SWEEPS: Duration = Duration::from_secs(10);

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn one_sweeper_runs_while_the_store_holds_users() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    for round in 0..2 {
        for n in 0..10 {
            let _ = deliver(&manager, &user(n), &round.to_string()).await;
        }
        sleep(TWO_SWEEPS).await;
        assert_eq!(tasks(), 1);
        for n in 0..10 {
            manager.delete(&user(n)).await.unwrap();
        }
        sleep(TWO_SWEEPS).await;
        assert_eq!(store.len(), 0);
        assert_eq!(tasks(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn sweeper_of_a_dropped_store_ends() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let _ = deliver(&manager, &user(0), "a").await;
    assert_eq!(tasks(), 1);
    drop(manager);
    drop(store);
    sleep(TWO_SWEEPS).await;
    assert_eq!(tasks(), 0);
}

#[test]
fn store_serves_one_runtime_after_another() {
    let store = MemoryStore::new();
    for id in ["a", "b"] {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let manager = Manager::new(store.clone());
        runtime.block_on(async {
            let _ = deliver(&manager, &user(1), id).await;
        });
        assert_eq!(runtime.metrics().num_alive_tasks(), 1, "the sweeper");
    }
    assert_eq!(store.len(), 1);
}

/// A runtime with a paused clock of its own, which passes while it is driven.
fn paused() -> tokio::runtime::Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

#[test]
fn sweeps_left_on_a_runtime_are_taken_over() {
    let store = MemoryStore::new();
    let first = paused();
    let second = paused();
    let manager = Manager::new(store.clone());
    let write = |n| {
        let manager = manager.clone();
        async move {
            let _ = deliver(&manager, &user(n), "a").await;
        }
    };
    first.block_on(write(0));
    second.block_on(write(1));
    assert_eq!(
        second.metrics().num_alive_tasks(),
        0,
        "one store, one sweeper"
    );

    // The first runtime is not driven while a day passes on the other, nor is its sweeper.
    let day = Duration::from_secs(24 * 3600 + 600);
    second.block_on(async {
        sleep(day).await;
        assert_eq!(store.len(), 2, "nothing sweeps");
        write(2).await;
        sleep(TWO_SWEEPS).await;
        assert_eq!(store.len(), 1, "the next writer's runtime sweeps");
        assert_eq!(tasks(), 1);
    });
    // The first sweeper ends as soon as it goes on.
    first.block_on(async { sleep(TWO_SWEEPS).await });
    assert_eq!(first.metrics().num_alive_tasks(), 0);
    second.block_on(async { sleep(day).await });
    assert_eq!(store.len(), 0);
}

#[test]
fn sweeps_of_an_ended_runtime_are_taken_over_at_once() {
    let store = MemoryStore::new();
    let manager = Manager::new(store.clone());
    let first = paused();
    first.block_on(async {
        let _ = deliver(&manager, &user(0), "a").await;
    });
    drop(first);
    paused().block_on(async {
        let _ = deliver(&manager, &user(1), "a").await;
        assert_eq!(tasks(), 1);
    });
}
